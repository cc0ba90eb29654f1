package httpd

import (
	"net/http"
	"net/url"
)

// Address returns where people reach this server: the setting, or what a
// trusted proxy said. Host is what a client chose to send, so without either
// it is nil. It works on requests that passed [New].
func Address(public *url.URL) func(r *http.Request) *url.URL {
	return func(r *http.Request) *url.URL {
		if public != nil {
			address := *public
			return &address
		}
		if scheme, host, ok := said(r); ok {
			return &url.URL{Scheme: scheme, Host: host, Path: "/"}
		}
		return nil
	}
}

// ViaHTTPS reports whether the client came by https: to us, or to a proxy that
// we trust and that says so.
func ViaHTTPS(r *http.Request) bool {
	f, _ := r.Context().Value(forwardedKey{}).(forwarded)
	return r.TLS != nil || f.scheme == "https"
}

// securityHeaders are right for every answer of this server: what is no page
// needs no scripts, belongs in no frame, and is never to be guessed at. Pages
// bring a policy of their own.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		next.ServeHTTP(w, r)
	})
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}
