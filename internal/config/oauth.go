package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of an [OAuthClient], in bytes.
const (
	maxClientID   = 200
	maxClientName = 64
	maxRedirect   = 500
)

// OAuthClient is an app that may fetch its app password through the browser:
// ID | NAME | REDIRECT [REDIRECT…].
type OAuthClient struct {
	ID        string
	Name      string // as people read it when they are asked
	Redirects []string
}

// UnmarshalText takes the three parts with | between them, the redirect URIs
// with blanks between them.
func (c *OAuthClient) UnmarshalText(text []byte) error {
	in := string(text)
	parts := strings.Split(in, "|")
	if len(parts) != 3 || strings.Contains(in, ",") { // a comma would not come back from the file that `ksyncd config` prints
		return fmt.Errorf("%q is not of the form ID | NAME | REDIRECT", in)
	}
	got := OAuthClient{ID: strings.TrimSpace(parts[0]), Name: strings.TrimSpace(parts[1]), Redirects: strings.Fields(parts[2])}
	// RFC 6749 §A.1: client_id is of visible characters.
	if got.ID == "" || len(got.ID) > maxClientID || strings.ContainsFunc(got.ID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%q: the id must be of visible ASCII characters, at most %d", in, maxClientID)
	}
	if got.Name == "" || len(got.Name) > maxClientName || !utf8.ValidString(got.Name) || strings.ContainsFunc(got.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%q: the name must be a text of at most %d bytes", in, maxClientName)
	}
	if len(got.Redirects) == 0 {
		return fmt.Errorf("%q: needs a redirect URI", in)
	}
	for _, uri := range got.Redirects {
		if err := checkRedirect(uri); err != nil {
			return fmt.Errorf("redirect URI %q: %w", uri, err)
		}
	}
	*c = got
	return nil
}

// checkRedirect takes where a code may go. RFC 6749 §3.1.2: absolute, without
// a fragment. RFC 8252 §7: a scheme of the app's own, which has a dot in it; https;
// or http on the same machine.
func checkRedirect(uri string) error {
	u, err := url.Parse(uri)
	switch {
	case err != nil, len(uri) > maxRedirect, strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|};,", r) }):
		return errors.New("has characters that must be encoded, or is too long")
	case u.Fragment != "" || strings.Contains(uri, "#"):
		return errors.New("must not have a fragment")
	case u.User != nil:
		return errors.New("must not hold a user name or password")
	case u.Scheme == "https" && u.Hostname() != "", u.Scheme == "http" && sameMachine(u.Hostname()), strings.Contains(u.Scheme, "."):
		return nil
	}
	return errors.New("must be https, a scheme of the app's own like org.example.app, or http on 127.0.0.1 or [::1]")
}

func sameMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// String prints the form that UnmarshalText takes.
func (c OAuthClient) String() string {
	if c.ID == "" {
		return ""
	}
	return c.ID + " | " + c.Name + " | " + strings.Join(c.Redirects, " ")
}

// checkOAuth is the part of [Settings.Check] about them.
func (s *Settings) checkOAuth() error {
	seen := map[string]bool{}
	for _, c := range s.OAuthClients {
		if seen[c.ID] {
			return fmt.Errorf("oauth-clients: %s is there twice", c.ID)
		}
		seen[c.ID] = true
	}
	return nil
}
