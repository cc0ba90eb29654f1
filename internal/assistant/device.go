package assistant

import (
	"context"
	"errors"

	"ksync/internal/account"
	"ksync/store"
)

// State is how far a device is.
type State string

// The states. Catalogues have a text for each.
const (
	Begun     State = "begun"     // nothing was handed out yet
	Waiting   State = "waiting"   // has its app password, and did not come yet
	Connected State = "connected" // came
	Ended     State = "ended"     // its app password was revoked or expired: set it up again
)

// Device is something that was set up. Times are ms UTC; 0 is never.
type Device struct {
	ID        int64
	Name      string
	Platform  Platform
	Data      []Data
	State     State
	Created   int64
	Connected int64  // first request with the app password that it has
	Seen      []Data // what it asked for since

	AppPassword int64 // 0: none yet
	LastUsed    int64 // written every few minutes
	LastPlace   string
	LastAgent   string
}

// Devices lists those of the person, the newest first.
func (s *Service) Devices(ctx context.Context, p account.Person) (all []Device, err error) {
	err = s.read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Devices(ctx, p.Account.ID)
		if err != nil {
			return err
		}
		all = make([]Device, len(rows))
		for i, row := range rows {
			if all[i], err = s.view(ctx, tx, row); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// Device returns one: for the page that waits until it is connected.
// [store.ErrNotFound].
func (s *Service) Device(ctx context.Context, p account.Person, id int64) (d Device, err error) {
	err = s.read(ctx, func(tx *store.Tx) error {
		row, err := tx.Device(ctx, p.Account.ID, id)
		if err != nil {
			return err
		}
		d, err = s.view(ctx, tx, row)
		return err
	})
	return d, err
}

// view adds what is known of its app password.
func (s *Service) view(ctx context.Context, tx *store.Tx, row store.Device) (Device, error) {
	d := Device{
		ID: row.ID, Name: row.Name, Platform: Platform(row.Platform), Data: dataOf(row.Services), State: Begun,
		Created: row.Created, Connected: row.Connected, Seen: dataOf(row.Seen), AppPassword: row.AppPassword,
	}
	if row.AppPassword == 0 {
		return d, nil
	}
	password, err := tx.AppPassword(ctx, row.Account, row.AppPassword)
	if errors.Is(err, store.ErrNotFound) {
		d.State = Ended
		return d, nil
	}
	if err != nil {
		return Device{}, err
	}
	d.LastUsed, d.LastPlace, d.LastAgent = password.LastUsed, password.LastPlace, password.LastAgent
	switch {
	case !password.Active(s.Now().UnixMilli()):
		d.State = Ended
	case row.Connected != 0:
		d.State = Connected
	default:
		d.State = Waiting
	}
	return d, nil
}

// Remove forgets a device and revokes its app password: its next request is
// refused. What was synced stays on it until its person removes the profile or
// the account there. It returns what was removed. [store.ErrNotFound].
func (s *Service) Remove(ctx context.Context, v account.Visit, p account.Person, id int64) (d Device, err error) {
	err = s.Accounts.Act(ctx, p, func(tx *store.Tx, p account.Person) error {
		row, err := tx.Device(ctx, p.Account.ID, id)
		if err != nil {
			return err
		}
		if d, err = s.view(ctx, tx, row); err != nil {
			return err
		}
		if err := s.endAppPasswords(ctx, tx, v, p, row.AppPassword); err != nil {
			return err
		}
		return errors.Join(dropDeliveries(ctx, tx, row), tx.DeleteDevice(ctx, p.Account.ID, id))
	})
	return d, err
}

// endAppPasswords revokes an app password and those before it that it replaces
// when it is first used: until then they sign in, too.
func (s *Service) endAppPasswords(ctx context.Context, tx *store.Tx, v account.Visit, p account.Person, id int64) error {
	for id != 0 {
		password, err := tx.AppPassword(ctx, p.Account.ID, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			err = s.Accounts.EndAppPassword(ctx, tx, v, p, id)
		}
		if err != nil {
			return err
		}
		id = password.Replaces // made earlier: the chain ends
	}
	return nil
}
