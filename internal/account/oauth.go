package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"ksync/store"
)

// OAuthClient is an app that may ask for an app password by OAuth.
type OAuthClient struct {
	ID           string
	Name         string
	RedirectURIs []string // compared exactly
}

// KSync is kSync as its sources have it (clients.md 1.1).
func KSync() OAuthClient {
	return OAuthClient{
		ID: "CE011334-F75A-4263-9F9F-45FC5A142F59", Name: "kSync",
		RedirectURIs: []string{"com.infomaniak.sync://oauth2redirect"},
	}
}

// Scope is what an access token is good for, as POST /token names it.
const Scope = "profile app_password:create"

// Authorization is the query of GET /authorize. RFC 6749 §4.1.1, RFC 7636 §4.3.
type Authorization struct {
	ResponseType, ClientID, RedirectURI string
	CodeChallenge, CodeChallengeMethod  string
	State                               string
}

// OAuthError is an answer of RFC 6749 §4.1.2.1 or §5.2.
type OAuthError struct {
	Code        string // like "invalid_grant"
	Description string
	Redirect    string // where to tell the client; "": tell the person, the client cannot be trusted
}

func (e *OAuthError) Error() string { return "oauth: " + e.Code + ": " + e.Description }

func oauthError(code, description string) *OAuthError {
	return &OAuthError{Code: code, Description: description}
}

// challengeChars is base64url of SHA-256 without padding.
const challengeChars = 43

const maxState = 512

// CheckAuthorization returns the client, or an [*OAuthError].
// RFC 6749 §4.1.2.1: nothing goes to an address that is not the client's own.
func (s *Service) CheckAuthorization(a Authorization) (OAuthClient, error) {
	i := slices.IndexFunc(s.o.OAuth, func(c OAuthClient) bool { return c.ID == a.ClientID })
	if i < 0 {
		return OAuthClient{}, oauthError("invalid_client", "unknown client_id")
	}
	client := s.o.OAuth[i]
	if !slices.Contains(client.RedirectURIs, a.RedirectURI) {
		return OAuthClient{}, oauthError("invalid_request", "redirect_uri is not one of the client's")
	}
	problem := ""
	code := "invalid_request"
	switch {
	case a.ResponseType != "code":
		code, problem = "unsupported_response_type", "response_type must be code"
	case a.CodeChallengeMethod != "S256":
		// RFC 7636 §4.4.1. kSync sends no state, so the challenge is its only defence.
		problem = "code_challenge_method must be S256"
	case len(a.CodeChallenge) != challengeChars || !base64URL(a.CodeChallenge):
		problem = "code_challenge must be 43 characters of base64url"
	case len(a.State) > maxState:
		problem = "state is too long"
	default:
		return client, nil
	}
	e := oauthError(code, problem)
	if len(a.State) <= maxState {
		e.Redirect = redirect(a, url.Values{"error": {code}, "error_description": {problem}})
	}
	return OAuthClient{}, e
}

func base64URL(s string) bool {
	_, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil
}

func redirect(a Authorization, query url.Values) string {
	if a.State != "" {
		query.Set("state", a.State)
	}
	sep := "?"
	if strings.Contains(a.RedirectURI, "?") {
		sep = "&"
	}
	return a.RedirectURI + sep + query.Encode()
}

// Deny returns where to send a browser whose person said no.
func (s *Service) Deny(a Authorization) (string, error) {
	if _, err := s.CheckAuthorization(a); err != nil {
		return "", err
	}
	return redirect(a, url.Values{"error": {"access_denied"}}), nil
}

// Grant makes a grant from a session, as a sign-in with [IntentGrant] does
// without one. [ErrStepUp].
func (s *Service) Grant(ctx context.Context, p Person) (grant Secret, err error) {
	err = s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		grant, err = s.newTicket(ctx, tx, grantTicket, p.Account.ID, nil)
		return err
	})
	return grant, err
}

// granter spends a grant and returns whose it was. [ErrLink], [ErrNewPassword].
func granter(ctx context.Context, tx *store.Tx, grant Secret) (store.Account, error) {
	t, err := take(ctx, tx, grantTicket, grant, nil)
	if err != nil {
		return store.Account{}, err
	}
	return Usable(ctx, tx, t.Account)
}

// Usable returns an account that may get an app password. [ErrLink] when it
// may not, [ErrNewPassword].
func Usable(ctx context.Context, tx *store.Tx, account int64) (store.Account, error) {
	owner, err := tx.Account(ctx, account)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (owner.Disabled || owner.DeleteAfter != 0):
		return store.Account{}, ErrLink
	case err == nil && owner.NewPassword:
		return store.Account{}, ErrNewPassword
	}
	return owner, err
}

// oauthData is what a code and an access token remember.
type oauthData struct {
	Client    string `json:"client"`
	Redirect  string `json:"redirect,omitempty"`
	Challenge string `json:"challenge,omitempty"`
}

