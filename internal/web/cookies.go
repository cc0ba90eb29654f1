package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"ksync/internal/account"
)

// The cookies. Over https their names get the prefix that binds them to this
// host and to https (RFC 6265bis §4.1.3.2).
const (
	sessionCookie  = "ksync"
	noteCookie     = "ksync-note"
	languageCookie = "ksync-language"
	hostPrefix     = "__Host-"
)

// secure reports whether the browser came by https, as far as anybody we trust knows.
func (v *visit) secure() bool {
	address := v.site.Address(v.r)
	return v.site.ViaHTTPS(v.r) || address != nil && address.Scheme == "https"
}

func (v *visit) cookieName(name string) string {
	if v.secure() {
		return hostPrefix + name
	}
	return name
}

func (v *visit) cookie(name string) string {
	c, err := v.r.Cookie(v.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie keeps a value until expires; the zero time: until the browser
// closes; a time that has passed: no longer.
func (v *visit) setCookie(name, value string, expires time.Time) {
	http.SetCookie(v.w, &http.Cookie{
		Name: v.cookieName(name), Value: value, Path: "/", Expires: expires,
		Secure: v.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (v *visit) dropCookie(name string) {
	http.SetCookie(v.w, &http.Cookie{
		Name: v.cookieName(name), Path: "/", MaxAge: -1,
		Secure: v.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (v *visit) sessionToken() account.Secret { return account.Secret(v.cookie(sessionCookie)) }

// keepSession gives the browser a session. Without "stay signed in" it ends
// with the browser.
func (v *visit) keepSession(o account.Opened) {
	var expires time.Time
	if o.Session.Stay {
		expires = time.UnixMilli(o.Session.Expires)
	}
	v.setCookie(sessionCookie, o.Token.Reveal(), expires)
}

func (v *visit) dropSession() { v.dropCookie(sessionCookie) }

// leaveNote lets the next page say what was done.
func (v *visit) leaveNote(key string) {
	v.setCookie(noteCookie, key, v.site.Now().Add(time.Minute))
}

// takeNote reads the note; only texts that are meant for it are taken.
func (v *visit) takeNote() string {
	key := v.cookie(noteCookie)
	if key == "" || v.r.Method != http.MethodGet {
		return ""
	}
	v.dropCookie(noteCookie)
	if !strings.HasPrefix(key, "done.") || !v.Has(key) {
		return ""
	}
	return key
}

// local returns a path of this server that may be opened next, or other.
func local(path, other string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" {
		return other
	}
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") || strings.HasPrefix(u.Path, "//") {
		return other
	}
	return path
}
