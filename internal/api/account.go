package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"ksync/internal/account"
)

// Account is the person's own account.
type Account struct {
	ID          int64      `json:"id"`
	Login       string     `json:"login"`
	Email       string     `json:"email,omitempty"`
	Name        string     `json:"name,omitempty"`
	Locale      string     `json:"locale,omitempty" doc:"Language of pages and letters, like de or de-CH."`
	TimeZone    string     `json:"time_zone,omitempty" doc:"IANA name, like Europe/Zurich."`
	Quota       int64      `json:"quota,omitempty" doc:"Bytes that may be stored; none without it."`
	Created     *time.Time `json:"created"`
	PasswordSet *time.Time `json:"password_set,omitempty" doc:"When the password was last changed."`
	NewPassword bool       `json:"new_password_required" doc:"Nothing else works before a new password is chosen."`
	DeleteAfter *time.Time `json:"delete_after,omitempty" doc:"When the account will be deleted, if that was asked for."`
	Admin       bool       `json:"admin" doc:"Whether the person may invite others."`
	Fresh       bool       `json:"fresh" doc:"Whether the person proved lately who they are."`
}

type accountOutput struct{ Body Account }

// accountChange has what is to be changed; what is missing stays.
type accountChange struct {
	Body struct {
		Name     *string `json:"name,omitempty" maxLength:"200"`
		Locale   *string `json:"locale,omitempty" maxLength:"35"`
		TimeZone *string `json:"time_zone,omitempty" maxLength:"64"`
	}
}

type passwordInput struct {
	Body struct {
		Password           string `json:"password" doc:"The new one."`
		KeepOtherSessions  bool   `json:"keep_other_sessions,omitempty" doc:"Others stay signed in; they are signed out by default."`
		RevokeAppPasswords bool   `json:"revoke_app_passwords,omitempty" doc:"Devices need new app passwords."`
	}
}

type emailInput struct {
	Body struct {
		Address string `json:"address" maxLength:"254"`
	}
}

type emailOutput struct {
	Body struct {
		Changed bool `json:"changed" doc:"False: a link was mailed to the new address, which confirms it."`
	}
}

type proofInput struct {
	Body struct {
		Password string `json:"password"`
		Code     string `json:"code,omitempty" doc:"Of the authenticator app, or a backup code; needed with a second factor."`
	}
}

// Challenge is what a browser hands to a passkey.
type Challenge struct {
	Ticket  string          `json:"ticket" doc:"Comes back with the answer."`
	Options json.RawMessage `json:"options" doc:"For navigator.credentials.get, or create."`
}

type challengeOutput struct{ Body Challenge }

type passkeyProofInput struct {
	Body struct {
		Ticket   string         `json:"ticket"`
		Response map[string]any `json:"response" doc:"The PublicKeyCredential as JSON."`
	}
}

func (s *server) accountOperations() {
	const tag = "Account"
	add(s, operation{method: http.MethodGet, path: "/account", id: "get-account", summary: "Show the account", tag: tag, needs: limited}, s.getAccount)
	add(s, operation{method: http.MethodPatch, path: "/account", id: "update-account", summary: "Change name, language or time zone", tag: tag}, s.updateAccount)
	add(s, operation{method: http.MethodPut, path: "/account/password", id: "set-password", summary: "Choose a new password", tag: tag,
		text: "Ends all other sessions, unless told otherwise.", needs: fresh | limited, status: http.StatusNoContent}, s.setPassword)
	add(s, operation{method: http.MethodPut, path: "/account/email", id: "set-email", summary: "Ask for another e-mail address", tag: tag, needs: fresh}, s.setEmail)
	add(s, operation{method: http.MethodPost, path: "/step-up", id: "step-up", summary: "Prove once more who you are", tag: tag,
		text:  "With the password and, where there is one, a second factor. The session gets a new token: keep the cookie of the answer.",
		needs: limited, status: http.StatusNoContent}, s.stepUp)
	add(s, operation{method: http.MethodPost, path: "/step-up/passkey", id: "begin-passkey-step-up", summary: "The same with a passkey: the challenge", tag: tag, needs: limited}, s.beginPasskeyStepUp)
	add(s, operation{method: http.MethodPost, path: "/step-up/passkey/answer", id: "finish-passkey-step-up", summary: "The same with a passkey: the answer", tag: tag,
		needs: limited, status: http.StatusNoContent}, s.finishPasskeyStepUp)
}

