package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

//go:embed assets
var assetFiles embed.FS

// assets are the files that pages use. Their addresses carry a hash of all of
// them, so browsers may keep them for good.
type assets struct {
	tag   string
	files map[string][]byte
}

func loadAssets() (*assets, error) {
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, err
	}
	a, sum := &assets{files: map[string][]byte{}}, sha256.New()
	for _, e := range entries {
		data, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, err
		}
		a.files[e.Name()] = data
		fmt.Fprintf(sum, "%s %d ", e.Name(), len(data))
		sum.Write(data)
	}
	a.tag = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, nil
}

func (a *assets) url(name string) string { return "/assets/" + a.tag + "/" + name }

// icon is a picture of the sprite. It says nothing that the text beside it does not.
func (a *assets) icon(name string) template.HTML {
	class := "icon"
	if name == "mark" {
		class = "mark"
	}
	return template.HTML(`<svg class="` + class + `" aria-hidden="true" focusable="false"><use href="` + //nolint:gosec // all of it is ours
		template.HTMLEscapeString(a.url("icons.svg")+"#"+name) + `"/></svg>`)
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	data, ok := a.files[chi.URLParam(r, "name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(chi.URLParam(r, "name")))
	h.Set("Cache-Control", "no-cache")
	if chi.URLParam(r, "tag") == a.tag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(data) // the browser went away: nobody to tell
}

func contentType(name string) string {
	switch {
	case strings.HasSuffix(name, ".css"):
		return "text/css; charset=utf-8"
	case strings.HasSuffix(name, ".js"):
		return "text/javascript; charset=utf-8"
	}
	return "image/svg+xml"
}

// headers are those of every page. Nothing of a page may be kept by others or
// framed, and everything on it comes from here.
func (s *Site) headers(h http.Header) {
	h.Set("Content-Security-Policy", policy(""))
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	// Not no-referrer: with it browsers hide the origin of our own forms, too.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Vary", "Accept-Language, Cookie")
}

// policy is the Content-Security-Policy of pages. Browsers hold form-action
// against redirects after a form, so that of an app's sign-in names the app's scheme.
func policy(end string) string {
	target := "'self'"
	if end != "" {
		target += " " + end
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action " + target +
		"; base-uri 'none'; frame-ancestors 'none'"
}
