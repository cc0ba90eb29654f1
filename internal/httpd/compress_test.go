package httpd_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ksync/internal/httpd"
)

// answer is a handler that sends a body in pieces.
type answer struct {
	contentType string
	status      int
	header      http.Header
	pieces      [][]byte
	flush       bool
}

func (a answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("ETag", `"abc"`)
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	for _, p := range a.pieces {
		if n, err := w.Write(p); err != nil || n != len(p) {
			panic(fmt.Sprint(n, err))
		}
		if a.flush {
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(err)
			}
		}
	}
}

func (a answer) to(method, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/dav/", nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	return serve(httpd.Options{DAV: a}, r)
}

func unzip(t interface{ Fatal(...any) }, rec *httptest.ResponseRecorder) []byte {
	if rec.Header().Get("Content-Encoding") != "gzip" {
		return rec.Body.Bytes()
	}
	zr, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCompress_When(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte("BEGIN:VEVENT\r\n"), 200)
	xml := "application/xml; charset=utf-8"
	for name, tt := range map[string]struct {
		answer         answer
		method, accept string
		zip, vary      bool
	}{
		"multistatus":         {answer{contentType: xml, status: 207, pieces: [][]byte{long}}, "PROPFIND", "br,gzip", true, true},
		"calendar":            {answer{contentType: "text/calendar; charset=utf-8", pieces: [][]byte{long}}, "GET", "gzip, deflate", true, true},
		"card":                {answer{contentType: "text/vcard", pieces: [][]byte{long}}, "GET", "*", true, true},
		"with its length":     {answer{contentType: "text/vcard", header: http.Header{"Content-Length": {strconv.Itoa(len(long))}}, pieces: [][]byte{long}}, "GET", "gzip", true, true},
		"flushed early":       {answer{contentType: xml, flush: true, pieces: [][]byte{[]byte("<a>"), long}}, "REPORT", "gzip", true, true},
		"an error":            {answer{contentType: xml, status: 403, pieces: [][]byte{long}}, "GET", "gzip", true, true},
		"short":               {answer{contentType: xml, pieces: [][]byte{long[:1000]}}, "GET", "gzip", false, true},
		"short, with length":  {answer{contentType: xml, header: http.Header{"Content-Length": {"3"}}, pieces: [][]byte{[]byte("abc")}}, "GET", "gzip", false, true},
		"not asked for":       {answer{contentType: xml, pieces: [][]byte{long}}, "GET", "", false, true},
		"identity":            {answer{contentType: xml, pieces: [][]byte{long}}, "GET", "identity", false, true},
		"refused":             {answer{contentType: xml, pieces: [][]byte{long}}, "GET", "gzip;q=0, *", false, true},
		"a photo":             {answer{contentType: "image/jpeg", pieces: [][]byte{long}}, "GET", "gzip", false, false},
		"encoded already":     {answer{contentType: xml, header: http.Header{"Content-Encoding": {"br"}}, pieces: [][]byte{long}}, "GET", "gzip", false, false},
		"part of it":          {answer{contentType: xml, status: 206, pieces: [][]byte{long}}, "GET", "gzip", false, false},
		"nothing":             {answer{contentType: xml, status: 204}, "GET", "gzip", false, false},
		"not modified":        {answer{contentType: xml, status: 304}, "GET", "gzip", false, false},
		"HEAD has no body":    {answer{contentType: xml, status: 200}, "HEAD", "gzip", false, true},
		"many small pieces":   {answer{contentType: xml, pieces: bytes.SplitAfter(long, []byte("\n"))}, "GET", "gzip", true, true},
		"empty, without code": {answer{contentType: xml, pieces: [][]byte{{}}}, "GET", "gzip", false, true},
	} {
		rec := tt.answer.to(tt.method, tt.accept)
		zipped := rec.Header().Get("Content-Encoding") == "gzip"
		if zipped != tt.zip || strings.Contains(rec.Header().Get("Vary"), "Accept-Encoding") != tt.vary {
			t.Errorf("%s: compressed %v, Vary %q", name, zipped, rec.Header().Get("Vary"))
		}
		if rec.Header().Get("ETag") != `"abc"` {
			t.Errorf("%s: ETag %s", name, rec.Header().Get("ETag"))
		}
		if want := max(tt.answer.status, 200); rec.Code != want {
			t.Errorf("%s: status %d, want %d", name, rec.Code, want)
		}
		if zipped && rec.Header().Get("Content-Length") != "" {
			t.Errorf("%s: Content-Length %s", name, rec.Header().Get("Content-Length"))
		}
		if got := unzip(t, rec); !bytes.Equal(got, bytes.Join(tt.answer.pieces, nil)) {
			t.Errorf("%s: %d bytes arrived", name, len(got))
		}
	}
}

func TestCompress_BytesArriveWhateverThePieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := answer{
			contentType: "text/calendar",
			pieces:      rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 700), 0, 8).Draw(t, "pieces"),
			flush:       rapid.Bool().Draw(t, "flush"),
		}
		rec := a.to("GET", "gzip")
		if got := unzip(t, rec); !bytes.Equal(got, bytes.Join(a.pieces, nil)) {
			t.Errorf("%d of %d bytes arrived", len(got), len(bytes.Join(a.pieces, nil)))
		}
	})
}

// A client sees each piece as soon as it is flushed, not when all is done.
func TestCompress_FlushReachesTheClient(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	srv := httptest.NewServer(httpd.New(httpd.Options{Ready: ready, DAV: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, "<first/>")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-goOn
		_, _ = io.WriteString(w, "<second/>")
	})}))
	defer srv.Close()
	defer release()
	srv.Client().Timeout = 20 * time.Second
	resp, err := srv.Client().Get(srv.URL + "/dav/") // the transport asks for gzip and takes it off
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	first := make([]byte, 8)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "<first/>" || !resp.Uncompressed {
		t.Errorf("%s, compressed %v, %v", first, resp.Uncompressed, err)
	}
	release()
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "<second/>" {
		t.Errorf("%s, %v", rest, err)
	}
}
