package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"ksync/internal/proof"
)

// wire is one connection whose requests were made beforehand and whose answers
// are only counted: on two cores a full client would take most of the time that
// is to be measured. It is not safe for concurrent use.
type wire struct {
	host string
	conn net.Conn
	in   *bufio.Reader
	over bool   // the server closes behind its answer: the next request needs another connection
	body []byte // of the last answer, if it was to be kept
}

// request is a whole request as it goes over the connection.
type request struct {
	bytes []byte
	want  int  // status
	keep  bool // the body of the answer is wanted
}

// answer is what counts of an answer.
type answer struct {
	status int
	bytes  int64 // of the body
}

// form makes the requests of one account.
type form struct{ host, authorization string }

func formOf(c *proof.Client) form {
	return form{c.Host(), "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Login+":"+c.Password))}
}

func (f form) make(want int, method, path, header, body string) request {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Length: %d\r\n%s\r\n%s", method, path, f.host, f.authorization, len(body), header, body)
	return request{bytes: b.Bytes(), want: want}
}

const xmlHeader = "Content-Type: application/xml; charset=utf-8\r\n"

func (f form) report(path, body string) request {
	return f.make(207, "REPORT", path, xmlHeader+"Depth: 1\r\n", body)
}

func (f form) propfind(path, depth, body string) request {
	return f.make(207, "PROPFIND", path, xmlHeader+"Depth: "+depth+"\r\n", body)
}

func (f form) put(o object, collection string) request {
	kind := "text/calendar"
	if bytes.HasPrefix(o.data, []byte("BEGIN:VCARD")) {
		kind = "text/vcard"
	}
	return f.make(201, "PUT", collection+o.name, "Content-Type: "+kind+"; charset=utf-8\r\n", string(o.data))
}

func dial(host string) (*wire, error) {
	w := &wire{host: host}
	return w, w.connect()
}

func (w *wire) connect() (err error) {
	if w.conn, err = net.DialTimeout("tcp", w.host, 5*time.Second); err != nil {
		return err
	}
	w.in, w.over = bufio.NewReaderSize(w.conn, 64<<10), false
	return nil
}

func (w *wire) close() { _ = w.conn.Close() } // what was asked has been answered

// send asks and reads the answer to its end. A status that was not expected is
// an error that shows the beginning of the answer.
func (w *wire) send(r request) (answer, error) {
	if w.over {
		w.close()
		if err := w.connect(); err != nil {
			return answer{}, err
		}
	}
	if _, err := w.conn.Write(r.bytes); err != nil {
		return answer{}, err
	}
	status, length, err := w.head()
	if err != nil {
		return answer{}, err
	}
	sink := io.Discard
	var kept bytes.Buffer
	if r.keep || status != r.want {
		sink = &kept
	}
	a := answer{status: status}
	if a.bytes, err = w.copyBody(sink, length); err != nil {
		return a, err
	}
	w.body = kept.Bytes()
	if status != r.want {
		return a, fmt.Errorf("%s: status %d, want %d\n%.500s", firstLine(r.bytes), status, r.want, w.body)
	}
	return a, nil
}

func firstLine(b []byte) []byte { line, _, _ := bytes.Cut(b, []byte("\r\n")); return line }

// Lengths that the head does not tell.
const (
	chunked = -1
	untold  = -2 // to the end of the connection
)

// head reads the status and how long the body is.
func (w *wire) head() (status int, length int64, err error) {
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < 12 {
		return 0, 0, errors.New("no HTTP answer")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, err
	}
	w.over = line[7] == '0' // HTTP/1.0
	length = untold
	if status == 204 || status == 304 {
		length = 0
	}
	for {
		if line, err = w.in.ReadSlice('\n'); err != nil {
			return 0, 0, err
		}
		name, value, found := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		if !found {
			return status, length, nil
		}
		switch value = bytes.TrimSpace(value); {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = chunked
		case bytes.EqualFold(name, []byte("Connection")):
			w.over = w.over || bytes.EqualFold(value, []byte("close"))
		}
	}
}

func (w *wire) copyBody(to io.Writer, length int64) (n int64, err error) {
	switch {
	case length == untold:
		w.over = true
		return io.Copy(to, w.in)
	case length != chunked:
		return io.CopyN(to, w.in, length)
	}
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return n, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return n, err
		}
		if _, err := io.CopyN(to, w.in, size); err != nil {
			return n, err
		}
		if _, err := w.in.Discard(2); err != nil || size == 0 {
			return n, err
		}
		n += size
	}
}
