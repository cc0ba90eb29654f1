package trace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/dialogue"
	"ksync/internal/trace"
)

// The recorder with the server's own handlers, and what it records played
// against another server, is tested where they are wired (cmd/ksyncd).

// desk is a recorder whose accounts 1 to 9 have the logins u1@example.org and so on.
func desk(t *testing.T, change func(*trace.Options)) *trace.Recorder {
	t.Helper()
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	o := trace.Options{
		Dir: t.TempDir(), Version: "test",
		Now: func() time.Time { at = at.Add(5 * time.Millisecond); return at },
		Find: func(_ context.Context, login string) (trace.Subject, error) {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(login, "u"), "@example.org"), 10, 64)
			if err != nil {
				return trace.Subject{}, errors.New("nobody")
			}
			return trace.Subject{Account: n, Logins: []string{"short", login}}, nil
		},
	}
	if change != nil {
		change(&o)
	}
	r := trace.New(o)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func begin(t *testing.T, r *trace.Recorder, login string) (file string) {
	t.Helper()
	file, err := r.Start(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// ask has a request answered through the recorder; as is the account that it is
// signed in as, 0 for none.
func ask(r *trace.Recorder, as int64, req *http.Request, h http.HandlerFunc) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.Wrap(h).ServeHTTP(w, req.WithContext(account.WithTrace(req.Context(), &account.Trace{Account: as})))
	return w
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What differs from one server to the next is a variable: it is bound where the
// server tells it first, and used from then on. What nobody told stays.
func TestScript_VariablesForWhatTheServerMakesUp(t *testing.T) {
	t.Parallel()
	r := desk(t, nil)
	file := begin(t, r, "u7@example.org")
	told := `<D:multistatus xmlns:D="DAV:"><D:response><D:href>/dav/calendars/7/work/</D:href><D:getlastmodified>Sun, 22 Nov 2026 08:00:00 GMT</D:getlastmodified>` +
		`<D:sync-token>urn:ksync:sync:abc-1</D:sync-token></D:response><D:response><D:href>/dav/calendars/77/work/</D:href><D:sync-token>urn:ksync:sync:abc-1</D:sync-token></D:response></D:multistatus>`
	first := httptest.NewRequest("REPORT", "http://sync.example.org/dav/calendars/7/work/", strings.NewReader("<sync-token>urn:ksync:sync:alien</sync-token>"))
	first.Header.Set("Depth", "1")
	ask(r, 7, first, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Location", "http://sync.example.org/dav/principals/7/")
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusMultiStatus)
		fmt.Fprint(w, told)
	})
	ask(r, 7, httptest.NewRequest("REPORT", "/dav/calendars/7/work/", strings.NewReader("<sync-token>urn:ksync:sync:abc-1</sync-token>u7@example.org, in short")), func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	want := `A trace of account 7 from 2026-11-22T08:00:00Z on, by ksyncd test. Passwords are not in it; contacts and events are.
{{account}}, {{login}}, {{base}} and {{tokenN}} stand for what differs from one server to the next.

-- 1 request: 08:00:00.010, 5 ms --
REPORT /dav/calendars/{{account}}/work/ HTTP/1.1
Depth: 1

<sync-token>urn:ksync:sync:alien</sync-token>
-- 1 response --
207 Multi-Status
Content-Type: text/xml
Location: {{base}}/dav/principals/{{account}}/

<D:multistatus xmlns:D="DAV:"><D:response><D:href>/dav/calendars/{{account}}/work/</D:href><D:getlastmodified>{{*}}</D:getlastmodified><D:sync-token>{{token1:=*}}</D:sync-token></D:response><D:response><D:href>/dav/calendars/77/work/</D:href><D:sync-token>{{*}}</D:sync-token></D:response></D:multistatus>
-- 2 request: 08:00:00.020, 5 ms --
REPORT /dav/calendars/{{account}}/work/ HTTP/1.1

<sync-token>{{token1}}</sync-token>{{login}}, in short
-- 2 response --
204 No Content
`
	got := strings.Replace(read(t, file), "08:00:00.005Z", "08:00:00Z", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A trace has an end: the file, a body, and how many there are at once.
func TestRecorder_Bounds(t *testing.T) {
	t.Parallel()
	r := desk(t, func(o *trace.Options) { o.Bytes, o.Body = 600, 100 })
	files := map[int64]string{}
	for n := int64(1); n <= 5; n++ {
		files[n] = begin(t, r, fmt.Sprintf("u%d@example.org", n))
	}
	if _, err := r.Start(t.Context(), "u6@example.org"); err == nil {
		t.Error("a sixth trace began")
	}
	if _, err := r.Start(t.Context(), "u5@example.org"); !errors.Is(err, trace.ErrTraced) {
		t.Errorf("a second trace of one account: %v", err)
	}
	for range 10 {
		ask(r, 1, httptest.NewRequest("PUT", "/dav/a", strings.NewReader(strings.Repeat("x", 101))), func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
		})
	}
	text := read(t, files[1])
	if !strings.Contains(text, "X-Left-Out: a body of 101 bytes\n") || strings.Contains(text, "xx") || len(text) > 900 {
		t.Errorf("%d bytes:\n%s", len(text), text)
	}
	if diff := cmp.Diff([]int64{2, 3, 4, 5}, r.Active()); diff != "" {
		t.Errorf("a full trace goes on: %s", diff)
	}
	if d, err := dialogue.Parse([]byte(text)); err != nil || len(d.Steps) == 0 {
		t.Errorf("what is there is no dialogue: %v", err)
	}
}

// Nobody else's dialogue is recorded, and nothing after the end; who was refused
// is known by the login alone, also as some iOS encode it.
func TestRecorder_WhoIsRecorded(t *testing.T) {
	t.Parallel()
	r := desk(t, nil)
	file := begin(t, r, "u7@example.org")
	for _, tt := range []struct {
		path, login string
		as          int64
	}{
		{"/dav/in", "", 7}, {"/dav/other", "u7@example.org", 8}, {"/dav/anonymous", "", 0}, {"/dav/somebody", "u8@example.org", 0},
		{"/dav/refused", "U7@Example.org", 0}, {"/dav/encoded", "u7%40example.org", 0},
	} {
		req := httptest.NewRequest("PROPFIND", tt.path, nil)
		if tt.login != "" {
			req.SetBasicAuth(tt.login, "the-password")
		}
		ask(r, tt.as, req, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	}
	if stopped, err := r.Stop(7); err != nil || !stopped {
		t.Errorf("%v, %v", stopped, err)
	}
	ask(r, 7, httptest.NewRequest("PROPFIND", "/dav/after", nil), func(http.ResponseWriter, *http.Request) {})
	text := read(t, file)
	var got []string
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(line, "PROPFIND "); ok {
			got = append(got, strings.TrimSuffix(path, " HTTP/1.1\n"))
		}
	}
	if diff := cmp.Diff([]string{"/dav/in", "/dav/refused", "/dav/encoded"}, got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(text, "the-password") {
		t.Error("a password is in the trace")
	}
	if stopped, err := r.Stop(7); err != nil || stopped {
		t.Errorf("stopped twice: %v, %v", stopped, err)
	}
}

// The recorder changes no answer, and one that is broken off is recorded as such.
func TestWrap_AnswersAsTheyAre(t *testing.T) {
	t.Parallel()
	r := desk(t, nil)
	file := begin(t, r, "u7@example.org")
	w := ask(r, 7, httptest.NewRequest("GET", "/dav/a", nil), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"1"`)
		fmt.Fprint(w, "one")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, "two")
	})
	if w.Code != http.StatusOK || w.Body.String() != "onetwo" || !w.Flushed || w.Header().Get("ETag") != `"1"` {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the panic went no further")
			}
		}()
		ask(r, 7, httptest.NewRequest("GET", "/dav/b", nil), func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "half")
			panic(http.ErrAbortHandler)
		})
	}()
	if text := read(t, file); !strings.Contains(text, "the answer was broken off --\nGET /dav/b ") || !strings.Contains(text, "\nETag: \"1\"\n\nonetwo\n") {
		t.Error(text)
	}
}

// Whatever a client and a server say, the file is a dialogue with as many steps.
func FuzzWrap(f *testing.F) {
	f.Add("PROPFIND", "/dav/", "1", "<a/>", "text/xml", []byte("<b/>"))
	f.Add("PUT", "/dav/calendars/7/a", "a\r\nb", "-- x --\n", "text/calendar", []byte("BEGIN:VFREEBUSY\nDTSTAMP:20261122T080000Z\r\n{{*}}"))
	f.Fuzz(func(t *testing.T, method, path, depth, body, kind string, answer []byte) {
		req, err := http.NewRequest(method, "http://sync.example.org/", strings.NewReader(body))
		if err != nil {
			return // nothing that a client could send
		}
		req.URL.Path, req.Header["Depth"] = "/"+path, []string{depth}
		r := desk(t, nil)
		file := begin(t, r, "u7@example.org")
		w := ask(r, 7, req, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header()["Content-Type"] = []string{kind}
			_, _ = w.Write(answer)
		})
		if !bytes.Equal(w.Body.Bytes(), answer) {
			t.Errorf("answered %q, not %q", w.Body, answer)
		}
		text := read(t, file)
		if d, err := dialogue.Parse([]byte(text)); err != nil || len(d.Steps) != 1 {
			t.Errorf("no dialogue of one step: %v\n%s", err, text)
		}
	})
}
