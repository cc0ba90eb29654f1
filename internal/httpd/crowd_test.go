package httpd_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"ksync/internal/httpd"
)

func TestCrowd_OneAddressCannotTakeAll(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	entered := make(chan struct{}, 10)
	h := httpd.New(httpd.Options{Ready: ready, Pages: pagesStub{httpd.Address(nil)}, Crowd: httpd.Crowd{All: 4, PerAddress: 3}, DAV: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-goOn
	})})
	var wg sync.WaitGroup
	ask := func(from string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("PROPFIND", "/dav/", nil)
		r.RemoteAddr = from
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	enter := func(from string) {
		wg.Go(func() {
			if rec := ask(from); rec.Code != 200 {
				t.Errorf("%s: %d", from, rec.Code)
			}
		})
		<-entered
	}
	for _, from := range []string{"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:9"} {
		enter(from) // one subscriber
	}
	if rec := ask("[2001:db8::4]:1"); rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("the fourth of one address: %d %v", rec.Code, rec.Header())
	}
	enter("192.0.2.1:1")
	if rec := ask("192.0.2.2:1"); rec.Code != 503 {
		t.Errorf("the fifth in all: %d", rec.Code)
	}
	browser := httptest.NewRequest(http.MethodGet, "/", nil)
	browser.Header.Set("Accept", "text/html")
	rec := httptest.NewRecorder()
	if h.ServeHTTP(rec, browser); rec.Body.String() != "page of 503" || rec.Header().Get("Retry-After") == "" {
		t.Errorf("a browser: %d %q", rec.Code, rec.Body)
	}
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodHead: 200, "PROPFIND": 405} {
		r, rec := httptest.NewRequest(method, "/healthz", nil), httptest.NewRecorder()
		if h.ServeHTTP(rec, r); rec.Code != want {
			t.Errorf("a full house is taken for a dead one: %s %d", method, rec.Code)
		}
	}
	close(goOn)
	wg.Wait()
	if rec := ask("[2001:db8::4]:1"); rec.Code != 200 {
		t.Errorf("afterwards: %d", rec.Code)
	}
}

func TestCrowd_PanicLeavesToo(t *testing.T) {
	t.Parallel()
	h := httpd.New(httpd.Options{Ready: ready, Crowd: httpd.Crowd{All: 1, PerAddress: 1}, DAV: davStub})
	for range 3 {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", "/dav/?do=panic", nil))
		if rec.Code != 500 {
			t.Errorf("%d", rec.Code)
		}
	}
}
