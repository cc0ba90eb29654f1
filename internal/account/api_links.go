package account

import (
	"context"
	"time"

	"ksync/store"
)

// Link is a secret as part of an address people open.
type Link struct {
	Token   Secret
	URL     Secret // "" without a public URL
	Expires time.Time
}

// NewAccount is what a person says who comes by a link.
type NewAccount struct {
	Login    string
	Email    string
	Name     string
	Locale   string
	TimeZone string
	Password Secret
}

// SetUpLink makes the link for the first account, in place of an earlier one.
// [store.ErrExists] when an account can sign in already.
func (s *Service) SetUpLink(ctx context.Context) (Link, error) { return Link{}, errUnfinished }

// CheckSetUp tells whether a set-up link is good: nil or [ErrLink].
func (s *Service) CheckSetUp(ctx context.Context, token Secret) error { return errUnfinished }

// SetUp makes the first account and signs it in. When the server made one at
// its start, that one gets the login and password. [ErrLink], [ErrLogin],
// [*WeakPassword], [store.ErrExists].
func (s *Service) SetUp(ctx context.Context, v Visit, token Secret, n NewAccount) (Opened, error) {
	return Opened{}, errUnfinished
}

// Invitation is a place for one more account.
type Invitation struct {
	ID      int64
	Email   string // "" when it is for whoever has the link
	Name    string
	By      string // login of who invited; "" from the command line
	Quota   int64
	Created int64
	Expires int64
}

// Invite makes an invitation and, when it has an address, mails it. The link
// is returned this once.
func (s *Service) Invite(ctx context.Context, i Invitation) (Invitation, Link, error) {
	return Invitation{}, Link{}, errUnfinished
}

// Invitations lists those that are open, the newest first.
func (s *Service) Invitations(ctx context.Context) ([]Invitation, error) { return nil, errUnfinished }

// RevokeInvitation ends one. [store.ErrNotFound].
func (s *Service) RevokeInvitation(ctx context.Context, id int64) error { return errUnfinished }

// Invitation returns what a token invites to, or [ErrLink].
func (s *Service) Invitation(ctx context.Context, token Secret) (Invitation, error) {
	return Invitation{}, errUnfinished
}

// AcceptInvitation makes the account and signs it in. A mistake in n, like a
// taken login, leaves the invitation good.
func (s *Service) AcceptInvitation(ctx context.Context, v Visit, token Secret, n NewAccount) (Opened, error) {
	return Opened{}, errUnfinished
}

// RequestReset mails a link to whoever has that login or address. It says
// nothing about whether there is such an account. [*Throttled].
func (s *Service) RequestReset(ctx context.Context, v Visit, login string) error {
	return errUnfinished
}

// ResetLink makes such a link without mail, for the command line.
func (s *Service) ResetLink(ctx context.Context, account int64) (Link, error) {
	return Link{}, errUnfinished
}

// CheckReset returns the account of a reset link, or [ErrLink].
func (s *Service) CheckReset(ctx context.Context, token Secret) (store.Account, error) {
	return store.Account{}, errUnfinished
}

// Reset sets a new password by a link. An account with a second factor gets
// the password only when the sign-in that this returns is finished with it.
// All sessions end. [ErrLink], [*WeakPassword].
func (s *Service) Reset(ctx context.Context, v Visit, token Secret, c PasswordChange) (Progress, error) {
	return Progress{}, errUnfinished
}

// RequestEmail asks for another address: the new one gets a link, the old one
// a notice. Without mail it changes at once; changed tells. [ErrStepUp],
// [ErrText], [store.ErrExists].
func (s *Service) RequestEmail(ctx context.Context, v Visit, p Person, address string) (changed bool, err error) {
	return false, errUnfinished
}

// ConfirmEmail changes the address by the link. The old one signs in for
// 30 days more. [ErrLink], [store.ErrExists].
func (s *Service) ConfirmEmail(ctx context.Context, v Visit, token Secret) (store.Account, error) {
	return store.Account{}, errUnfinished
}

// Profile is what a person may change without a step-up.
type Profile struct{ Name, Locale, TimeZone string }

// SetProfile changes it.
func (s *Service) SetProfile(ctx context.Context, p Person, profile Profile) error {
	return errUnfinished
}

// RequestDeletion closes the account for devices at once and deletes it after
// the grace period, whose end it returns. [ErrStepUp].
func (s *Service) RequestDeletion(ctx context.Context, v Visit, p Person) (time.Time, error) {
	return time.Time{}, errUnfinished
}

// CancelDeletion takes it back.
func (s *Service) CancelDeletion(ctx context.Context, v Visit, p Person) error { return errUnfinished }

// BeginExport notes that all the account holds is handed out. [ErrStepUp].
func (s *Service) BeginExport(ctx context.Context, v Visit, p Person) error { return errUnfinished }

// NewAppPassword is what a person wants for a device.
type NewAppPassword struct {
	Name     string
	Scope    store.Scope
	Expires  time.Time // zero: never
	Replaces int64     // "set up again": that one ends at the first use of the new one, or after 24 hours
}

// CreateAppPassword makes one; the secret is returned this once. [ErrStepUp],
// [ErrText], [store.ErrLimit], [store.ErrNotFound] for what it replaces.
func (s *Service) CreateAppPassword(ctx context.Context, v Visit, p Person, n NewAppPassword) (Secret, store.AppPassword, error) {
	return "", store.AppPassword{}, errUnfinished
}

// AppPasswords lists them, revoked and expired ones too, the newest first.
func (s *Service) AppPasswords(ctx context.Context, p Person) ([]store.AppPassword, error) {
	return nil, errUnfinished
}

