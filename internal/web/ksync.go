package web

import (
	"net/http"
	"strings"

	"ksync/internal/account"
)

// exchange is POST /token. RFC 6749 §4.1.3; clients.md 1.5: kSync needs
// user_id as a number.
func (s *Site) exchange(w http.ResponseWriter, r *http.Request) error {
	if err := fields(r); err != nil {
		return err
	}
	token, err := s.accounts.Exchange(r.Context(), account.TokenRequest{
		GrantType: r.PostFormValue("grant_type"), ClientID: r.PostFormValue("client_id"), RedirectURI: r.PostFormValue("redirect_uri"),
		Code: account.Secret(r.PostFormValue("code")), CodeVerifier: account.Secret(r.PostFormValue("code_verifier")),
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
		UserID      int64  `json:"user_id"`
		Scope       string `json:"scope"`
	}{token.Token.Reveal(), "Bearer", int(token.ExpiresIn.Seconds()), token.Account.ID, "app_password:create"})
}

// revokeToken is DELETE /token.
func (s *Site) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := s.accounts.RevokeToken(r.Context(), bearer(r)); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, success{Result: "success"})
}

type success struct {
	Result string `json:"result"`
	Data   any    `json:"data,omitempty"`
}

// profile is GET /1/profile: kSync takes the login from it.
func (s *Site) profile(w http.ResponseWriter, r *http.Request) error {
	a, err := s.accounts.Bearer(r.Context(), bearer(r))
	if err != nil {
		return err
	}
	first, last := splitName(a.Name)
	return writeJSON(w, http.StatusOK, success{"success", struct {
		ID          int64  `json:"id"`
		UserID      int64  `json:"user_id"`
		Login       string `json:"login"`
		Email       string `json:"email"`
		FirstName   string `json:"firstname"`
		LastName    string `json:"lastname"`
		DisplayName string `json:"display_name"`
	}{a.ID, a.ID, a.Login, a.Email, first, last, a.Name}})
}

// splitName guesses, as the answer wants two names; nobody is addressed by them.
func splitName(name string) (first, last string) {
	i := strings.LastIndexByte(name, ' ')
	if i < 0 {
		return name, ""
	}
	return name[:i], name[i+1:]
}

// profilePassword is POST /1/profile/password: the app's own password.
func (s *Site) profilePassword(w http.ResponseWriter, r *http.Request) error {
	if err := fields(r); err != nil {
		return err
	}
	secret, made, err := s.accounts.BearerAppPassword(r.Context(), account.VisitOf(r), bearer(r), r.PostFormValue("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, success{"success", struct {
		ID       int64  `json:"id"`
		Name     string `json:"name"`
		Password string `json:"password"`
	}{made.ID, made.Name, secret.Reveal()}})
}

func bearer(r *http.Request) account.Secret {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return account.Secret(strings.TrimSpace(token))
}
