package main

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

// page answers each request with the page, looking at no more of it than where it ends; requests have no bodies.
type page struct {
	body   []byte
	reply  []byte
	second int64
}

var headEnd = []byte("\r\n\r\n")

func (p *page) answer(in, out []byte) (rest, replies []byte) {
	p.refresh()
	for {
		end := bytes.Index(in, headEnd)
		if end < 0 {
			return in, out
		}
		out = append(out, p.reply...)
		in = in[end+len(headEnd):]
	}
}

// refresh makes the reply anew once a second, for its date.
func (p *page) refresh() {
	now := time.Now()
	if now.Unix() == p.second {
		return
	}
	p.second = now.Unix()
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
		now.UTC().Format(http.TimeFormat), len(p.body))
	p.reply = append([]byte(head), p.body...)
}
