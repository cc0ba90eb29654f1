package web

import (
	"net/http"

	"ksync/internal/account"
)

// Token is the session that came with a request; "" without one. With Keep and
// Drop the JSON API shares the session of the pages.
func (s *Site) Token(r *http.Request) account.Secret {
	return (&visit{site: s, r: r}).sessionToken()
}

// Keep gives the browser a session, or its new token.
func (s *Site) Keep(w http.ResponseWriter, r *http.Request, o account.Opened) {
	(&visit{site: s, w: w, r: r}).keepSession(o)
}

// Drop takes the session away from the browser.
func (s *Site) Drop(w http.ResponseWriter, r *http.Request) {
	(&visit{site: s, w: w, r: r}).dropSession()
}
