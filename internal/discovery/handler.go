package discovery

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
)

// The addresses where apps look without being told. Autodiscover's is written
// in every mixture of cases.
const (
	PathAutoconfig          = "/mail/config-v1.1.xml"
	PathAutoconfigWellKnown = "/.well-known/autoconfig/mail/config-v1.1.xml"
	PathPACC                = "/.well-known/user-agent-configuration.json"
	PathAutodiscover        = "/autodiscover/autodiscover.xml"
)

// handler keeps the answers, which never change while it lives.
type handler struct {
	service          Service
	autoconfig, pacc []byte
}

// NewHandler answers at the addresses above, to anybody. What a request says
// beside its path and, for autodiscover, its body means nothing: no Host, no
// query, no cookie.
func NewHandler(s Service) (http.Handler, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	autoconfig, err := s.Autoconfig()
	if err != nil {
		return nil, err
	}
	pacc, err := s.PACC()
	return &handler{s, autoconfig, pacc}, err
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == PathAutoconfig, path == PathAutoconfigWellKnown:
		fixed(w, r, "text/xml; charset=utf-8", h.autoconfig)
	case path == PathPACC:
		fixed(w, r, "application/json", h.pacc)
	case strings.EqualFold(path, PathAutodiscover) && h.service.Mail():
		h.autodiscover(w, r)
	default:
		http.NotFound(w, r)
	}
}

// fixed is an answer that may be kept for an hour.
func fixed(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, "GET, HEAD")
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	write(w, r, contentType, body)
}

// autodiscover: Outlook posts; who only looks gets what Exchange says then, an
// answer without settings.
func (h *handler) autodiscover(w http.ResponseWriter, r *http.Request) {
	var body []byte
	var err error
	switch r.Method {
	case http.MethodPost:
		body, err = h.service.Autodiscover(http.MaxBytesReader(w, r.Body, maxAutodiscover+1))
	case http.MethodGet, http.MethodHead:
		body, err = autodiscoverRefusal(autodiscoverInvalid, "Invalid Request")
	default:
		refuse(w, "GET, HEAD, POST")
		return
	}
	if err != nil {
		http.Error(w, "The answer could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, "text/xml; charset=utf-8", body)
}

func refuse(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow)
	http.Error(w, "This address has nothing to do with that method.", http.StatusMethodNotAllowed)
}

func write(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = bytes.NewReader(body).WriteTo(w) // the client went away: nobody to tell
	}
}
