package account

import (
	"context"
	"encoding/json"
	"time"

	"ksync/store"
)

// Intent is what a sign-in is for.
type Intent string

// The intents. A grant is good for one [Service.Authorize] or
// [Service.ApproveFlow] and opens no page: pages without cookies carry it in
// a form.
const (
	IntentSession Intent = ""
	IntentGrant   Intent = "grant"
)

// Attempt is what the first page of a sign-in sends.
type Attempt struct {
	Login    string
	Password Secret
	Intent   Intent
	Stay     bool // "stay signed in": the session lives longer
}

// Progress is where a sign-in stands: one of both is set.
type Progress struct {
	Half *Half   // the second factor is missing
	Done *Opened // signed in
}

// Half is a sign-in that waits for its second factor. Its token opens nothing
// else, and lives ten minutes.
type Half struct {
	Token   Secret
	Intent  Intent
	Factors Factors // what to offer
	Expires time.Time
}

// Opened is a finished sign-in.
type Opened struct {
	Token   Secret        // for the cookie; "" with IntentGrant
	Session store.Session // its Expires and Stay decide the cookie's life
	Grant   Secret        // "" without IntentGrant
	Account store.Account // NewPassword: the next page must be that of the new password
}

// Factors are the second factors of an account.
type Factors struct {
	TOTP             bool
	TOTPSince        int64 // ms
	Passkeys         []store.Passkey
	BackupCodes      store.BackupCodes
	PasskeysPossible bool // the server has a public name
}

// Any reports whether there is a second factor. Backup codes alone are none.
func (f Factors) Any() bool { return f.TOTP || len(f.Passkeys) > 0 }

// SignIn checks login and password. [ErrDenied] for all that is wrong, after
// the same work; [*Throttled] when it comes too soon after wrong ones.
func (s *Service) SignIn(ctx context.Context, v Visit, a Attempt) (Progress, error) {
	return Progress{}, errUnfinished
}

// HalfSignIn returns what a token from [Progress] waits for, or [ErrLink].
func (s *Service) HalfSignIn(ctx context.Context, token Secret) (Half, error) {
	return Half{}, errUnfinished
}

// FinishCode ends half a sign-in with a code of an authenticator app or a
// backup code, which it tells apart. [ErrCode], [ErrLink], [*Throttled].
func (s *Service) FinishCode(ctx context.Context, v Visit, half Secret, code Secret) (Opened, error) {
	return Opened{}, errUnfinished
}

// Challenge is what a browser hands to a passkey.
type Challenge struct {
	Ticket  Secret          // comes back with the answer
	Options json.RawMessage // for navigator.credentials: {"publicKey": …}
}

// BeginPasskey asks for a passkey: as the second factor of half a sign-in, or,
// with half == "", as the only factor, of whoever has one for this server.
func (s *Service) BeginPasskey(ctx context.Context, v Visit, half Secret) (Challenge, error) {
	return Challenge{}, errUnfinished
}

// PasskeyAnswer is what the browser sends back.
type PasskeyAnswer struct {
	Half     Secret // "" for a sign-in with nothing else
	Ticket   Secret
	Response []byte // JSON of the PublicKeyCredential
	Intent   Intent // of a sign-in without Half
	Stay     bool   // of a sign-in without Half
}

// FinishPasskey ends a sign-in with a passkey. [ErrPasskey], [ErrLink].
func (s *Service) FinishPasskey(ctx context.Context, v Visit, a PasskeyAnswer) (Opened, error) {
	return Opened{}, errUnfinished
}

// Person is who a session belongs to, as of one request.
type Person struct {
	Account store.Account // NewPassword: only [Service.SetPassword] and [Service.SignOut] work
	Session store.Session
}

// Session returns whose session a token opens, and notes its use now and
// then. [ErrDenied] when it is unknown, ended, or its account is disabled.
func (s *Service) Session(ctx context.Context, v Visit, token Secret) (Person, error) {
	return Person{}, errUnfinished
}

// Fresh reports whether the person proved who they are in the last ten
// minutes: what changes security asks for it and fails with [ErrStepUp].
func (s *Service) Fresh(p Person) bool { return false }

// Proof is what a person shows in a step-up without a passkey.
type Proof struct {
	Password Secret
	Code     Secret // of an authenticator app, or a backup code; "" when there is no second factor
}