// RevokeAppPassword ends one with its next request. [store.ErrNotFound].
func (s *Service) RevokeAppPassword(ctx context.Context, v Visit, p Person, id int64) error {
	return errUnfinished
}

// RevokeAppPasswords ends all.
func (s *Service) RevokeAppPasswords(ctx context.Context, v Visit, p Person) error {
	return errUnfinished
}

// OAuthClient is an app that may ask for an app password by OAuth.
type OAuthClient struct {
	ID           string
	Name         string
	RedirectURIs []string // compared exactly
}

// KSync is kSync as its sources have it.
func KSync() OAuthClient {
	return OAuthClient{
		ID: "CE011334-F75A-4263-9F9F-45FC5A142F59", Name: "kSync",
		RedirectURIs: []string{"com.infomaniak.sync://oauth2redirect"},
	}
}

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

// CheckAuthorization returns the client, or an [*OAuthError].
func (s *Service) CheckAuthorization(a Authorization) (OAuthClient, error) {
	return OAuthClient{}, errUnfinished
}

// Grant makes a grant from a session, as a sign-in with [IntentGrant] does
// without one. [ErrStepUp].
func (s *Service) Grant(ctx context.Context, p Person) (Secret, error) { return "", errUnfinished }

// GrantAccount returns whose grant it is, for the page that asks for consent.
func (s *Service) GrantAccount(ctx context.Context, grant Secret) (store.Account, error) {
	return store.Account{}, errUnfinished
}

// Authorize spends a grant on a code and returns where to send the browser.
// [ErrLink], [*OAuthError].
func (s *Service) Authorize(ctx context.Context, v Visit, grant Secret, a Authorization) (redirect string, err error) {
	return "", errUnfinished
}

// Deny returns where to send a browser whose person said no.
func (s *Service) Deny(a Authorization) (redirect string, err error) { return "", errUnfinished }

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

// Exchange spends a code. [*OAuthError].
func (s *Service) Exchange(ctx context.Context, v Visit, r TokenRequest) (AccessToken, error) {
	return AccessToken{}, errUnfinished
}

// Bearer returns whose access token it is, or [ErrDenied].
func (s *Service) Bearer(ctx context.Context, token Secret) (store.Account, error) {
	return store.Account{}, errUnfinished
}

// BearerAppPassword makes the one app password of an access token. [ErrDenied].
func (s *Service) BearerAppPassword(ctx context.Context, v Visit, token Secret, name string) (Secret, store.AppPassword, error) {
	return "", store.AppPassword{}, errUnfinished
}

// RevokeToken ends an access token; one that is unknown is no error. RFC 7009 §2.2.
func (s *Service) RevokeToken(ctx context.Context, token Secret) error { return errUnfinished }

// Flow is a begun Login Flow v2.
type Flow struct {
	Poll  Secret // for the app
	Login Secret // for the browser
}

// FlowRequest is what a person is asked to grant.
type FlowRequest struct {
	Agent, Place string // of the app
	Created      int64
}

// FlowResult is what the app gets.
type FlowResult struct {
	Login       string
	AppPassword Secret
}

// BeginFlow begins one for the app that v describes. It lives 20 minutes.
func (s *Service) BeginFlow(ctx context.Context, v Visit) (Flow, error) { return Flow{}, errUnfinished }

// FlowRequest returns what the browser's token asks for, or [ErrLink].
func (s *Service) FlowRequest(ctx context.Context, login Secret) (FlowRequest, error) {
	return FlowRequest{}, errUnfinished
}

// ApproveFlow spends a grant and the browser's token. [ErrLink].
func (s *Service) ApproveFlow(ctx context.Context, v Visit, grant, login Secret) error {
	return errUnfinished
}

// PollFlow hands the app its password, once. [ErrPending], [ErrLink].
func (s *Service) PollFlow(ctx context.Context, v Visit, poll Secret) (FlowResult, error) {
	return FlowResult{}, errUnfinished
}

// Activity lists what happened to the person's account, the latest first.
// query.Account is theirs whatever it says.
func (s *Service) Activity(ctx context.Context, p Person, query store.ActivityQuery) ([]store.Activity, error) {
	return nil, errUnfinished
}

// NotMe is for an activity that was somebody else: all other sessions end, all
// app passwords are revoked, and the account needs a new password.
// [store.ErrNotFound] for an unknown activity.
func (s *Service) NotMe(ctx context.Context, v Visit, p Person, activity int64) error {
	return errUnfinished
}

// Notice is a letter to be sent.
type Notice struct {
	ID        int64
	Account   int64 // 0: of nobody yet
	Kind      NoticeKind
	Address   string
	Locale    string // "": not known
	Reference string // also stands in recent activity; "" when nothing does
	Attempts  int    // before this one
	Created   time.Time
	Data      NoticeData
}

// ClaimNotices takes up to n letters that are due. Whoever takes them has ten
// minutes to report; then they are due again.
func (s *Service) ClaimNotices(ctx context.Context, n int) ([]Notice, error) {
	return nil, errUnfinished
}

// NoticeSent reports a letter as sent, or not to be sent any more.
func (s *Service) NoticeSent(ctx context.Context, n Notice) error { return errUnfinished }

// NoticeFailed reports that it could not be sent. It is tried again later and
// later, for two days.
func (s *Service) NoticeFailed(ctx context.Context, n Notice) error { return errUnfinished }

// Maintain removes what is past its time and deletes accounts whose grace
// period is over. Call it every few minutes to hours.
func (s *Service) Maintain(ctx context.Context) error { return errUnfinished }
