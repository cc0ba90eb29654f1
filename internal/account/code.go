package account

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/pquerna/otp/hotp"

	"ksync/store"
)

// RFC 6238: SHA-1, six digits, steps of 30 s, which is what all apps know.
// RFC 4226 §4 R6 recommends 160 bits of secret.
const (
	totpBytes   = 20
	totpStep    = 30
	totpDigits  = 6
	totpPurpose = "totp"
	totpDrift   = 1 // steps, either way. RFC 6238 §5.2
)

// TOTPSetup is a secret to be put into an authenticator app.
type TOTPSetup struct {
	Ticket Secret // comes back with the first code
	Secret Secret // base32, to be typed
	URL    Secret // otpauth://, to be shown as a QR code
}

// totpData is a secret that is not enrolled yet.
type totpData struct {
	Sealed []byte `json:"sealed"`
}

// BeginTOTP draws a new secret. Nothing changes before [Service.ConfirmTOTP].
// [ErrStepUp].
func (s *Service) BeginTOTP(ctx context.Context, p Person) (setup TOTPSetup, err error) {
	raw := make([]byte, totpBytes)
	if _, err := io.ReadFull(s.o.Rand, raw); err != nil {
		return TOTPSetup{}, fmt.Errorf("draw secret: %w", err)
	}
	sealed, err := s.o.Keys.seal(s.o.Rand, totpPurpose, p.Account.ID, raw)
	if err != nil {
		return TOTPSetup{}, err
	}
	err = s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		token, err := s.newTicket(ctx, tx, totpTicket, p.Account.ID, totpData{sealed})
		setup = s.setup(p, token, raw)
		return err
	})
	return setup, err
}

// TOTPSetup returns the same once more, for a page that is shown again.
func (s *Service) TOTPSetup(ctx context.Context, p Person, ticket Secret) (setup TOTPSetup, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		raw, _, err := s.begun(ctx, tx, p, ticket)
		setup = s.setup(p, ticket, raw)
		return err
	})
	return setup, err
}

// begun returns the secret of a begun enrolment, open and sealed.
func (s *Service) begun(ctx context.Context, tx *store.Tx, p Person, ticket Secret) (raw, sealed []byte, err error) {
	var data totpData
	t, err := look(ctx, tx, totpTicket, ticket, &data)
	if err != nil {
		return nil, nil, err
	}
	if t.Account != p.Account.ID {
		return nil, nil, ErrLink
	}
	raw, err = s.o.Keys.open(totpPurpose, p.Account.ID, data.Sealed)
	return raw, data.Sealed, err
}

// setup prints a secret for people and for apps.
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func (s *Service) setup(p Person, ticket Secret, raw []byte) TOTPSetup {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	issuer := "ksyncd"
	if s.o.URL != nil {
		issuer = s.o.URL.Hostname()
	}
	query := url.Values{"secret": {text}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {strconv.Itoa(totpStep)}}
	// Apps read + as itself, not as a blank.
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + p.Account.Login, RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")}
	return TOTPSetup{Ticket: ticket, Secret: Secret(text), URL: Secret(u.String())}
}

// ConfirmTOTP enrols the secret after a right code, in place of one that was
// there. It returns backup codes when the account had none. [ErrCode], [ErrLink],
// [ErrRepeated].
func (s *Service) ConfirmTOTP(ctx context.Context, v Visit, p Person, ticket Secret, code Secret) (codes []Secret, err error) {
	err = s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		if err := s.SentOnce(ctx, tx, v, p); err != nil {
			return err
		}
		raw, sealed, err := s.begun(ctx, tx, p, ticket)
		if err != nil {
			return err
		}
		step, err := s.matchStep(raw, bareCode(code))
		if err != nil {
			return err
		}
		if _, err := take(ctx, tx, totpTicket, ticket, nil); err != nil {
			return err
		}
		if err := tx.SetTOTP(ctx, store.TOTP{Account: p.Account.ID, Secret: sealed, LastStep: step}); err != nil {
			return err
		}
		codes, err = s.added(ctx, tx, v, p, TOTPAdded, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// RemoveTOTP removes the authenticator app; with the last second factor go the
// backup codes.
func (s *Service) RemoveTOTP(ctx context.Context, v Visit, p Person) error {
	return s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		if err := tx.DeleteTOTP(ctx, p.Account.ID); err != nil {
			return err
		}
		return s.removed(ctx, tx, v, p, TOTPRemoved, "")
	})
}

// matchStep returns the step whose code it is. All steps are compared, and
// each in the same time.
func (s *Service) matchStep(secret []byte, code string) (int64, error) {
	if len(code) != totpDigits {
		return 0, ErrCode
	}
	encoded := base32.StdEncoding.EncodeToString(secret)
	now := s.now().Unix() / totpStep
	match := int64(-1)
	for step := now - totpDrift; step <= now+totpDrift; step++ {
		want, err := hotp.GenerateCode(encoded, uint64(step))
		if err != nil {
			return 0, fmt.Errorf("one-time code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			match = step
		}
	}
	if match < 0 {
		return 0, ErrCode
	}
	return match, nil
}

// bareCode drops what people type and paste between digits.
func bareCode(code Secret) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Pd) {
			return -1
		}
		return r
	}, string(code[:min(len(code), maxGiven)]))
}

