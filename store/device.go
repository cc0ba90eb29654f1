package store

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Device is something that was set up to sync, with an app password of its own.
type Device struct {
	Account     int64
	ID          int64
	Name        string
	Platform    string
	Services    []string // that it was set up for
	AppPassword int64    // 0: none was handed out yet
	Created     int64
	Connected   int64    // first request with that app password; 0: none yet
	Seen        []string // services that it asked for since
}

const deviceColumns = `account_id, id, name, platform, services, app_password_id, created, connected, seen`

func scanDevice(scan scanner) (d Device, err error) {
	var services, seen string
	err = scan(&d.Account, &d.ID, &d.Name, &d.Platform, &services, &d.AppPassword, &d.Created, &d.Connected, &seen)
	d.Services, d.Seen = strings.Fields(services), strings.Fields(seen)
	return d, err
}

// CreateDevice stores a new device and returns it with its ID and time.
// [ErrLimit] when the account has [Limits.Devices] of them.
func (tx *Tx) CreateDevice(ctx context.Context, d Device) (Device, error) {
	if _, err := tx.lockAccount(ctx, d.Account); err != nil {
		return Device{}, err
	}
	var there int
	err := tx.one(ctx, `select count(*) from device where account_id = $1`, []any{d.Account}, &there)
	if err != nil {
		return Device{}, err
	}
	if there >= tx.store.options.Limits.Devices {
		return Device{}, ErrLimit
	}
	id, err := tx.newID(ctx, `select 1 from device where account_id = $1 and id = $2`, d.Account)
	if err != nil {
		return Device{}, err
	}
	d.ID, d.Created = id, tx.now
	_, err = tx.exec(ctx, `
		insert into device (account_id, id, name, platform, services, app_password_id, created, connected, seen)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		d.Account, d.ID, cleanText(d.Name), cleanText(d.Platform), strings.Join(d.Services, " "),
		d.AppPassword, d.Created, d.Connected, strings.Join(d.Seen, " "))
	return d, err
}

// Devices lists those of an account, the newest first.
func (tx *Tx) Devices(ctx context.Context, account int64) ([]Device, error) {
	return list(ctx, tx, `
		select `+deviceColumns+` from device
		where account_id = $1 order by created desc, id`, []any{account}, scanDevice)
}

// Device returns one of an account.
func (tx *Tx) Device(ctx context.Context, account, id int64) (Device, error) {
	return only(list(ctx, tx, `
		select `+deviceColumns+` from device
		where account_id = $1 and id = $2`, []any{account, id}, scanDevice))
}

// DeviceByAppPassword returns the one that signs in with it.
func (tx *Tx) DeviceByAppPassword(ctx context.Context, account, appPassword int64) (Device, error) {
	return only(list(ctx, tx, `
		select `+deviceColumns+` from device
		where account_id = $1 and app_password_id = $2`, []any{account, appPassword}, scanDevice))
}

// only is the one of a list, or [ErrNotFound].
func only(all []Device, err error) (Device, error) {
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Device{}, err
	}
	return all[0], nil
}

// UpdateDevice writes all that may change: everything but who, when and which.
func (tx *Tx) UpdateDevice(ctx context.Context, d Device) error {
	n, err := tx.exec(ctx, `
		update device set name = $3, platform = $4, services = $5, app_password_id = $6, connected = $7, seen = $8
		where account_id = $1 and id = $2`,
		d.Account, d.ID, cleanText(d.Name), cleanText(d.Platform), strings.Join(d.Services, " "),
		d.AppPassword, d.Connected, strings.Join(d.Seen, " "))
	return found(n, err)
}

// DeleteDevice forgets one; its app password is left to the caller.
func (tx *Tx) DeleteDevice(ctx context.Context, account, id int64) error {
	n, err := tx.exec(ctx, `delete from device where account_id = $1 and id = $2`, account, id)
	return found(n, err)
}

// SeeDevice notes that the device with that app password made a request, and
// of which service ("" for none in particular). No such device is no error:
// most app passwords were not made by the assistant.
func (tx *Tx) SeeDevice(ctx context.Context, account, appPassword int64, service string) error {
	d, err := tx.DeviceByAppPassword(ctx, account, appPassword)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if d.Connected != 0 && (service == "" || slices.Contains(d.Seen, service)) {
		return nil
	}
	if d.Connected == 0 {
		d.Connected = tx.now
	}
	if service != "" && !slices.Contains(d.Seen, service) {
		d.Seen = append(d.Seen, service)
		slices.Sort(d.Seen)
	}
	return tx.UpdateDevice(ctx, d)
}
