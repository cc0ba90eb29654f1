package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// Factors are what is asked for besides the password.
type Factors struct {
	TOTP             bool        `json:"totp" doc:"Whether there is an authenticator app."`
	TOTPSince        *time.Time  `json:"totp_since,omitempty"`
	Passkeys         []Passkey   `json:"passkeys"`
	PasskeysPossible bool        `json:"passkeys_possible" doc:"Whether this server can take passkeys: it needs a public name."`
	BackupCodes      BackupCodes `json:"backup_codes"`
}

// Passkey is a passkey or security key.
type Passkey struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Created  *time.Time `json:"created"`
	LastUsed *time.Time `json:"last_used,omitempty"`
}

// BackupCodes is what is left of them.
type BackupCodes struct {
	Left    int        `json:"left"`
	Created *time.Time `json:"created,omitempty"`
}

// TOTPSetup is a secret for an authenticator app.
type TOTPSetup struct {
	Ticket string `json:"ticket" doc:"Comes back with the first code."`
	Secret string `json:"secret" doc:"To be typed, in base32."`
	URL    string `json:"url" doc:"The same as an address that apps read from a QR code."`
}

type factorsOutput struct{ Body Factors }

type passkeysOutput struct {
	Body struct {
		Passkeys []Passkey `json:"passkeys"`
	}
}

type totpOutput struct{ Body TOTPSetup }

type totpInput struct {
	Body struct {
		Ticket string `json:"ticket" maxLength:"200"`
		Code   string `json:"code" maxLength:"64" doc:"What the app shows now."`
	}
}

type codesOutput struct {
	Body struct {
		BackupCodes []string `json:"backup_codes" doc:"Each is good once, in place of the second factor. They are shown this once; empty when there were some already."`
	}
}

type passkeyInput struct {
	Body struct {
		Ticket   string         `json:"ticket" maxLength:"200"`
		Name     string         `json:"name" minLength:"1" maxLength:"64" doc:"By which the person recognises it."`
		Response map[string]any `json:"response" doc:"The PublicKeyCredential as JSON."`
	}
}

type newPasskeyOutput struct {
	Body struct {
		Passkey     Passkey  `json:"passkey"`
		BackupCodes []string `json:"backup_codes" doc:"Shown this once; empty when there were some already."`
	}
}

