package httpd

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed front.html
var frontHTML string

//go:embed front.css
var frontCSS string

// frontPage is what a browser sees at the root: what this is, and what to type
// into a client.
func frontPage(public *url.URL) http.HandlerFunc {
	page := template.Must(template.New("front").Parse(frontHTML))
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		if r.Method == http.MethodHead {
			return
		}
		_ = page.Execute(w, address(public, r)) // the client went away: nobody to tell
	}
}

// address is the URL to type. Host is what a client chose to send, so without
// a setting or a trusted proxy's word there is none.
func address(public *url.URL, r *http.Request) string {
	if public != nil {
		return public.String()
	}
	if scheme, host, ok := said(r); ok {
		return (&url.URL{Scheme: scheme, Host: host, Path: "/"}).String()
	}
	return ""
}

func frontStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write([]byte(frontCSS)) // the client went away: nobody to tell
}

// securityHeaders are right for every answer of this server: it has no
// scripts, belongs in no frame, and its data is never to be guessed at.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}
