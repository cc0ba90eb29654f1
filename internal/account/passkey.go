package account

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"ksync/store"
)

// maxPasskeyAnswer bounds what a browser sends: an attestation with a long
// chain of certificates has some kilobytes.
const maxPasskeyAnswer = 64 << 10

// newRelyingParty is nil when there is no name that browsers accept: passkeys
// belong to a host name, reached by https or on this machine.
func newRelyingParty(public *url.URL) (*webauthn.WebAuthn, error) {
	if public == nil || public.Hostname() == "" || net.ParseIP(public.Hostname()) != nil {
		return nil, nil
	}
	host := strings.ToLower(public.Hostname())
	if public.Scheme != "https" && host != "localhost" && !strings.HasSuffix(host, ".localhost") {
		return nil, nil
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: host,
		RPOrigins:             []string{public.Scheme + "://" + strings.ToLower(public.Host)},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationRequired, // a passkey counts as both factors
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", host, err)
	}
	return party, nil
}

// holder is an account as WebAuthn sees it.
type holder struct {
	account     store.Account
	credentials []webauthn.Credential
	passkeys    []store.Passkey // in the same order
}

func handleOf(account int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(account)) }

// WebAuthnID is random and tells nothing about the person, as §14.6.1 asks.
func (h *holder) WebAuthnID() []byte { return handleOf(h.account.ID) }

// WebAuthnName is what browsers show beside the passkey.
func (h *holder) WebAuthnName() string { return h.account.Login }

// WebAuthnDisplayName is what browsers show beside the passkey.
func (h *holder) WebAuthnDisplayName() string {
	if h.account.Name != "" {
		return h.account.Name
	}
	return h.account.Login
}

// WebAuthnCredentials are all of the account.
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

func (s *Service) holder(ctx context.Context, account int64) (*holder, error) {
	h := &holder{}
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		if h.account, err = tx.Account(ctx, account); err != nil {
			return err
		}
		h.passkeys, err = tx.Passkeys(ctx, account)
		return err
	})
	if err != nil {
		return nil, err
	}
	h.credentials = make([]webauthn.Credential, len(h.passkeys))
	for i, k := range h.passkeys {
		if err := json.Unmarshal(k.Credential, &h.credentials[i]); err != nil {
			return nil, fmt.Errorf("decode passkey %d: %w", k.ID, err)
		}
		h.credentials[i].Authenticator.SignCount = uint32(k.Counter) //nolint:gosec // it was one
	}
	return h, nil
}

// Challenge is what a browser hands to a passkey.
type Challenge struct {
	Ticket  Secret          // comes back with the answer
	Options json.RawMessage // for navigator.credentials: {"publicKey": …}
}

// challengeData is what must be remembered until the answer comes.
type challengeData struct {
	Session webauthn.SessionData `json:"session"`
	For     []byte               `json:"for,omitempty"` // hash of the half sign-in, or the id of the session, that it is for
}

func (s *Service) challenge(ctx context.Context, kind ticketKind, account int64, options any, data challengeData) (c Challenge, err error) {
	if c.Options, err = json.Marshal(options); err != nil {
		return Challenge{}, fmt.Errorf("encode challenge: %w", err)
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		c.Ticket, err = s.newTicket(ctx, tx, kind, account, data)
		return err
	})
	return c, err
}

// BeginPasskey asks for a passkey: as the second factor of half a sign-in, or,
// with half == "", as the only factor, of whoever has one for this server.
func (s *Service) BeginPasskey(ctx context.Context, v Visit, half Secret) (Challenge, error) {
	switch {
	case s.party == nil:
		return Challenge{}, ErrNoPasskeys
	case half != "":
		return s.beginSecond(ctx, half)
	}
	if err := s.limits.demand(v.Address); err != nil {
		return Challenge{}, err
	}
	options, session, err := s.party.BeginDiscoverableLogin()
	if err != nil {
		return Challenge{}, fmt.Errorf("begin passkey: %w", err)
	}
	return s.challenge(ctx, discoverTicket, 0, options, challengeData{Session: *session})
}

func (s *Service) beginSecond(ctx context.Context, half Secret) (Challenge, error) {
	var t store.Ticket
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		t, err = look(ctx, tx, halfTicket, half, nil)
		return err
	})
	if err != nil {
		return Challenge{}, err
	}
	return s.askFor(ctx, secondTicket, t.Account, t.Hash)
}