// readCode tells what a code is and returns how it is spent. Six digits are
// of an authenticator app. [ErrCode], [*Throttled].
func (s *Service) readCode(ctx context.Context, v Visit, account int64, code Secret) (use factorUse, err error) {
	bare, way := bareCode(code), byBackup
	if len(bare) == totpDigits {
		way = byTOTP
		use, err = s.readTOTP(ctx, account, bare)
	} else {
		use, err = s.readBackupCode(v, account, bare)
	}
	if errors.Is(err, ErrCode) {
		s.later.count("note wrong code", func(ctx context.Context) error { return s.noteFailure(ctx, v, account, SecondFactorFailed) })
		s.o.Counted.tell(way, false)
		s.o.Logger.Info("sign-in failed", "from", v.Address, "surface", "code")
	}
	return use, err
}

// readTOTP counts the try, then compares.
func (s *Service) readTOTP(ctx context.Context, account int64, code string) (factorUse, error) {
	var enrolled store.TOTP
	err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		if enrolled, err = tx.TOTP(ctx, account); err != nil {
			return err
		}
		return tx.TryTOTP(ctx, account, s.limits.codes(s.now()))
	})
	switch {
	case errors.Is(err, store.ErrLimit):
		return factorUse{}, &Throttled{RetryAfter: codeWindow}
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrPrecondition):
		return factorUse{}, ErrCode // after too many in a row, also a right one: backup codes and passkeys go on
	case err != nil:
		return factorUse{}, err
	}
	secret, err := s.o.Keys.open(totpPurpose, account, enrolled.Secret)
	if err != nil {
		return factorUse{}, err // closed, not open: nobody gets in without the keys
	}
	step, err := s.matchStep(secret, code)
	if err != nil {
		return factorUse{}, err
	}
	return factorUse{byTOTP, func(ctx context.Context, tx *store.Tx) error {
		err := tx.UseTOTP(ctx, account, step)
		if errors.Is(err, store.ErrPrecondition) {
			return ErrCode // used before
		}
		return err
	}}, nil
}

// A backup code is 24 characters, 120 bits: a keyed hash is enough for what
// nobody can guess (ASVS 6.5.2), and no limit on tries is needed.
const (
	backupCodes  = 10
	backupChars  = 24
	backupDomain = "backup:"
)

// NewBackupCodes replaces all backup codes by ten new ones, shown this once. [ErrRepeated].
func (s *Service) NewBackupCodes(ctx context.Context, v Visit, p Person) (codes []Secret, err error) {
	err = s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		if err := s.SentOnce(ctx, tx, v, p); err != nil {
			return err
		}
		if codes, err = s.replaceBackupCodes(ctx, tx, v, p); err != nil {
			return err
		}
		return s.keepMade(ctx, tx, v, p, Made{Secrets: codes})
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func (s *Service) replaceBackupCodes(ctx context.Context, tx *store.Tx, v Visit, p Person) ([]Secret, error) {
	codes, hashes := make([]Secret, backupCodes), make([][]byte, backupCodes)
	for i := range codes {
		var raw [backupChars * bitsPerDigit / 8]byte
		if _, err := io.ReadFull(s.o.Rand, raw[:]); err != nil {
			return nil, fmt.Errorf("draw backup code: %w", err)
		}
		digits := base32Digits(raw[:], backupChars)
		codes[i], hashes[i] = grouped(digits), s.o.Keys.keys[0].hash(backupDomain+digits)
	}
	if err := tx.SetBackupCodes(ctx, p.Account.ID, hashes); err != nil {
		return nil, err
	}
	err := s.noteAndTell(ctx, tx, v, p, BackupCodesMade, "", notice{kind: NoticeFactors, data: NoticeData{Change: BackupCodesMade}})
	return codes, err
}

func (s *Service) readBackupCode(v Visit, account int64, code string) (factorUse, error) {
	digits := make([]byte, 0, backupChars)
	for _, r := range code {
		d, ok := digit(r)
		if !ok || len(digits) == backupChars {
			return factorUse{}, ErrCode
		}
		digits = append(digits, d)
	}
	if len(digits) != backupChars {
		return factorUse{}, ErrCode
	}
	return factorUse{byBackup, func(ctx context.Context, tx *store.Tx) error {
		return s.spendBackupCode(ctx, tx, v, account, string(digits))
	}}, nil
}

// spendBackupCode tries each key of the server, and tells the owner.
func (s *Service) spendBackupCode(ctx context.Context, tx *store.Tx, v Visit, account int64, digits string) error {
	for _, k := range s.o.Keys.keys {
		err := tx.UseBackupCode(ctx, account, k.hash(backupDomain+digits))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		return s.tellBackupCode(ctx, tx, v, account)
	}
	return ErrCode
}

func (s *Service) tellBackupCode(ctx context.Context, tx *store.Tx, v Visit, account int64) error {
	owner, err := tx.Account(ctx, account)
	if err != nil {
		return err
	}
	codes, err := tx.BackupCodes(ctx, account)
	if err != nil {
		return err
	}
	return s.noteAndTell(ctx, tx, v, Person{Account: owner}, BackupCodeUsed, strconv.Itoa(codes.Left),
		notice{kind: NoticeBackupCode, data: NoticeData{Left: codes.Left}})
}
