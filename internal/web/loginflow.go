package web

import (
	"net/http"
	"net/url"

	"ksync/internal/account"
)

// beginFlow is POST /index.php/login/v2. The app may send no body and no type.
func (s *Site) beginFlow(w http.ResponseWriter, r *http.Request) error {
	flow, err := s.accounts.BeginFlow(r.Context(), account.VisitOf(r))
	if err != nil {
		return err
	}
	type poll struct {
		Token    string `json:"token"`
		Endpoint string `json:"endpoint"`
	}
	base := s.base(r)
	return writeJSON(w, http.StatusOK, struct {
		Poll  poll   `json:"poll"`
		Login string `json:"login"`
	}{
		poll{flow.Poll.Reveal(), base.JoinPath("/login/v2/poll").String()},
		base.JoinPath(account.PathFlow, flow.Login.Reveal()).String(),
	})
}

// pollFlow is POST /login/v2/poll: 404 until the person agreed, then the
// password, exactly once.
func (s *Site) pollFlow(w http.ResponseWriter, r *http.Request) error {
	if err := fields(r); err != nil {
		return err
	}
	result, err := s.accounts.PollFlow(r.Context(), account.VisitOf(r), account.Secret(r.FormValue("token")))
	if err != nil {
		return err
	}
	base := s.base(r)
	base.Path = "" // clients put their own path behind it
	return writeJSON(w, http.StatusOK, struct {
		Server      string `json:"server"`
		LoginName   string `json:"loginName"`
		AppPassword string `json:"appPassword"`
	}{base.String(), result.Login, result.AppPassword.Reveal()})
}

// base is where the app reached us. Without a public address it is what the
// app itself asked for: the answer goes to it and nobody else.
func (s *Site) base(r *http.Request) url.URL {
	if address := s.Address(r); address != nil {
		return *address
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return url.URL{Scheme: scheme, Host: r.Host, Path: "/"}
}
