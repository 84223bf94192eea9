package main

import (
	"bytes"
	"strconv"
)

// table has the values of PING, SET and GET.
type table map[string][]byte

func (t table) answer(in, out []byte) (rest, replies []byte) {
	var arguments [3][]byte
	for len(in) > 0 {
		count, next := number(in)
		if next == nil {
			break
		}
		if in[0] != '*' || count < 1 || count > len(arguments) {
			return nil, append(out, "-ERR unknown command\r\n"...)
		}
		for i := 0; i < count; i++ {
			var length int
			length, next = number(next)
			if next == nil || length < 0 || len(next) < length+2 {
				return in, out
			}
			arguments[i] = next[:length]
			next = next[length+2:]
		}
		out = t.execute(arguments[:count], out)
		in = next
	}
	return in, out
}

func (t table) execute(arguments [][]byte, out []byte) []byte {
	name := arguments[0]
	switch {
	case len(arguments) == 1 && bytes.EqualFold(name, []byte("PING")):
		return append(out, "+PONG\r\n"...)
	case len(arguments) == 2 && bytes.EqualFold(name, []byte("GET")):
		// The compiler makes no string of what is only looked up.
		value, found := t[string(arguments[1])]
		if !found {
			return append(out, "$-1\r\n"...)
		}
		out = strconv.AppendInt(append(out, '$'), int64(len(value)), 10)
		out = append(append(out, "\r\n"...), value...)
		return append(out, "\r\n"...)
	case len(arguments) == 3 && bytes.EqualFold(name, []byte("SET")):
		if value := t[string(arguments[1])]; len(value) == len(arguments[2]) {
			copy(value, arguments[2])
		} else {
			t[string(arguments[1])] = append([]byte(nil), arguments[2]...)
		}
		return append(out, "+OK\r\n"...)
	}
	return append(out, "-ERR unknown command\r\n"...)
}

// number reads a character and a number up to the line's end; next is what follows, nil when the line is not all there.
func number(in []byte) (n int, next []byte) {
	for i := 1; i+1 < len(in); i++ {
		if in[i] == '\r' {
			return n, in[i+2:]
		}
		n = n*10 + int(in[i]-'0')
	}
	return 0, nil
}