type renameInput struct {
	ByID
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"64"`
	}
}

func (s *server) factorOperations() {
	const tag, totp, passkeys = "Second factors", "/factors/totp", "/factors/passkeys"
	add(s, operation{method: http.MethodGet, path: "/factors", id: "list-factors", summary: "List second factors", tag: tag}, s.factors)
	add(s, operation{method: http.MethodPost, path: totp, id: "begin-totp", summary: "Begin to add an authenticator app", tag: tag,
		text: "Draws a new secret; nothing changes before its first code is confirmed.", needs: fresh, status: http.StatusCreated}, s.beginTOTP)
	add(s, operation{method: http.MethodPost, path: totp + "/confirm", id: "confirm-totp", summary: "Confirm it with its first code", tag: tag,
		text: "Replaces an authenticator app that was there.", needs: fresh}, s.confirmTOTP)
	add(s, operation{method: http.MethodDelete, path: totp, id: "remove-totp", summary: "Remove the authenticator app", tag: tag,
		text: "With the last second factor go the backup codes.", needs: fresh, status: http.StatusNoContent}, s.removeTOTP)
	add(s, operation{method: http.MethodPost, path: "/factors/backup-codes", id: "make-backup-codes", summary: "Make new backup codes", tag: tag,
		text: "Earlier ones end.", needs: fresh, status: http.StatusCreated}, s.makeBackupCodes)
	add(s, operation{method: http.MethodGet, path: passkeys, id: "list-passkeys", summary: "List passkeys", tag: tag}, s.passkeys)
	add(s, operation{method: http.MethodPost, path: passkeys, id: "begin-passkey", summary: "Begin to add a passkey: the challenge", tag: tag, needs: fresh, status: http.StatusCreated}, s.beginPasskey)
	add(s, operation{method: http.MethodPost, path: passkeys + "/answer", id: "finish-passkey", summary: "Add it: the answer", tag: tag, needs: fresh, status: http.StatusCreated}, s.finishPasskey)
	add(s, operation{method: http.MethodPatch, path: passkeys + "/{id}", id: "rename-passkey", summary: "Give a passkey another name", tag: tag, status: http.StatusNoContent}, s.renamePasskey)
	add(s, operation{method: http.MethodDelete, path: passkeys + "/{id}", id: "remove-passkey", summary: "Remove a passkey", tag: tag,
		text: "With the last second factor go the backup codes.", needs: fresh, status: http.StatusNoContent}, s.removePasskey)
}

func (s *server) factors(ctx context.Context, c *call, _ *nothing) (*factorsOutput, error) {
	f, err := s.Accounts.Factors(ctx, c.Person)
	return &factorsOutput{Factors{
		TOTP: f.TOTP, TOTPSince: when(f.TOTPSince), Passkeys: viewPasskeys(f.Passkeys), PasskeysPossible: f.PasskeysPossible,
		BackupCodes: BackupCodes{Left: f.BackupCodes.Left, Created: when(f.BackupCodes.Created)},
	}}, err
}

func viewPasskeys(all []store.Passkey) []Passkey {
	return views(all, viewPasskey)
}

func viewPasskey(k store.Passkey) Passkey {
	return Passkey{ID: k.ID, Name: k.Name, Created: when(k.Created), LastUsed: when(k.LastUsed)}
}

func (s *server) passkeys(ctx context.Context, c *call, _ *nothing) (*passkeysOutput, error) {
	f, err := s.Accounts.Factors(ctx, c.Person)
	out := &passkeysOutput{}
	out.Body.Passkeys = viewPasskeys(f.Passkeys)
	return out, err
}

func (s *server) beginTOTP(ctx context.Context, c *call, _ *nothing) (*totpOutput, error) {
	setup, err := s.Accounts.BeginTOTP(ctx, c.Person)
	return &totpOutput{TOTPSetup{Ticket: setup.Ticket.Reveal(), Secret: setup.Secret.Reveal(), URL: setup.URL.Reveal()}}, err
}

func (s *server) confirmTOTP(ctx context.Context, c *call, in *totpInput) (*codesOutput, error) {
	codes, err := s.Accounts.ConfirmTOTP(ctx, c.from, c.Person, account.Secret(in.Body.Ticket), account.Secret(in.Body.Code))
	return viewCodes(codes), err
}

func (s *server) removeTOTP(ctx context.Context, c *call, _ *nothing) (*nothing, error) {
	return nil, s.Accounts.RemoveTOTP(ctx, c.from, c.Person)
}

func (s *server) makeBackupCodes(ctx context.Context, c *call, _ *nothing) (*codesOutput, error) {
	codes, err := s.Accounts.NewBackupCodes(ctx, c.from, c.Person)
	return viewCodes(codes), err
}

func viewCodes(codes []account.Secret) *codesOutput {
	out := &codesOutput{}
	out.Body.BackupCodes = revealed(codes)
	return out
}

func revealed(codes []account.Secret) []string {
	return views(codes, account.Secret.Reveal)
}

func (s *server) beginPasskey(ctx context.Context, c *call, _ *nothing) (*challengeOutput, error) {
	challenge, err := s.Accounts.BeginPasskeyEnrolment(ctx, c.Person)
	return viewChallenge(challenge), err
}

func (s *server) finishPasskey(ctx context.Context, c *call, in *passkeyInput) (*newPasskeyOutput, error) {
	response, err := json.Marshal(in.Body.Response)
	if err != nil {
		return nil, account.ErrPasskey
	}
	made, codes, err := s.Accounts.FinishPasskeyEnrolment(ctx, c.from, c.Person, account.Secret(in.Body.Ticket), in.Body.Name, response)
	if err != nil {
		return nil, err
	}
	out := &newPasskeyOutput{}
	out.Body.Passkey, out.Body.BackupCodes = viewPasskey(made), revealed(codes)
	return out, nil
}

func (s *server) renamePasskey(ctx context.Context, c *call, in *renameInput) (*nothing, error) {
	return nil, s.Accounts.RenamePasskey(ctx, c.Person, in.ID, in.Body.Name)
}

func (s *server) removePasskey(ctx context.Context, c *call, in *ByID) (*nothing, error) {
	return nil, s.Accounts.RemovePasskey(ctx, c.from, c.Person, in.ID)
}
