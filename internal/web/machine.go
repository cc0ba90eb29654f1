package web

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
	"ksync/store"
)

// machineRoutes are what apps call without a browser: kSync (clients.md 1.5)
// and Login Flow v2 (clients.md 1.9).
func (s *Site) machineRoutes(r chi.Router) {
	r.Post("/token", s.machine(s.exchange))
	r.Delete("/token", s.machine(s.revokeToken))
	r.Get("/1/profile", s.machine(s.profile))
	r.Post("/1/profile/password", s.machine(s.profilePassword))
	r.Post("/index.php/login/v2", s.machine(s.beginFlow))
	r.Post("/login/v2/poll", s.machine(s.pollFlow))
}

// machine makes an endpoint whose answers are JSON, its errors too.
func (s *Site) machine(h func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := h(w, r); err != nil {
			s.refuse(w, r, err)
		}
	}
}

// fields reads a body of either form: kSync sends multipart/form-data,
// RFC 6749 asks for the other. No body is no fields.
func fields(r *http.Request) error {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		if err := r.ParseMultipartForm(maxForm); err != nil {
			return errForm
		}
		return nil
	}
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client went away: nobody to tell
	return nil
}

// oauthAnswer is an error of RFC 6749 §5.2.
type oauthAnswer struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// apiAnswer is an error of kSync's other calls.
type apiAnswer struct {
	Result string   `json:"result"`
	Error  apiError `json:"error"`
}

type apiError struct {
	Code        string `json:"code"`
	Description string `json:"description"`
}

// refuse writes an error as JSON. RFC 6749 §5.2 for what OAuth knows.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, answer := s.answerTo(r, err)
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750 §3
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "30")
	}
	(&visit{w: w}).retryAfter(err)
	_ = writeJSON(w, status, answer) // our own types: never fails
}

func (s *Site) answerTo(r *http.Request, err error) (int, any) {
	if o, ok := errors.AsType[*account.OAuthError](err); ok {
		return http.StatusBadRequest, oauthAnswer{o.Code, o.Description}
	}
	if _, ok := errors.AsType[*account.Throttled](err); ok {
		return http.StatusTooManyRequests, apiProblem("too_many_requests", "Too many tries. Wait, then try again.")
	}
	switch {
	case errors.Is(err, errForm):
		if r.URL.Path == "/token" {
			return http.StatusBadRequest, oauthAnswer{"invalid_request", "the body cannot be read"}
		}
		return http.StatusBadRequest, apiProblem("bad_request", "The body cannot be read.")
	case errors.Is(err, account.ErrDenied):
		return http.StatusUnauthorized, apiProblem("not_authorized", "The access token is unknown, used or expired.")
	case errors.Is(err, account.ErrText):
		return http.StatusUnprocessableEntity, apiProblem("validation_failed", "The name is empty, too long, or cannot be printed.")
	case errors.Is(err, store.ErrLimit):
		return http.StatusForbidden, apiProblem("too_many_app_passwords", "The account has too many app passwords. Revoke some on its page, then try again.")
	case errors.Is(err, account.ErrPending), errors.Is(err, account.ErrLink):
		return http.StatusNotFound, []string{} // as clients of Login Flow v2 expect it
	}
	if r.Context().Err() == nil { // else the app went away
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "app sign-in", slog.String("req", s.RequestID(r.Context())), slog.Any("err", err))
	}
	return http.StatusServiceUnavailable, apiProblem("unavailable", "The server could not answer. Try again.")
}

func apiProblem(code, description string) apiAnswer {
	return apiAnswer{Result: "error", Error: apiError{code, description}}
}
