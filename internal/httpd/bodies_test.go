package httpd_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ksync/internal/account"
	"ksync/internal/dav"
	"ksync/internal/httpd"
)

// uploads are requests to a server that holds the bodies of those to /dav/hold
// until let go, as slow clients have it.
type uploads struct {
	*testing.T
	handler http.Handler
	held    chan struct{}
	letGo   chan struct{}
	wait    sync.WaitGroup
}

func newUploads(t *testing.T, limit int64) *uploads {
	u := &uploads{T: t, held: make(chan struct{}), letGo: make(chan struct{})}
	u.handler = httpd.New(httpd.Options{Ready: ready, Bodies: limit, DAV: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account.TraceOf(r.Context()).Account, _ = strconv.ParseInt(r.Header.Get("Account"), 10, 64)
		_, err := io.Copy(io.Discard, r.Body)
		if again, ok := errors.AsType[*dav.Retry](err); ok {
			w.WriteHeader(again.Status)
			return
		}
		if r.URL.Path == "/dav/hold" {
			u.held <- struct{}{}
			<-u.letGo
		}
	})})
	return u
}

// put is an upload from an address, or signed in when that is the number of an account.
func (u *uploads) put(from, path string, body io.Reader) int {
	r, w := httptest.NewRequest("PUT", path, body), httptest.NewRecorder()
	r.RemoteAddr = from
	if who, at, ok := strings.Cut(from, "@"); ok {
		r.RemoteAddr = at
		r.Header.Set("Account", who)
	}
	u.handler.ServeHTTP(w, r)
	return w.Code
}

func (u *uploads) of(from string, size int) int {
	return u.put(from, "/dav/", bytes.NewReader(make([]byte, size)))
}

// hold has a body of a size, beyond what is free, held from now on.
func (u *uploads) hold(from string, size int) {
	u.wait.Go(func() {
		if code := u.put(from, "/dav/hold", bytes.NewReader(make([]byte, size+64<<10))); code != 200 {
			u.Errorf("%d bytes of %s to be held: %d", size, from, code)
		}
	})
	<-u.held
}

const (
	theirs = "192.0.2.1:1000"
	ours   = "203.0.113.1:1000"
)

// One address with many large uploads gets 503 for the last of them; what
// devices send goes through, and the room comes back.
func TestBodies_AllTogetherAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	u := newUploads(t, limit)
	u.hold(theirs, limit/4)
	u.hold(theirs, limit/8)
	if code := u.of(theirs, limit/4); code != 503 {
		t.Errorf("more than half of the room: %d", code)
	}
	if code := u.of(theirs, 64<<10); code != 200 {
		t.Errorf("what a device sends: %d", code)
	}
	if code := u.of(theirs, limit/8); code != 200 {
		t.Errorf("what there is room for: %d", code)
	}
	close(u.letGo)
	u.wait.Wait()
	if code := u.of(theirs, limit/2); code != 200 {
		t.Errorf("when all is over: %d", code)
	}
	if code := u.put(theirs, "/dav/", io.MultiReader(strings.NewReader(strings.Repeat("x", 2*limit)))); code != 503 {
		t.Errorf("without a length: %d", code)
	}
}

// A household, or all who come by a proxy that is not trusted, have one address:
// there one of them must not take the room of the others. And an account with many
// addresses is one.
func TestBodies_AccountsHaveSharesOfTheirOwn(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	u := newUploads(t, limit)
	u.hold("1@"+theirs, limit/2)
	for _, tt := range []struct {
		name, from string
		want       int
	}{
		{"another account at that address", "2@" + theirs, 200},
		{"a stranger at that address", theirs, 200},
		{"the account at another address", "1@" + ours, 503},
	} {
		if code := u.of(tt.from, limit/8+64<<10); code != tt.want {
			t.Errorf("%s: %d", tt.name, code)
		}
	}
	close(u.letGo)
	u.wait.Wait()
	if code := u.of("1@"+ours, limit/2+64<<10); code != 200 {
		t.Errorf("when all is over: %d", code)
	}
}

// slow is an upload of which one byte comes at a time once a part of it is there.
type slow struct {
	from   string
	left   int
	asked  chan struct{} // for another byte
	tick   chan struct{} // gives it; closed: the end
	answer chan int
}

func (s *slow) Read(p []byte) (int, error) {
	if s.left == 0 {
		s.asked <- struct{}{}
		if _, more := <-s.tick; !more {
			return 0, io.EOF
		}
		s.left = 1
	}
	n := min(len(p), s.left)
	s.left -= n
	return n, nil
}

// goesOn reports whether more of it is wanted; else it was answered.
func (s *slow) goesOn() bool {
	select {
	case <-s.asked:
		return true
	case <-s.answer:
		return false
	}
}

// begin has a part of a size, beyond what is free, come at once.
func (u *uploads) begin(from string, size int) *slow {
	s := &slow{from: from, left: size + 64<<10, asked: make(chan struct{}), tick: make(chan struct{}), answer: make(chan int, 1)}
	u.wait.Go(func() { s.answer <- u.put(from, "/dav/", s) })
	return s
}

// Slow uploads made those of everybody wait. Now they wait for each other:
// whoever sends many has as much of the room as others who do, and less than is
// left for who comes next.
func TestBodies_SlowOnesWaitForEachOther(t *testing.T) {
	t.Parallel()
	const limit, one, greedy = 1 << 20, 16 << 10, 7
	u := newUploads(t, limit)
	var open []*slow
	for n := range greedy {
		for i := range 2 * limit / one {
			s := u.begin(fmt.Sprintf("[2001:db8:%x::%x]:1000", n, i), one) // an address of one subscriber
			if s.goesOn() {
				open = append(open, s)
			}
			open = slices.DeleteFunc(open, func(s *slow) bool { s.tick <- struct{}{}; return !s.goesOn() })
		}
		if code := u.of(ours, limit/(n+2)/2+48<<10); code != 200 {
			t.Errorf("beside %d who take what they can: %d", n+1, code)
		}
	}
	if most := limit / one; len(open) > most || len(open) < most/2 {
		t.Errorf("%d uploads were taken at once, of %d that there is room for", len(open), most)
	}
	for _, s := range open {
		close(s.tick)
	}
	u.wait.Wait()
}
