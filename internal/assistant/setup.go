package assistant

import (
	"context"
	"errors"
	"slices"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// NewDevice is what a person wants to set up.
type NewDevice struct {
	Name     string
	Platform Platform
	Data     []Data
	Locale   string // language of the texts in the profile

	Existing     account.Secret // an app password that was pasted; "": one is made
	MailPassword account.Secret // of the mailbox, to be put into the profile; it is verified once more. "": the device asks
}

// Again is what may differ when a device is set up again.
type Again struct {
	Data         []Data // nil: as before
	Locale       string
	MailPassword account.Secret
}

// Delivery is how a device gets its profile and its password.
type Delivery struct {
	Device  Device
	Ticket  account.Secret
	URL     account.Secret // of the page that leads to the profile; for a QR code and for other devices
	Expires time.Time
}

// SetUp makes a device and a ticket. [account.ErrStepUp], [account.ErrText],
// [ErrData], [ErrPlatform], [ErrNoAddress], [*VerdictError], [ErrMailPassword],
// [ErrMailServer], [*account.Throttled], [store.ErrLimit], and [store.ErrExists]
// when the pasted app password is another device's. [account.ErrRepeated], with
// the ticket that was made then, when the form of the visit was sent before.
func (s *Service) SetUp(ctx context.Context, v account.Visit, p account.Person, n NewDevice) (Delivery, error) {
	row, err := s.newRow(p.Account, n)
	if err != nil {
		return Delivery{}, err
	}
	if err := s.ready(ctx, v, p, row, n.MailPassword); err != nil {
		return Delivery{}, err
	}
	if n.Existing != "" {
		verdict, existing, err := s.VerifyAppPassword(ctx, v, p, n.Existing, dataOf(row.Services))
		if err != nil {
			return Delivery{}, err
		}
		if verdict != account.Works {
			return Delivery{}, &VerdictError{verdict}
		}
		row.AppPassword = existing.ID
	}
	d, err := s.deliver(ctx, asker{v, p}, parcel{Locale: n.Locale, Password: n.Existing, Mail: n.MailPassword}, func(tx *store.Tx, p account.Person) (store.Device, error) {
		if err := unclaimed(ctx, tx, row); err != nil {
			return store.Device{}, err
		}
		return tx.CreateDevice(ctx, row)
	})
	if err == nil && row.AppPassword != 0 {
		s.watch.forgetAll(row.Account, row.AppPassword)
	}
	return d, err
}

// unclaimed makes sure that an app password is of one device only: removing
// that one revokes it.
func unclaimed(ctx context.Context, tx *store.Tx, d store.Device) error {
	if d.AppPassword == 0 {
		return nil
	}
	_, err := tx.DeviceByAppPassword(ctx, d.Account, d.AppPassword)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		return store.ErrExists
	}
	return err
}

func (s *Service) newRow(owner store.Account, n NewDevice) (store.Device, error) {
	name, err := account.CleanName(n.Name)
	if err != nil {
		return store.Device{}, err
	}
	if !slices.Contains(Platforms(), n.Platform) {
		return store.Device{}, ErrPlatform
	}
	data, err := s.choose(owner, n.Data)
	if err != nil {
		return store.Device{}, err
	}
	return store.Device{Account: owner.ID, Name: name, Platform: string(n.Platform), Services: words(data)}, nil
}

// choose checks that what is wanted is offered.
func (s *Service) choose(owner store.Account, want []Data) ([]Data, error) {
	data, err := CleanData(want)
	if err != nil {
		return nil, err
	}
	for _, d := range data {
		if !slices.Contains(s.offer(owner), d) {
			return nil, ErrData
		}
	}
	return data, nil
}

// ready checks what needs no transaction, before anything is made. Freshness
// comes first: nobody else may have passwords tried out.
func (s *Service) ready(ctx context.Context, v account.Visit, p account.Person, row store.Device, mail account.Secret) error {
	switch {
	case s.Settings.URL == nil:
		return ErrNoAddress
	case !s.Accounts.Fresh(p):
		return account.ErrStepUp
	case mail == "":
		return nil
	case !slices.Contains(row.Services, string(Mail)):
		return ErrData
	}
	return s.VerifyMail(ctx, v, p, mail)
}

// SetUpAgain makes a ticket with a new app password for a device that is there.
// The old one ends when the new one is first used, or after a day. Errors as
// [Service.SetUp], and [store.ErrNotFound].
func (s *Service) SetUpAgain(ctx context.Context, v account.Visit, p account.Person, id int64, again Again) (Delivery, error) {
	var row store.Device
	err := s.read(ctx, func(tx *store.Tx) (err error) {
		row, err = tx.Device(ctx, p.Account.ID, id)
		return err
	})
	if err != nil {
		return Delivery{}, err
	}
	if again.Data == nil { // what is no longer offered is left out
		again.Data = slices.DeleteFunc(dataOf(row.Services), func(d Data) bool { return !slices.Contains(s.offer(p.Account), d) })
	}
	data, err := s.choose(p.Account, again.Data)
	if err != nil {
		return Delivery{}, err
	}
	row.Services = words(data)
	if err := s.ready(ctx, v, p, row, again.MailPassword); err != nil {
		return Delivery{}, err
	}
	return s.deliver(ctx, asker{v, p}, parcel{Locale: again.Locale, Mail: again.MailPassword}, func(tx *store.Tx, p account.Person) (store.Device, error) {
		now, err := tx.Device(ctx, p.Account.ID, id)
		if err != nil {
			return store.Device{}, err
		}
		now.Services = row.Services
		return now, errors.Join(dropDeliveries(ctx, tx, now), tx.UpdateDevice(ctx, now))
	})
}

// Issue makes a device and its app password at once, for the command line,
// and returns its profile.
func (s *Service) Issue(ctx context.Context, owner store.Account, n NewDevice) (File, error) {
	if s.Settings.URL == nil {
		return File{}, ErrNoAddress
	}
	row, err := s.newRow(owner, n)
	if err != nil {
		return File{}, err
	}
	var secret account.Secret
	if scope(dataOf(row.Services)) != 0 {
		if secret, err = s.Accounts.DrawAppPassword(); err != nil {
			return File{}, err
		}
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		if row, err = tx.CreateDevice(ctx, row); err != nil || secret == "" {
			return err
		}
		row, err = s.activate(ctx, tx, activation{owner: owner, device: row, secret: secret})
		return err
	})
	if err != nil {
		return File{}, err
	}
	return s.file(order{owner: owner, device: row, locale: n.Locale, password: secret})
}
