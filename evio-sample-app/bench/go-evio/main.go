// Command go-evio is one server of the comparison, on Go's evio: go-evio echo|redis|http PORT [PAGE]. It is written as a
// careful user of that library would, with one loop; HTTP answers every request with the file PAGE.
package main

import (
	"fmt"
	"os"

	"github.com/tidwall/evio"
)

// answer appends the replies to all requests that are complete to out; it returns what follows them in in.
type answer func(in, out []byte) (rest, replies []byte)

// client is what is kept of a connection between two events.
type client struct {
	unread []byte
}

func main() {
	if len(os.Args) < 3 {
		fail("usage: go-evio echo|redis|http PORT [PAGE]")
	}
	var events evio.Events
	switch os.Args[1] {
	case "echo":
		events.Data = func(c evio.Conn, in []byte) ([]byte, evio.Action) { return in, evio.None }
	case "redis":
		events.Data = answering(make(table).answer)
	case "http":
		if len(os.Args) < 4 {
			fail("http needs a PAGE")
		}
		body, err := os.ReadFile(os.Args[3])
		if err != nil {
			fail(err)
		}
		events.Data = answering((&page{body: body}).answer)
	default:
		fail("no protocol " + os.Args[1])
	}
	events.Opened = func(c evio.Conn) (out []byte, options evio.Options, action evio.Action) {
		c.SetContext(&client{})
		// As the loop's one buffer is enough for a handler that keeps nothing of it.
		options.ReuseInputBuffer = true
		return
	}
	fail(evio.Serve(events, "tcp://127.0.0.1:"+os.Args[2]))
}

// answering returns a data event that keeps what is not complete; evio copies what it returns, so one buffer serves all.
func answering(a answer) func(evio.Conn, []byte) ([]byte, evio.Action) {
	var replies []byte
	return func(c evio.Conn, in []byte) ([]byte, evio.Action) {
		kept := c.Context().(*client)
		if len(kept.unread) > 0 {
			kept.unread = append(kept.unread, in...)
			in = kept.unread
		}
		var rest []byte
		rest, replies = a(in, replies[:0])
		if len(rest) > 0 || len(kept.unread) > 0 {
			kept.unread = append(kept.unread[:0], rest...)
		}
		return replies, evio.None
	}
}

func fail(why interface{}) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}
