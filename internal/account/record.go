package account

import (
	"context"
	"errors"

	"ksync/store"
)

// Record is what is kept of a person beside contacts, calendars and tasks, for
// the export of everything. It has no secrets, and no hashes of them.
type Record struct {
	Login        string            `json:"login"`
	Email        string            `json:"email,omitempty"`
	Name         string            `json:"name,omitempty"`
	Locale       string            `json:"locale,omitempty"`
	TimeZone     string            `json:"time_zone,omitempty"`
	Created      int64             `json:"created"` // ms UTC, as all times
	PasswordSet  int64             `json:"password_set,omitempty"`
	TOTPSince    int64             `json:"totp_since,omitempty"`
	BackupCodes  int               `json:"backup_codes_left"`
	Passkeys     []RecordedKey     `json:"passkeys"`
	AppPasswords []RecordedDevice  `json:"app_passwords"`
	Devices      []RecordedSetUp   `json:"devices"`
	Sessions     []RecordedSession `json:"sessions"`
	Activity     []RecordedEvent   `json:"activity"`
}

// RecordedKey is a passkey in a [Record].
type RecordedKey struct {
	Name     string `json:"name"`
	Created  int64  `json:"created"`
	LastUsed int64  `json:"last_used,omitempty"`
}

// RecordedDevice is an app password in a [Record].
type RecordedDevice struct {
	Name      string `json:"name"`
	Scope     string `json:"scope"`
	Created   int64  `json:"created"`
	Expires   int64  `json:"expires,omitempty"`
	Revoked   int64  `json:"revoked,omitempty"`
	LastUsed  int64  `json:"last_used,omitempty"`
	LastPlace string `json:"last_place,omitempty"`
	LastAgent string `json:"last_agent,omitempty"`
}

// RecordedSetUp is a device that was set up by the assistant, in a [Record].
type RecordedSetUp struct {
	Name      string   `json:"name"`
	Platform  string   `json:"platform"`
	Services  []string `json:"services"`
	Created   int64    `json:"created"`
	Connected int64    `json:"connected,omitempty"`
}

// RecordedSession is a session in a [Record].
type RecordedSession struct {
	Created  int64  `json:"created"`
	LastSeen int64  `json:"last_seen"`
	Place    string `json:"place,omitempty"`
	Agent    string `json:"agent,omitempty"`
}

// RecordedEvent is an activity in a [Record].
type RecordedEvent struct {
	At        int64  `json:"at"`
	Since     int64  `json:"since"`
	Count     int64  `json:"count"`
	Kind      string `json:"kind"`
	Place     string `json:"place,omitempty"`
	Agent     string `json:"agent,omitempty"`
	Detail    string `json:"detail,omitempty"`
	Reference string `json:"reference"`
}

// maxRecorded bounds the activities of a [Record]; the latest are in it.
const maxRecorded = 100_000

// Record collects it in one snapshot. Call [Service.BeginExport] before.
func (s *Service) Record(ctx context.Context, p Person) (r Record, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, p.Account.ID)
		if err != nil {
			return err
		}
		r = Record{
			Login: a.Login, Email: a.Email, Name: a.Name, Locale: a.Locale, TimeZone: a.TimeZone, Created: a.Created, PasswordSet: a.PasswordSet,
			Passkeys: []RecordedKey{}, AppPasswords: []RecordedDevice{}, Devices: []RecordedSetUp{}, Sessions: []RecordedSession{}, Activity: []RecordedEvent{},
		}
		return errors.Join(s.recordSignIn(ctx, tx, a.ID, &r), recordActivity(ctx, tx, a.ID, &r))
	})
	return r, err
}

func (s *Service) recordSignIn(ctx context.Context, tx *store.Tx, account int64, r *Record) error {
	factors, err1 := s.factors(ctx, tx, account)
	devices, err2 := tx.AppPasswords(ctx, account)
	sessions, err3 := tx.Sessions(ctx, account)
	setUp, err4 := tx.Devices(ctx, account)
	r.TOTPSince, r.BackupCodes = factors.TOTPSince, factors.BackupCodes.Left
	for _, k := range factors.Passkeys {
		r.Passkeys = append(r.Passkeys, RecordedKey{k.Name, k.Created, k.LastUsed})
	}
	for _, d := range devices {
		r.AppPasswords = append(r.AppPasswords, RecordedDevice{
			d.Name, d.Scope.String(), d.Created, d.Expires, d.Revoked, d.LastUsed, d.LastPlace, d.LastAgent,
		})
	}
	for _, d := range setUp {
		r.Devices = append(r.Devices, RecordedSetUp{d.Name, d.Platform, d.Services, d.Created, d.Connected})
	}
	for _, s := range sessions {
		r.Sessions = append(r.Sessions, RecordedSession{s.Created, s.LastSeen, s.Place, s.Agent})
	}
	return errors.Join(err1, err2, err3, err4)
}

func recordActivity(ctx context.Context, tx *store.Tx, account int64, r *Record) error {
	query := store.ActivityQuery{Account: account, Limit: 500}
	for len(r.Activity) < maxRecorded {
		page, err := tx.Activities(ctx, query)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, a := range page {
			r.Activity = append(r.Activity, RecordedEvent{a.At, a.Since, a.Count, a.Kind, a.Place, a.Agent, a.Detail, Reference(a.ID)})
		}
		query.Before = page[len(page)-1]
	}
	return nil
}
