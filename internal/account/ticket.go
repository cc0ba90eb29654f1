package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ksync/store"
)

// ticketKind is one use of store.Ticket: how long a secret lives, and how many
// of them an account, or everybody without one, can have at once.
type ticketKind struct {
	name string
	life time.Duration
	most int
}

// The kinds. Those that anybody can make without an account are bounded all
// together, and each address by limits.demand.
var (
	halfTicket       = ticketKind{"half", 10 * time.Minute, 10}
	grantTicket      = ticketKind{"grant", 10 * time.Minute, 10}
	discoverTicket   = ticketKind{"passkey-discover", 5 * time.Minute, 10_000}
	secondTicket     = ticketKind{"passkey-second", 5 * time.Minute, 10}
	stepUpTicket     = ticketKind{"passkey-step-up", 5 * time.Minute, 10}
	enrolTicket      = ticketKind{"passkey-enrol", 10 * time.Minute, 5}
	totpTicket       = ticketKind{"totp-enrol", 30 * time.Minute, 5}
	setUpTicket      = ticketKind{"set-up", 7 * day, 1}
	invitationTicket = ticketKind{"invitation", 14 * day, 1000}
	resetTicket      = ticketKind{"reset", 2 * time.Hour, 3}
	emailTicket      = ticketKind{"email", day, 3}
	codeTicket       = ticketKind{"oauth-code", 2 * time.Minute, 10}
	accessTicket     = ticketKind{"access", 10 * time.Minute, 20}
	mayIssueTicket   = ticketKind{"access-app-password", 10 * time.Minute, 20} // the same token: it makes one app password
	flowTicket       = ticketKind{"flow", 20 * time.Minute, 5000}
	pollTicket       = ticketKind{"flow-poll", 20 * time.Minute, 5000}
	formTicket       = ticketKind{"form", day, 100} // it was sent
	madeTicket       = ticketKind{"form-made", 10 * time.Minute, 5}
	grantedTicket    = ticketKind{"flow-granted", 20 * time.Minute, 20} // the same token as its poll
)

// DeliveryTicket is the kind of those that package assistant makes: they become
// an app password when a device fetches it.
const DeliveryTicket = "delivery"

// becoming are the kinds that become an app password.
func becoming() []string {
	return []string{grantTicket.name, codeTicket.name, accessTicket.name, mayIssueTicket.name, grantedTicket.name, DeliveryTicket}
}

// newTicket draws a secret and stores what it is good for.
func (s *Service) newTicket(ctx context.Context, tx *store.Tx, kind ticketKind, account int64, data any) (Secret, error) {
	token, err := newToken(s.o.Rand)
	if err != nil {
		return "", err
	}
	_, err = s.putTicket(ctx, tx, kind, store.Ticket{Account: account, Hash: tokenHash(kind.name, token)}, data)
	return token, err
}

// putTicket stores a ticket for a secret that is there already.
func (s *Service) putTicket(ctx context.Context, tx *store.Tx, kind ticketKind, t store.Ticket, data any) (store.Ticket, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return store.Ticket{}, fmt.Errorf("encode ticket: %w", err)
	}
	t.Kind, t.Data = kind.name, string(text)
	if t.Expires == 0 {
		t.Expires = s.now().Add(kind.life).UnixMilli()
	}
	t, err = tx.PutTicket(ctx, t, kind.most)
	if err != nil {
		return store.Ticket{}, fmt.Errorf("%s ticket: %w", kind.name, err)
	}
	return t, nil
}

// look returns the ticket of a secret, with its data in into. [ErrLink].
func look(ctx context.Context, tx *store.Tx, kind ticketKind, token Secret, into any) (store.Ticket, error) {
	t, err := tx.Ticket(ctx, tokenHash(kind.name, token))
	return read(t, err, into)
}

// take is look that ends the ticket: of several who try, one succeeds.
func take(ctx context.Context, tx *store.Tx, kind ticketKind, token Secret, into any) (store.Ticket, error) {
	t, err := tx.TakeTicket(ctx, tokenHash(kind.name, token))
	return read(t, err, into)
}

func read(t store.Ticket, err error, into any) (store.Ticket, error) {
	if errors.Is(err, store.ErrNotFound) {
		return store.Ticket{}, ErrLink
	}
	if err != nil || into == nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(t.Data), into); err != nil {
		return store.Ticket{}, fmt.Errorf("decode %s ticket: %w", t.Kind, err)
	}
	return t, nil
}

// takeAlone takes a ticket in a transaction of its own: it is spent whatever
// comes of it.
func (s *Service) takeAlone(ctx context.Context, kind ticketKind, token Secret, into any) (t store.Ticket, err error) {
	return s.takeHash(ctx, tokenHash(kind.name, token), into)
}

func (s *Service) takeHash(ctx context.Context, hash []byte, into any) (t store.Ticket, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		t, err = tx.TakeTicket(ctx, hash)
		t, err = read(t, err, into)
		return err
	})
	return t, err
}
