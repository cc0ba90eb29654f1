package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"ksync/store"
)

// ErrRepeated: the form was sent before. What it asks for was made then, and
// [Service.Made] has it until it was shown.
var ErrRepeated = errors.New("the form was sent before")

// Made is what a form made and its person sees once.
type Made struct {
	ID      int64  // of the invitation
	Name    string // of the app password
	Secrets []Secret
}

// keptMade is how [Made] is sealed: a [Secret] prints itself as ***.
type keptMade struct {
	ID      int64    `json:"id,omitempty"`
	Name    string   `json:"name"`
	Secrets []string `json:"secrets"`
}

const (
	madePurpose = "made"
	formBytes   = 16 // of a form's name, so that no two are alike
	maxForm     = 64
)

// NewForm draws a name for a form, to come back in [Visit]. It is no secret:
// it opens nothing without the session.
func (s *Service) NewForm() (string, error) {
	var raw [formBytes]byte
	if _, err := io.ReadFull(s.o.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("draw form: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// SentOnce notes in the transaction that acts that the form of the visit was
// sent. A second time nothing is to be done. [ErrRepeated].
func (s *Service) SentOnce(ctx context.Context, tx *store.Tx, v Visit, p Person) error {
	if v.Form == "" {
		return nil
	}
	if len(v.Form) > maxForm {
		return ErrLink
	}
	_, err := s.putTicket(ctx, tx, formTicket, store.Ticket{Account: p.Account.ID, Hash: formHash(formTicket, p, v.Form)}, nil)
	if errors.Is(err, store.ErrExists) {
		return ErrRepeated
	}
	return err
}

// keepMade keeps what a form made, sealed, until its page has shown it.
func (s *Service) keepMade(ctx context.Context, tx *store.Tx, v Visit, p Person, made Made) error {
	if v.Form == "" {
		return nil
	}
	kept := keptMade{ID: made.ID, Name: made.Name}
	for _, secret := range made.Secrets {
		kept.Secrets = append(kept.Secrets, secret.Reveal())
	}
	plain, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode what was made: %w", err)
	}
	sealed, err := s.o.Keys.seal(s.o.Rand, madePurpose, p.Account.ID, plain)
	if err != nil {
		return err
	}
	_, err = s.putTicket(ctx, tx, madeTicket, store.Ticket{Account: p.Account.ID, Hash: formHash(madeTicket, p, v.Form)}, sealed)
	return err
}

// Made returns what a form of this session made, the first time within ten
// minutes that it is asked for. [ErrLink].
func (s *Service) Made(ctx context.Context, p Person, form string) (made Made, err error) {
	if len(form) > maxForm {
		return Made{}, ErrLink
	}
	var sealed []byte
	if _, err = s.takeHash(ctx, formHash(madeTicket, p, form), &sealed); err != nil {
		return Made{}, err
	}
	plain, err := s.o.Keys.open(madePurpose, p.Account.ID, sealed)
	if err != nil {
		return Made{}, err
	}
	var kept keptMade
	if err := json.Unmarshal(plain, &kept); err != nil {
		return Made{}, fmt.Errorf("decode what was made: %w", err)
	}
	made.ID, made.Name = kept.ID, kept.Name
	for _, secret := range kept.Secrets {
		made.Secrets = append(made.Secrets, Secret(secret))
	}
	return made, nil
}

// formHash binds a form to the session that it was made for.
func formHash(kind ticketKind, p Person, form string) []byte {
	return tokenHash(kind.name, Secret(strconv.FormatInt(p.Session.ID, 10)+"/"+form))
}