func (s *server) getAccount(_ context.Context, c *call, _ *nothing) (*accountOutput, error) {
	a := c.Account
	return &accountOutput{Account{
		ID: a.ID, Login: a.Login, Email: a.Email, Name: a.Name, Locale: a.Locale, TimeZone: a.TimeZone, Quota: a.Quota,
		Created: when(a.Created), PasswordSet: when(a.PasswordSet), NewPassword: a.NewPassword, DeleteAfter: when(a.DeleteAfter),
		Admin: a.Admin, Fresh: s.Accounts.Fresh(c.Person),
	}}, nil
}

func (s *server) updateAccount(ctx context.Context, c *call, in *accountChange) (*accountOutput, error) {
	profile := account.Profile{Name: c.Account.Name, Locale: c.Account.Locale, TimeZone: c.Account.TimeZone}
	for to, from := range map[*string]*string{&profile.Name: in.Body.Name, &profile.Locale: in.Body.Locale, &profile.TimeZone: in.Body.TimeZone} {
		if from != nil {
			*to = *from
		}
	}
	if err := s.Accounts.SetProfile(ctx, c.Person, profile); err != nil {
		return nil, err
	}
	person, err := s.Accounts.Session(ctx, c.from, s.Token(c.r))
	if err != nil {
		return nil, err
	}
	c.Person = person
	return s.getAccount(ctx, c, nil)
}

func (s *server) setPassword(ctx context.Context, c *call, in *passwordInput) (*nothing, error) {
	return nil, s.Accounts.SetPassword(ctx, c.from, c.Person, account.PasswordChange{
		New: account.Secret(in.Body.Password), KeepOtherSessions: in.Body.KeepOtherSessions, RevokeAppPasswords: in.Body.RevokeAppPasswords,
	})
}

func (s *server) setEmail(ctx context.Context, c *call, in *emailInput) (*emailOutput, error) {
	out := &emailOutput{}
	var err error
	out.Body.Changed, err = s.Accounts.RequestEmail(ctx, c.from, c.Person, in.Body.Address)
	return out, err
}

func (s *server) stepUp(ctx context.Context, c *call, in *proofInput) (*nothing, error) {
	opened, err := s.Accounts.StepUp(ctx, c.from, c.Person, account.Proof{Password: account.Secret(in.Body.Password), Code: account.Secret(in.Body.Code)})
	return s.steppedUp(c, opened, err)
}

func (s *server) beginPasskeyStepUp(ctx context.Context, c *call, _ *nothing) (*challengeOutput, error) {
	challenge, err := s.Accounts.BeginPasskeyStepUp(ctx, c.Person)
	return viewChallenge(challenge), err
}

func viewChallenge(c account.Challenge) *challengeOutput {
	return &challengeOutput{Challenge{Ticket: c.Ticket.Reveal(), Options: c.Options}}
}

func (s *server) finishPasskeyStepUp(ctx context.Context, c *call, in *passkeyProofInput) (*nothing, error) {
	response, err := json.Marshal(in.Body.Response)
	if err != nil {
		return nil, account.ErrPasskey
	}
	opened, err := s.Accounts.FinishPasskeyStepUp(ctx, c.from, c.Person, account.Secret(in.Body.Ticket), response)
	return s.steppedUp(c, opened, err)
}

// errProof: what was shown in a step-up does not prove anything. Elsewhere the
// same denial means that the session has ended.
var errProof = errors.New("proof refused")

func (s *server) steppedUp(c *call, opened account.Opened, err error) (*nothing, error) {
	if errors.Is(err, account.ErrDenied) {
		return nil, errProof
	}
	if err != nil {
		return nil, err
	}
	s.Keep(c.w, c.r, opened)
	return nil, nil
}
