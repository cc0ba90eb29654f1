package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"ksync/internal/account"
)

// What the JSON API is given is the session of the pages, no copy of it.
func TestSite_TokenKeepAndDropAreThoseOfThePages(t *testing.T) {
	t.Parallel()
	site, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "https://sync.example.org/api/v1/account", nil)
	if got := site.Token(r); got != "" {
		t.Errorf("a token out of nothing: %q", got.Reveal())
	}
	w := httptest.NewRecorder()
	site.Keep(w, r, account.Opened{Token: "t0k3n"})
	kept := w.Result().Cookies()
	if len(kept) != 1 || kept[0].Name != hostPrefix+sessionCookie || !kept[0].Secure || !kept[0].HttpOnly || kept[0].SameSite != http.SameSiteLaxMode {
		t.Fatalf("cookies %v", kept)
	}
	r.AddCookie(kept[0])
	v := &visit{site: site, r: r}
	if got := site.Token(r); got.Reveal() != "t0k3n" || got != v.sessionToken() {
		t.Errorf("got %q", got.Reveal())
	}
	w = httptest.NewRecorder()
	site.Drop(w, r)
	if dropped := w.Result().Cookies(); len(dropped) != 1 || dropped[0].Name != kept[0].Name || dropped[0].MaxAge >= 0 {
		t.Errorf("cookies %v", dropped)
	}
}