// StepUp proves once more who the person is. The session gets a new token.
// [ErrDenied], [ErrCode], [*Throttled].
func (s *Service) StepUp(ctx context.Context, v Visit, p Person, proof Proof) (Opened, error) {
	return Opened{}, errUnfinished
}

// BeginPasskeyStepUp asks for one of the person's passkeys.
func (s *Service) BeginPasskeyStepUp(ctx context.Context, p Person) (Challenge, error) {
	return Challenge{}, errUnfinished
}

// FinishPasskeyStepUp is [Service.StepUp] with a passkey.
func (s *Service) FinishPasskeyStepUp(ctx context.Context, v Visit, p Person, ticket Secret, response []byte) (Opened, error) {
	return Opened{}, errUnfinished
}

// Sessions lists those that are open, the latest used first.
func (s *Service) Sessions(ctx context.Context, p Person) ([]store.Session, error) {
	return nil, errUnfinished
}

// SignOut ends the person's own session.
func (s *Service) SignOut(ctx context.Context, v Visit, p Person) error { return errUnfinished }

// EndSession ends one session of the person. [store.ErrNotFound].
func (s *Service) EndSession(ctx context.Context, v Visit, p Person, id int64) error {
	return errUnfinished
}

// EndOtherSessions ends all but the person's own.
func (s *Service) EndOtherSessions(ctx context.Context, v Visit, p Person) error {
	return errUnfinished
}

// PasswordChange says what else ends with the old password.
type PasswordChange struct {
	New                Secret
	KeepOtherSessions  bool
	RevokeAppPasswords bool
}

// SetPassword changes the account password. [ErrStepUp], [*WeakPassword].
func (s *Service) SetPassword(ctx context.Context, v Visit, p Person, c PasswordChange) error {
	return errUnfinished
}

// Factors lists the person's second factors.
func (s *Service) Factors(ctx context.Context, p Person) (Factors, error) {
	return Factors{}, errUnfinished
}

// TOTPSetup is a secret to be put into an authenticator app.
type TOTPSetup struct {
	Ticket Secret // comes back with the first code
	Secret Secret // base32, to be typed
	URL    Secret // otpauth://, to be shown as a QR code
}

// BeginTOTP draws a new secret. Nothing changes before [Service.ConfirmTOTP].
// [ErrStepUp].
func (s *Service) BeginTOTP(ctx context.Context, p Person) (TOTPSetup, error) {
	return TOTPSetup{}, errUnfinished
}

// TOTPSetup returns the same once more, for a page that is shown again.
func (s *Service) TOTPSetup(ctx context.Context, p Person, ticket Secret) (TOTPSetup, error) {
	return TOTPSetup{}, errUnfinished
}

// ConfirmTOTP enrols the secret after a right code, in place of one that was
// there. It returns backup codes when the account had none. [ErrCode], [ErrLink].
func (s *Service) ConfirmTOTP(ctx context.Context, v Visit, p Person, ticket Secret, code Secret) ([]Secret, error) {
	return nil, errUnfinished
}

// RemoveTOTP removes the authenticator app; with the last second factor go the
// backup codes.
func (s *Service) RemoveTOTP(ctx context.Context, v Visit, p Person) error { return errUnfinished }

// NewBackupCodes replaces all backup codes by ten new ones, shown this once.
func (s *Service) NewBackupCodes(ctx context.Context, v Visit, p Person) ([]Secret, error) {
	return nil, errUnfinished
}

// BeginPasskeyEnrolment asks the browser for a new passkey.
func (s *Service) BeginPasskeyEnrolment(ctx context.Context, p Person) (Challenge, error) {
	return Challenge{}, errUnfinished
}

// FinishPasskeyEnrolment keeps it under a name. It returns backup codes when
// the account had none.
func (s *Service) FinishPasskeyEnrolment(ctx context.Context, v Visit, p Person, ticket Secret, name string, response []byte) (store.Passkey, []Secret, error) {
	return store.Passkey{}, nil, errUnfinished
}

// RenamePasskey gives it another name.
func (s *Service) RenamePasskey(ctx context.Context, p Person, id int64, name string) error {
	return errUnfinished
}

// RemovePasskey removes it; with the last second factor go the backup codes.
func (s *Service) RemovePasskey(ctx context.Context, v Visit, p Person, id int64) error {
	return errUnfinished
}
