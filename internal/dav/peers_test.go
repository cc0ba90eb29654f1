package dav_test

import (
	"net/http"
	"testing"

	"ksync/internal/dav"
)

// hardening.md section 2: a Destination that a proxy gave another port is ours
// all the same; another host's is not. RFC 4918 §9.8.5.
func TestTransfer_DestinationBehindAPort(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	book := s.path(cards)
	at := book + "a"
	s.put(at, card("a", "A"))
	for _, tt := range []struct {
		origin, name string
		status       int
	}{
		{"http://elsewhere.example", "b", http.StatusBadGateway},
		{"https://example.com:8443", "b", http.StatusCreated},
		{"http://example.com:80", "with%20blank", http.StatusCreated},
		{"http://EXAMPLE.com", "c%C3%A9", http.StatusCreated},
	} {
		rec := s.do("MOVE", at, "", "Destination", tt.origin+book+tt.name)
		if rec.Code != tt.status {
			t.Errorf("%s: %d %s", tt.origin, rec.Code, rec.Body)
		}
		if tt.status == http.StatusCreated {
			at = book + tt.name
		}
		s.want(s.do("GET", at, ""), http.StatusOK, "FN:A")
	}
}

// Depth says nothing about a resource without members, and a collection is
// neither copied in part nor as a whole. RFC 4918 §9.8.3.
func TestTransfer_Depth(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	book := s.path(cards)
	s.put(book+"a", card("a", "A"))
	for _, depth := range []string{"0", "infinity"} {
		s.want(s.do("MKCOL", s.path("/dav/addressbooks/%d/to-")+depth+"/", addressBookBody), http.StatusCreated)
		s.want(s.do("COPY", book+"a", "", "Destination", s.path("/dav/addressbooks/%d/to-")+depth+"/a", "Depth", depth), http.StatusCreated)
		if rec := s.do("COPY", book, "", "Destination", s.path("/dav/addressbooks/%d/whole-")+depth+"/", "Depth", depth); rec.Code < 400 || rec.Code >= 500 {
			t.Errorf("a collection with Depth %s: %d", depth, rec.Code)
		}
	}
}

const addressBookBody = `<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:set><D:prop><D:resourcetype><D:collection/><C:addressbook/></D:resourcetype></D:prop></D:set></D:mkcol>`

// RFC 9110 §14.2: a Range has a meaning for GET only.
func TestHead_WithRange(t *testing.T) {
	t.Parallel()
	s := newServer(t, dav.Limits{})
	path := s.path(cards) + "a"
	etag := s.put(path, card("a", "A"))
	want := s.do("HEAD", path, "").Header().Get("Content-Length")
	for _, ranges := range []string{"bytes=0-3", "bytes=9999-", "bytes=0-0,2-2"} {
		rec := s.do("HEAD", path, "", "Range", ranges)
		if h := rec.Header(); rec.Code != http.StatusOK || h.Get("Content-Length") != want || h.Get("Content-Range") != "" || h.Get("ETag") != etag {
			t.Errorf("%s: %d, %v", ranges, rec.Code, h)
		}
	}
	s.want(s.do("GET", path, "", "Range", "bytes=0-3"), http.StatusPartialContent, "BEGI")
}
