package web

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"ksync/internal/account"
	"ksync/internal/duplicates"
	"ksync/store"
)

// overview is what the first page of an account shows: what syncs, with which
// devices, and what to do next.
type overview struct {
	Account     store.Account
	Address     string
	Collections []collection
	Used        int64 // bytes
	Devices     []syncer
	Factors     account.Factors
	Duplicates  int // groups; 0 also when they are not counted yet
	Latest      []happening
}

// fewCodes is from when on backup codes should be made anew.
const fewCodes = 3

// FewCodes reports whether the backup codes are coming to an end.
func (o overview) FewCodes() bool {
	return o.Factors.Any() && o.Factors.BackupCodes.Left <= fewCodes
}

// fewDevices is how many the page shows; the rest is behind a link.
const fewDevices = 5

// Recent are the devices that were seen last.
func (o overview) Recent() []syncer { return o.Devices[:min(len(o.Devices), fewDevices)] }

// Login is what the card for apps names.
func (o overview) Login() string { return o.Account.Login }

// collection is an address book, a calendar or a task list.
type collection struct {
	store.Collection
	Name    string
	Icon    string
	What    string   // key of the kind's name
	Held    string   // key of what is counted
	Address string   // for apps that ask for this one; "": not known
	Actions []option // what can be done with it
}

// option is one line of a menu.
type option struct {
	Path, Icon, Key string
	Count           int // for the text of Key
}

// AddressID is the element of the collection's address.
func (c collection) AddressID() string { return "address-" + string(c.Kind) + "-" + c.URI }

func (v *visit) collection(c store.Collection) collection {
	one := collection{Collection: c, Name: c.DisplayName, Icon: "calendar", What: "home.calendar", Held: "home.events", Address: v.addressOf(c)}
	if strings.TrimSpace(one.Name) == "" {
		one.Name = c.URI
	}
	switch {
	case c.Kind == store.AddressBook:
		one.Icon, one.What, one.Held = "book", "home.book", "home.contacts"
		if v.site.Duplicates != nil {
			one.Actions = append(one.Actions, option{Path: search{Book: c.ID}.To(pathDuplicates), Icon: "twins", Key: "home.duplicates"})
		}
	case slices.Equal(c.Components, []string{"VTODO"}):
		one.Icon, one.What, one.Held = "tasks", "home.task-list", "home.tasks"
	}
	return one
}

// addressOf is where an app finds one collection.
func (v *visit) addressOf(c store.Collection) string {
	address, err := url.Parse(v.address())
	if err != nil || address.Host == "" || v.site.Href == nil {
		return ""
	}
	href, err := url.Parse(v.site.Href(c))
	if err != nil {
		return ""
	}
	return address.ResolveReference(href).String()
}

func home(v *visit) error {
	o := overview{Account: v.person.Account, Address: v.address()}
	for _, load := range []func(*overview) error{v.loadCollections, v.loadDuplicates, v.loadDevices, v.loadLatest} {
		if err := load(&o); err != nil {
			return err
		}
	}
	return v.page("home", o)
}

func (v *visit) loadCollections(o *overview) (err error) {
	for _, kind := range []store.Kind{store.AddressBook, store.Calendar} {
		all, err := v.site.Store.Collections(v.ctx(), o.Account.ID, kind)
		if err != nil {
			return err
		}
		for _, c := range all {
			o.Collections = append(o.Collections, v.collection(c))
		}
	}
	o.Used, err = v.site.Store.Usage(v.ctx(), o.Account.ID)
	return err
}

// loadDuplicates counts the groups of each address book. A page that shows more
// than these does not wait for a first look at all contacts, and not for more
// than can be compared.
func (v *visit) loadDuplicates(o *overview) error {
	if v.site.Duplicates == nil {
		return nil
	}
	counts, ok, err := v.site.Duplicates.CountsWithin(v.ctx(), o.Account.ID, v.site.Patience)
	if !ok || err != nil {
		if errors.Is(err, duplicates.ErrTooMany) {
			err = nil
		}
		return err
	}
	open := map[int64]int{}
	for _, c := range counts {
		open[c.Collection] = c.Sure + c.Likely
		o.Duplicates += open[c.Collection] // a group of two books twice: counted below
	}
	for _, c := range o.Collections {
		for i := range c.Actions {
			if n := open[c.ID]; n > 0 && c.Actions[i].Key == "home.duplicates" {
				c.Actions[i].Key, c.Actions[i].Count = "home.duplicates-open", n
			}
		}
	}
	if o.Duplicates > 0 {
		page, err := v.site.Duplicates.Groups(v.ctx(), o.Account.ID, duplicates.Query{Limit: 1})
		o.Duplicates = page.Total
		return err
	}
	return nil
}

func (v *visit) loadDevices(o *overview) (err error) {
	if o.Devices, err = v.syncers(); err != nil {
		return err
	}
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
