package dav

import (
	"net/http"
	"strings"
)

// redirects lead clients to the DAV root. All methods are redirected, without
// credentials: discovery comes before sign-in.
var redirects = map[string]int{
	"/.well-known/caldav":  http.StatusMovedPermanently, // RFC 6764 §5
	"/.well-known/carddav": http.StatusMovedPermanently,
	"/remote.php/dav":      http.StatusPermanentRedirect, // DAVx5 after a Nextcloud login, clients.md 1.9
	"/principals":          http.StatusPermanentRedirect, // iOS guesses it, clients.md 4.1
	"/dav":                 http.StatusPermanentRedirect,
}

// Paths are the roots below which the engine wants every request, for the
// router. "/" belongs to the engine for all methods but GET and HEAD.
func Paths() []string {
	return []string{"/dav", "/.well-known/caldav", "/.well-known/carddav", "/remote.php/dav", "/principals"}
}

// discover answers the paths that only lead to others.
//
// GNOME Online Accounts asks OPTIONS of /remote.php/dav and follows nothing
// (clients.md 5.2), so that method is answered where it is asked.
func (e *Engine) discover(w http.ResponseWriter, r *http.Request) bool {
	path := strings.TrimSuffix(r.URL.Path, "/")
	status, ok := redirects[path]
	wellKnown := strings.HasPrefix(path, "/.well-known/")
	if !ok || r.URL.Path == rootPath || r.Method == http.MethodOptions && !wellKnown {
		return false
	}
	w.Header().Set("Location", rootPath)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.WriteHeader(status)
	return true
}

// options is answered without credentials, for any path, always with 200:
// GNOME takes no 204 (clients.md 5.2), DAVx5 asks the principal (2.2).
func (e *Engine) options(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Allow", allow)
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}