// Authorize spends a grant on a code and returns where to send the browser.
// [ErrLink], [ErrNewPassword], [*OAuthError].
func (s *Service) Authorize(ctx context.Context, grant Secret, a Authorization) (target string, err error) {
	if _, err := s.CheckAuthorization(a); err != nil {
		return "", err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		owner, err := granter(ctx, tx, grant)
		if err != nil {
			return err
		}
		code, err := s.newTicket(ctx, tx, codeTicket, owner.ID, oauthData{a.ClientID, a.RedirectURI, a.CodeChallenge})
		target = redirect(a, url.Values{"code": {code.Reveal()}})
		return err
	})
	return target, err
}

// TokenRequest is the form of POST /token. RFC 6749 §4.1.3, RFC 7636 §4.5.
type TokenRequest struct {
	GrantType, ClientID, RedirectURI string
	Code, CodeVerifier               Secret
}

// AccessToken opens the profile and makes one app password, for ten minutes.
type AccessToken struct {
	Token     Secret
	ExpiresIn time.Duration
	Account   store.Account
}

// Exchange spends a code. [*OAuthError]. A code that comes with anything wrong
// is spent, too. Used again it is refused, but what it was exchanged for stays
// good, against RFC 6749 §4.1.2: kSync asks twice when the phone is turned
// (clients.md 1.5).
func (s *Service) Exchange(ctx context.Context, r TokenRequest) (AccessToken, error) {
	if r.GrantType != "authorization_code" { // "password" would go around the second factor
		return AccessToken{}, oauthError("unsupported_grant_type", "grant_type must be authorization_code")
	}
	var data oauthData
	t, err := s.takeAlone(ctx, codeTicket, r.Code, &data)
	if errors.Is(err, ErrLink) {
		return AccessToken{}, oauthError("invalid_grant", "the code is unknown, used or expired")
	}
	if err != nil {
		return AccessToken{}, err
	}
	if data.Client != r.ClientID || data.Redirect != r.RedirectURI || !verifies(r.CodeVerifier, data.Challenge) {
		return AccessToken{}, oauthError("invalid_grant", "client_id, redirect_uri or code_verifier do not belong to the code")
	}
	return s.accessToken(ctx, t.Account, data.Client)
}

// verifies compares a verifier with its challenge. RFC 7636 §4.1, §4.6.
func verifies(verifier Secret, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier.Reveal()))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// accessToken makes a token of two tickets: one that opens, and one that is
// spent by making the app password.
func (s *Service) accessToken(ctx context.Context, account int64, client string) (a AccessToken, err error) {
	a = AccessToken{ExpiresIn: accessTicket.life}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		a.Account, err = Usable(ctx, tx, account)
		if errors.Is(err, ErrLink) || errors.Is(err, ErrNewPassword) {
			return oauthError("invalid_grant", "the account cannot be used")
		}
		if err != nil {
			return err // a fault is no denial: kSync would tell its person to start over
		}
		a.Token, err = s.newTicket(ctx, tx, accessTicket, account, oauthData{Client: client})
		if err != nil {
			return err
		}
		_, err = s.putTicket(ctx, tx, mayIssueTicket, store.Ticket{Account: account, Hash: tokenHash(mayIssueTicket.name, a.Token)}, nil)
		return err
	})
	return a, err
}

// Bearer returns whose access token it is, or [ErrDenied].
func (s *Service) Bearer(ctx context.Context, token Secret) (owner store.Account, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		t, err := look(ctx, tx, accessTicket, token, nil)
		if err == nil {
			owner, err = Usable(ctx, tx, t.Account)
		}
		return denied(err)
	})
	return owner, err
}

// denied turns what is wrong with a token into the one answer.
func denied(err error) error {
	if errors.Is(err, ErrLink) || errors.Is(err, ErrNewPassword) {
		return ErrDenied
	}
	return err
}

// BearerAppPassword makes the one app password of an access token. [ErrDenied],
// [store.ErrLimit].
func (s *Service) BearerAppPassword(ctx context.Context, v Visit, token Secret, name string) (secret Secret, made store.AppPassword, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := look(ctx, tx, accessTicket, token, nil); err != nil {
			return denied(err)
		}
		t, err := take(ctx, tx, mayIssueTicket, token, nil)
		if err != nil {
			return denied(err)
		}
		owner, err := Usable(ctx, tx, t.Account)
		if err != nil {
			return denied(err)
		}
		secret, made, err = s.issue(ctx, tx, v, Person{Account: owner},
			store.AppPassword{Account: owner.ID, Name: shortened(name, "kSync"), Scope: store.FullScope})
		return err
	})
	if err != nil {
		return "", store.AppPassword{}, err
	}
	return secret, made, nil
}

// RevokeToken ends an access token; one that is unknown is no error. RFC 7009 §2.2.
func (s *Service) RevokeToken(ctx context.Context, token Secret) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		_, err1 := take(ctx, tx, accessTicket, token, nil)
		_, err2 := take(ctx, tx, mayIssueTicket, token, nil)
		for _, err := range []error{err1, err2} {
			if err != nil && !errors.Is(err, ErrLink) {
				return err
			}
		}
		return nil
	})
}
