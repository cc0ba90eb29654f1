package web

import (
	"slices"

	"ksync/internal/account"
	"ksync/store"
)

// overview is what the first page of an account shows.
type overview struct {
	Account             store.Account
	Address             string
	Contacts            int64 // how many there are
	Events              int64 // events, tasks and notes
	Used                int64 // bytes
	Devices             int   // app passwords that work
	Factors             account.Factors
	Latest              []happening
	AddressBooks, Lists int
}

// fewCodes is from when on backup codes should be made anew.
const fewCodes = 3

// FewCodes reports whether the backup codes are coming to an end.
func (o overview) FewCodes() bool {
	return o.Factors.Any() && o.Factors.BackupCodes.Left <= fewCodes
}

func home(v *visit) error {
	o := overview{Account: v.person.Account, Address: v.address()}
	for _, load := range []func(*overview) error{v.loadHoldings, v.loadDevices, v.loadLatest} {
		if err := load(&o); err != nil {
			return err
		}
	}
	return v.page("home", o)
}

func (v *visit) loadHoldings(o *overview) (err error) {
	books, err := v.site.Store.Collections(v.ctx(), o.Account.ID, store.AddressBook)
	if err != nil {
		return err
	}
	calendars, err := v.site.Store.Collections(v.ctx(), o.Account.ID, store.Calendar)
	if err != nil {
		return err
	}
	o.AddressBooks, o.Lists = len(books), len(calendars)
	o.Contacts, o.Events = counted(books), counted(calendars)
	o.Used, err = v.site.Store.Usage(v.ctx(), o.Account.ID)
	return err
}

func counted(all []store.Collection) (n int64) {
	for _, c := range all {
		n += c.Count
	}
	return n
}

func (v *visit) loadDevices(o *overview) (err error) {
	passwords, err := v.site.accounts.AppPasswords(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	now := v.site.Now().UnixMilli()
	o.Devices = len(slices.DeleteFunc(passwords, func(p store.AppPassword) bool { return !p.Active(now) }))
	o.Factors, err = v.site.accounts.Factors(v.ctx(), *v.person)
	return err
}

func (v *visit) loadLatest(o *overview) error {
	const few = 5
	latest, err := v.site.accounts.Activity(v.ctx(), *v.person, store.ActivityQuery{Limit: few})
	o.Latest = v.happenings(latest)
	return err
}

// keepAccount takes a deletion back.
func keepAccount(v *visit) error {
	if err := v.site.accounts.CancelDeletion(v.ctx(), v.from(), *v.person); err != nil {
		return err
	}
	return v.noted(pathHome, "done.account-kept")
}