// askFor asks for one of an account's passkeys. [ErrNoPasskeys] when it has none.
func (s *Service) askFor(ctx context.Context, kind ticketKind, account int64, purpose []byte) (Challenge, error) {
	h, err := s.holder(ctx, account)
	if err != nil {
		return Challenge{}, err
	}
	if len(h.credentials) == 0 {
		return Challenge{}, ErrNoPasskeys
	}
	options, session, err := s.party.BeginLogin(h)
	if err != nil {
		return Challenge{}, fmt.Errorf("begin passkey: %w", err)
	}
	return s.challenge(ctx, kind, account, options, challengeData{*session, purpose})
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
func (s *Service) FinishPasskey(ctx context.Context, v Visit, a PasskeyAnswer) (o Opened, err error) {
	if s.party == nil {
		return Opened{}, ErrNoPasskeys
	}
	if a.Half != "" {
		use, err := s.checkAnswer(ctx, v, secondTicket, answered{a.Ticket, a.Response, tokenHash(halfTicket.name, a.Half), 0})
		if err != nil {
			return Opened{}, err
		}
		return s.finishHalf(ctx, v, a.Half, use)
	}
	owner, use, err := s.checkDiscovered(ctx, v, a)
	if err != nil {
		return Opened{}, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := use.spend(ctx, tx); err != nil {
			return err
		}
		done, err := s.finish(ctx, tx, v, owner.ID, halfData{Intent: a.Intent, Stay: a.Stay, First: byPasskey, Set: owner.PasswordSet})
		if err == nil {
			o = *done
		}
		return err
	})
	return o, err
}

// answered is an answer and what it must belong to.
type answered struct {
	ticket   Secret
	response []byte
	purpose  []byte
	account  int64 // 0: the ticket's
}

// checkAnswer spends the challenge, whatever comes of it, and checks the
// answer against the passkeys of the account that it was made for.
func (s *Service) checkAnswer(ctx context.Context, v Visit, kind ticketKind, a answered) (factorUse, error) {
	var data challengeData
	t, err := s.takeAlone(ctx, kind, a.ticket, &data)
	if err != nil {
		return factorUse{}, err
	}
	if string(data.For) != string(a.purpose) || a.account != 0 && t.Account != a.account {
		return factorUse{}, ErrLink
	}
	parsed, err := parseAssertion(a.response)
	if err != nil {
		return factorUse{}, err
	}
	h, err := s.holder(ctx, t.Account)
	if err != nil {
		return factorUse{}, err
	}
	credential, err := s.party.ValidateLogin(h, data.Session, parsed)
	if err != nil {
		s.o.Counted.tell(byPasskey, false)
		return factorUse{}, refused(err)
	}
	return s.spendPasskey(v, h, credential)
}

// checkDiscovered checks an answer that itself says whose it is.
func (s *Service) checkDiscovered(ctx context.Context, v Visit, a PasskeyAnswer) (store.Account, factorUse, error) {
	var data challengeData
	if _, err := s.takeAlone(ctx, discoverTicket, a.Ticket, &data); err != nil {
		return store.Account{}, factorUse{}, err
	}
	parsed, err := parseAssertion(a.Response)
	if err != nil {
		return store.Account{}, factorUse{}, err
	}
	var h *holder
	var fault error
	credential, err := s.party.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		if len(handle) != 8 {
			return nil, ErrPasskey
		}
		h, fault = s.holder(ctx, int64(binary.BigEndian.Uint64(handle))) //nolint:gosec // one of ours, or found nowhere
		return h, fault
	}, data.Session, parsed)
	if fault != nil && !errors.Is(fault, store.ErrNotFound) {
		return store.Account{}, factorUse{}, fault
	}
	if err != nil {
		s.o.Counted.tell(byPasskey, false)
		return store.Account{}, factorUse{}, refused(err)
	}
	use, err := s.spendPasskey(v, h, credential)
	return h.account, use, err
}

func parseAssertion(response []byte) (*protocol.ParsedCredentialAssertionData, error) {
	if len(response) > maxPasskeyAnswer {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, refused(err)
	}
	return parsed, nil
}

// refused keeps what was wrong for the log and away from the person.
func refused(err error) error {
	detail := err.Error()
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		detail = e.Details + " " + e.DevInfo
	}
	return fmt.Errorf("%w: %s", ErrPasskey, printable(detail))
}

// spendPasskey notes the use. WebAuthn §7.2 step 22: a counter that went back
// means that somebody may have a copy; the passkey is refused, its owner told.
func (s *Service) spendPasskey(v Visit, h *holder, used *webauthn.Credential) (factorUse, error) {
	hash := credentialHash(used.ID)
	for _, k := range h.passkeys {
		if string(k.Hash) != string(hash) {
			continue
		}
		if used.Authenticator.CloneWarning {
			s.later.add("note refused passkey", func(ctx context.Context) error { return s.noteCopy(ctx, v, h.account.ID, k) })
			return factorUse{}, fmt.Errorf("%w: its counter went back", ErrPasskey)
		}
		encoded, err := json.Marshal(used)
		if err != nil {
			return factorUse{}, fmt.Errorf("encode passkey: %w", err)
		}
		k.Counter, k.Credential = int64(used.Authenticator.SignCount), encoded
		return factorUse{byPasskey, func(ctx context.Context, tx *store.Tx) error {
			err := tx.UsePasskey(ctx, k)
			if errors.Is(err, store.ErrPrecondition) { // removed, or used meanwhile
				return ErrPasskey
			}
			return err
		}}, nil
	}
	return factorUse{}, ErrPasskey
}

func credentialHash(id []byte) []byte {
	sum := sha256.Sum256(id)
	return sum[:]
}
