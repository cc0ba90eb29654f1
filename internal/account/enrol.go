package account

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"ksync/store"
)

// sessionPurpose binds a challenge to the session that asked for it.
func sessionPurpose(p Person) []byte { return binary.BigEndian.AppendUint64(nil, uint64(p.Session.ID)) }

// BeginPasskeyStepUp asks for one of the person's passkeys.
func (s *Service) BeginPasskeyStepUp(ctx context.Context, p Person) (Challenge, error) {
	if s.party == nil {
		return Challenge{}, ErrNoPasskeys
	}
	return s.askFor(ctx, stepUpTicket, p.Account.ID, sessionPurpose(p))
}

// FinishPasskeyStepUp is [Service.StepUp] with a passkey.
func (s *Service) FinishPasskeyStepUp(ctx context.Context, v Visit, p Person, ticket Secret, response []byte) (Opened, error) {
	if s.party == nil {
		return Opened{}, ErrNoPasskeys
	}
	use, err := s.checkAnswer(ctx, v, stepUpTicket, answered{ticket, response, sessionPurpose(p), p.Account.ID})
	if err != nil {
		return Opened{}, err
	}
	return s.freshen(ctx, v, p, use)
}

// BeginPasskeyEnrolment asks the browser for a new passkey. [ErrStepUp].
func (s *Service) BeginPasskeyEnrolment(ctx context.Context, p Person) (Challenge, error) {
	if s.party == nil {
		return Challenge{}, ErrNoPasskeys
	}
	if err := s.ActFresh(ctx, p, func(*store.Tx, Person) error { return nil }); err != nil {
		return Challenge{}, err
	}
	h, err := s.holder(ctx, p.Account.ID)
	if err != nil {
		return Challenge{}, err
	}
	present := make([]protocol.CredentialDescriptor, len(h.credentials))
	for i := range h.credentials {
		present[i] = h.credentials[i].Descriptor()
	}
	options, session, err := s.party.BeginRegistration(h, webauthn.WithExclusions(present))
	if err != nil {
		return Challenge{}, fmt.Errorf("begin passkey: %w", err)
	}
	return s.challenge(ctx, enrolTicket, p.Account.ID, options, challengeData{*session, sessionPurpose(p)})
}

// FinishPasskeyEnrolment keeps it under a name. It returns backup codes when
// the account had none. [ErrPasskey], [ErrText], [store.ErrLimit].
func (s *Service) FinishPasskeyEnrolment(ctx context.Context, v Visit, p Person, ticket Secret, name string, response []byte) (made store.Passkey, codes []Secret, err error) {
	if s.party == nil {
		return store.Passkey{}, nil, ErrNoPasskeys
	}
	if name, err = CleanName(name); err != nil {
		return store.Passkey{}, nil, err
	}
	credential, err := s.checkNew(ctx, p, ticket, response)
	if err != nil {
		return store.Passkey{}, nil, err
	}
	encoded, err := json.Marshal(credential)
	if err != nil {
		return store.Passkey{}, nil, fmt.Errorf("encode passkey: %w", err)
	}
	err = s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		if err := s.SentOnce(ctx, tx, v, p); err != nil {
			return err
		}
		made, err = tx.CreatePasskey(ctx, store.Passkey{
			Account: p.Account.ID, Hash: credentialHash(credential.ID), Name: name,
			Counter: int64(credential.Authenticator.SignCount), Credential: encoded,
		})
		if err != nil {
			return err
		}
		codes, err = s.added(ctx, tx, v, p, PasskeyAdded, name)
		return err
	})
	if err != nil {
		return store.Passkey{}, nil, err
	}
	return made, codes, nil
}

// checkNew spends the challenge and checks the new passkey.
func (s *Service) checkNew(ctx context.Context, p Person, ticket Secret, response []byte) (*webauthn.Credential, error) {
	var data challengeData
	t, err := s.takeAlone(ctx, enrolTicket, ticket, &data)
	if err != nil {
		return nil, err
	}
	if t.Account != p.Account.ID || string(data.For) != string(sessionPurpose(p)) {
		return nil, ErrLink
	}
	if len(response) > maxPasskeyAnswer {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, refused(err)
	}
	h, err := s.holder(ctx, p.Account.ID)
	if err != nil {
		return nil, err
	}
	credential, err := s.party.CreateCredential(h, data.Session, parsed)
	if err != nil {
		return nil, refused(err)
	}
	return credential, nil
}

// RenamePasskey gives it another name.
func (s *Service) RenamePasskey(ctx context.Context, p Person, id int64, name string) error {
	name, err := CleanName(name)
	if err != nil {
		return err
	}
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error { return tx.RenamePasskey(ctx, p.Account.ID, id, name) })
}

// RemovePasskey removes it; with the last second factor go the backup codes.
func (s *Service) RemovePasskey(ctx context.Context, v Visit, p Person, id int64) error {
	return s.ActFresh(ctx, p, func(tx *store.Tx, p Person) error {
		all, err := tx.Passkeys(ctx, p.Account.ID)
		if err != nil {
			return err
		}
		for _, k := range all {
			if k.ID != id {
				continue
			}
			if err := tx.DeletePasskey(ctx, p.Account.ID, id); err != nil {
				return err
			}
			return s.removed(ctx, tx, v, p, PasskeyRemoved, k.Name)
		}
		return store.ErrNotFound
	})
}

// CleanName makes a name that can be kept of what a person typed. [ErrText].
func CleanName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || printable(name) != name {
		return "", ErrText
	}
	return name, nil
}
