package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// Landing is what the page of a ticket shows. It has no secret.
type Landing struct {
	Login     string
	Reach     Connection // what is typed where no profile is taken
	Device    Device
	Expires   time.Time
	Downloads int    // left
	File      string // name of the profile: it is at [PathDelivery], the ticket, a slash and this
}

// Landing looks at a ticket and changes nothing. [account.ErrLink] for all that
// are not good, [*account.Throttled].
func (s *Service) Landing(ctx context.Context, v account.Visit, ticket account.Secret) (l Landing, err error) {
	err = s.guess(v, ticket, func(ticket account.Secret) error {
		return s.read(ctx, func(tx *store.Tx) error {
			h, err := s.held(ctx, tx, ticket)
			if err != nil {
				return err
			}
			l = Landing{Login: h.owner.Login, Expires: time.UnixMilli(h.ticket.Expires), Downloads: h.data.Downloads, File: fileName(h.device)}
			if l.Reach, err = s.connection(h.owner); err != nil {
				return err
			}
			if l.Device, err = s.view(ctx, tx, h.device); err == nil && !h.data.Active {
				l.Device.State = Begun // whatever an earlier app password did
			}
			return err
		})
	})
	return l, err
}

// Handed is the password that a device was given; "" for one that has mail alone.
type Handed struct {
	Device   Device
	Login    string
	Password account.Secret
}

// Password shows it, for devices that take no profile, and for typing it in
// where one asks all the same. From now on it signs in. [account.ErrLink],
// [*account.Throttled], [store.ErrLimit].
func (s *Service) Password(ctx context.Context, v account.Visit, ticket account.Secret) (out Handed, err error) {
	err = s.guess(v, ticket, func(ticket account.Secret) error {
		return s.Store.Write(ctx, func(tx *store.Tx) error {
			h, err := s.hand(ctx, tx, v, ticket)
			if err != nil {
				return err
			}
			out = Handed{Login: h.owner.Login, Password: h.content.Password}
			out.Device, err = s.view(ctx, tx, h.device)
			return errors.Join(err, s.keep(ctx, tx, h))
		})
	})
	return out, err
}

// Download returns the profile with the password in it, which signs in from
// now on. The fifth download ends the ticket. [account.ErrLink],
// [*account.Throttled], [store.ErrLimit].
func (s *Service) Download(ctx context.Context, v account.Visit, ticket account.Secret) (f File, err error) {
	err = s.guess(v, ticket, func(ticket account.Secret) error {
		var h held
		err := s.Store.Write(ctx, func(tx *store.Tx) (err error) {
			if h, err = s.hand(ctx, tx, v, ticket); err != nil {
				return err
			}
			h.data.Downloads--
			who := account.Person{Account: h.owner}
			return errors.Join(s.keep(ctx, tx, h), s.Accounts.Note(ctx, tx, v, who, account.ProfileDownloaded, h.device.Name))
		})
		if err != nil {
			return err
		}
		f, err = s.file(order{owner: h.owner, device: h.device, locale: h.content.Locale, password: h.content.Password, mail: h.content.Mail})
		return err
	})
	return f, err
}

// guess counts tickets that are not good against their address; good ones
// take nothing from it.
func (s *Service) guess(v account.Visit, ticket account.Secret, do func(account.Secret) error) error {
	from := v.Network()
	if err := s.tickets.Take(from); err != nil {
		return err
	}
	ticket, ok := clean(ticket)
	if !ok {
		return account.ErrLink
	}
	err := do(ticket)
	if !errors.Is(err, account.ErrLink) {
		s.tickets.Give(from)
	}
	return err
}

// held is what a good ticket stands for.
type held struct {
	ticket  store.Ticket
	data    ticketData
	owner   store.Account
	device  store.Device
	content parcel // only when it is handed over
}

func (s *Service) held(ctx context.Context, tx *store.Tx, ticket account.Secret) (h held, err error) {
	h.ticket, err = tx.Ticket(ctx, ticketHash(ticket))
	if errors.Is(err, store.ErrNotFound) || err == nil && h.ticket.Kind != ticketKind {
		return held{}, account.ErrLink
	}
	if err != nil {
		return held{}, err
	}
	if err := json.Unmarshal([]byte(h.ticket.Data), &h.data); err != nil {
		return held{}, fmt.Errorf("decode ticket: %w", err)
	}
	if h.owner, err = account.Usable(ctx, tx, h.ticket.Account); err != nil {
		return held{}, gone(err)
	}
	h.device, err = tx.Device(ctx, h.ticket.Account, h.data.Device)
	return h, gone(err)
}

// gone is the one answer for what a ticket does not lead to any more.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, account.ErrNewPassword) {
		return account.ErrLink
	}
	return err
}

// hand opens a ticket, and makes its password one that signs in.
func (s *Service) hand(ctx context.Context, tx *store.Tx, v account.Visit, ticket account.Secret) (held, error) {
	h, err := s.held(ctx, tx, ticket)
	if err != nil {
		return held{}, err
	}
	if h.content, err = unseal(ticket, h.ticket, h.data); err != nil {
		return held{}, err
	}
	if scope(dataOf(h.device.Services)) == 0 { // mail alone
		h.content.Password = ""
		return h, nil
	}
	if h.data.Active {
		return h, nil
	}
	h.device, err = s.activate(ctx, tx, activation{
		visit: v, owner: h.owner, device: h.device, secret: h.content.Password, unlessUsed: s.Now().Add(unusedLife).UnixMilli(),
	})
	h.data.Active = true
	return h, err
}

// keep writes what is left of a ticket.
func (s *Service) keep(ctx context.Context, tx *store.Tx, h held) error {
	if h.data.Downloads <= 0 {
		_, err := tx.TakeTicket(ctx, h.ticket.Hash)
		return err
	}
	text, err := json.Marshal(h.data)
	if err != nil {
		return err
	}
	h.ticket.Data = string(text)
	return tx.RewriteTicket(ctx, h.ticket)
}

// activation is a secret that becomes the app password of a device.
type activation struct {
	visit      account.Visit
	owner      store.Account
	device     store.Device
	secret     account.Secret
	unlessUsed int64 // 0: it lives also unused
}

// activate makes the app password, in place of the one that the device has.
func (s *Service) activate(ctx context.Context, tx *store.Tx, a activation) (store.Device, error) {
	want := store.AppPassword{
		Account: a.owner.ID, Name: a.device.Name, Scope: scope(dataOf(a.device.Services)), UnlessUsed: a.unlessUsed,
	}
	if a.device.AppPassword != 0 {
		old, err := tx.AppPassword(ctx, a.owner.ID, a.device.AppPassword)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return a.device, err
		}
		if err == nil && old.Active(s.Now().UnixMilli()) {
			want.Replaces = old.ID
		}
	}
	made, err := s.Accounts.AddAppPassword(ctx, tx, a.visit, account.Person{Account: a.owner}, a.secret, want)
	if err != nil {
		return a.device, err
	}
	a.device.AppPassword, a.device.Connected, a.device.Seen = made.ID, 0, nil
	return a.device, tx.UpdateDevice(ctx, a.device)
}
