package discovery

import (
	"net/url"
	"strings"
	"unicode"
)

// DAVx5 is the link that opens DAVx5 with the address and the login filled in,
// for a page or a QR code. DAVx5 makes https of the scheme davx5; caldav and
// carddav would become http, so they are never printed. There is no password
// in it: links are shared, kept and logged.
//
// It is "" where a link cannot say it: for a server without https, and for a
// login with a colon, at which DAVx5 splits the decoded user info.
func (s Service) DAVx5(login string) string {
	if s.URL.Scheme != "https" || login == "" || strings.Contains(login, ":") || strings.ContainsFunc(login, unicode.IsControl) {
		return ""
	}
	// url.UserPassword would leave some of RFC 3986's sub-delims as they are,
	// and QueryEscape writes a space as a plus.
	user := strings.ReplaceAll(url.QueryEscape(login), "+", "%20")
	return "davx5://" + user + "@" + s.URL.Host + "/"
}
