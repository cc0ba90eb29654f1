package httpd_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ksync/internal/dav"
	"ksync/internal/httpd"
)

// One person with many large uploads gets 503 for the last of them; what devices
// send goes through, and the room comes back.
func TestBodies_AllTogetherAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	hold, held := make(chan struct{}), make(chan struct{})
	handler := httpd.New(httpd.Options{Ready: ready, Bodies: limit, DAV: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		if again, ok := errors.AsType[*dav.Retry](err); ok {
			w.WriteHeader(again.Status)
			return
		}
		if r.URL.Path == "/dav/hold" {
			held <- struct{}{}
			<-hold
		}
	})})
	put := func(path string, size int) int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("PUT", path, bytes.NewReader(make([]byte, size))))
		return w.Code
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if code := put("/dav/hold", limit*3/4); code != 200 {
			t.Errorf("the first: %d", code)
		}
	})
	<-held
	if code := put("/dav/", limit/2); code != 503 {
		t.Errorf("more than there is room for: %d", code)
	}
	if code := put("/dav/", 64<<10); code != 200 {
		t.Errorf("what a device sends: %d", code)
	}
	if code := put("/dav/", limit/4); code != 200 {
		t.Errorf("what there is room for: %d", code)
	}
	close(hold)
	wg.Wait()
	if code := put("/dav/", limit); code != 200 {
		t.Errorf("when all is over: %d", code)
	}
	chunked := httptest.NewRequest("PUT", "/dav/", io.MultiReader(strings.NewReader(strings.Repeat("x", 2*limit))))
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, chunked); w.Code != 503 {
		t.Errorf("without a length: %d", w.Code)
	}
}
