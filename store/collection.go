package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// Kind says what a collection holds.
type Kind string

// The kinds.
const (
	Calendar    Kind = "calendar"
	AddressBook Kind = "addressbook"
)

// Collection is a calendar or an address book.
type Collection struct {
	ID      int64
	Account int64
	Kind    Kind
	URI     string // last segment of its path; unique per account and kind while it is not deleted
	Epoch   string // random; a sync token with another epoch is void
	Change  int64  // number of the latest change; 1 when new, so that 0 can mean "nothing seen"
	Oldest  int64  // changes after this number, and later ones, can still be told completely

	DisplayName string
	Description string
	Color       string
	Order       *int64
	TimeZone    string // an iCalendar object
	TimeZoneID  string
	Components  []string // what a calendar accepts; none means any
	Source      string   // URL of a subscription

	Bytes, Count      int64 // of its objects
	Created, Modified int64 // ms UTC; Modified also moves with properties
}

// ETag changes with every change of the collection's objects. [Store.DeleteCollection] compares it.
func (c Collection) ETag() string { return c.Epoch + "-" + strconv.FormatInt(c.Change, 10) }

// Collections returns an account's collections of one kind in the order of
// their making. An unknown account has none.
func (s *Store) Collections(ctx context.Context, account int64, kind Kind) (all []Collection, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		all, err = tx.Collections(ctx, account, kind)
		return err
	})
	return all, err
}

// Collections is [Store.Collections] in a transaction.
func (tx *Tx) Collections(ctx context.Context, account int64, kind Kind) ([]Collection, error) {
	return list(ctx, tx, `
		select `+collectionColumns+` from collection c
		where c.account_id = $1 and c.kind = $2 and c.deleted_at = 0
		order by c.created, c.uri, c.id`, []any{account, string(kind)}, scanCollection)
}

const collectionColumns = `c.account_id, c.id, c.kind, c.uri, c.epoch, c.change, c.oldest, c.bytes, c.count, c.created, c.modified,
	c.display_name, c.description, c.color, c.sort_order, c.time_zone_id, c.components, c.source, c.time_zone`

func scanCollection(scan scanner) (Collection, error) {
	var c Collection
	var components string
	err := scan(&c.Account, &c.ID, &c.Kind, &c.URI, &c.Epoch, &c.Change, &c.Oldest, &c.Bytes, &c.Count, &c.Created, &c.Modified,
		&c.DisplayName, &c.Description, &c.Color, &c.Order, &c.TimeZoneID, &components, &c.Source, &c.TimeZone)
	c.Components = strings.Fields(components)
	if len(c.Components) == 0 {
		c.Components = nil
	}
	return c, err
}

// collectionName is what people's clients know a collection by.
type collectionName struct {
	account int64
	kind    Kind
	uri     string
}

// Collection returns one by name. What it points to is not to be changed.
func (s *Store) Collection(ctx context.Context, account int64, kind Kind, uri string) (Collection, error) {
	if checkName(uri) != nil {
		return Collection{}, ErrNotFound
	}
	return s.collections.get(s.stamps, collectionName{account, kind, uri}, func() (c Collection, err error) {
		err = s.Read(ctx, func(tx *Tx) error {
			c, err = tx.collection(ctx, `c.account_id = $1 and c.kind = $2 and c.uri = $3`, account, string(kind), uri)
			return err
		})
		return c, err
	})
}

// short is what is worth keeping of collections: names, colours and a time zone, no long descriptions.
func short(c Collection) bool {
	const most = 8 << 10
	size := len(c.DisplayName) + len(c.Description) + len(c.Color) + len(c.TimeZone) + len(c.TimeZoneID) + len(c.Source)
	for _, name := range c.Components {
		size += len(name)
	}
	return size <= most
}

// collection returns the only one that the end of a condition selects.
func (tx *Tx) collection(ctx context.Context, condition string, args ...any) (Collection, error) {
	all, err := list(ctx, tx, `
		select `+collectionColumns+` from collection c
		where c.deleted_at = 0 and `+condition, args, scanCollection)
	if err != nil {
		return Collection{}, err
	}
	if len(all) == 0 {
		return Collection{}, ErrNotFound
	}
	return all[0], nil
}

func (tx *Tx) lockedCollection(ctx context.Context, account, id int64) (Collection, error) {
	return tx.collection(ctx, `c.account_id = $1 and c.id = $2`+tx.store.dialect.lock("c"), account, id)
}

// CreateCollection stores a new collection with dead properties. ID, Epoch,
// numbers and times of c are ignored and returned as made. [ErrExists] when
// the URI is taken, [ErrNotFound] without the account, [ErrLimit] past [Limits].
func (s *Store) CreateCollection(ctx context.Context, c Collection, props []Property) (Collection, error) {
	err := s.Write(ctx, func(tx *Tx) (err error) {
		c, err = tx.CreateCollection(ctx, c, props)
		return err
	})
	if err != nil {
		return Collection{}, err
	}
	return c, nil
}

// CreateCollection is [Store.CreateCollection] in a transaction.
func (tx *Tx) CreateCollection(ctx context.Context, c Collection, props []Property) (Collection, error) {
	if err := tx.checkNewCollection(ctx, c); err != nil {
		return Collection{}, err
	}
	if err := tx.startCollection(ctx, &c); err != nil {
		return Collection{}, err
	}
	if err := tx.insertCollection(ctx, c); err != nil {
		return Collection{}, err
	}
	return c, tx.setProperties(ctx, Place{Account: c.Account, Collection: c.ID}, props, nil)
}

func (tx *Tx) checkNewCollection(ctx context.Context, c Collection) error {
	if err := checkName(c.URI); err != nil {
		return err
	}
	if c.Kind != Calendar && c.Kind != AddressBook {
		return ErrInvalid
	}
	if _, err := tx.lockAccount(ctx, c.Account); err != nil {
		return err
	}
	var present int
	err := tx.one(ctx, `select count(*) from collection where account_id = $1 and deleted_at = 0`, []any{c.Account}, &present)
	if err == nil && present >= tx.store.options.Limits.Collections {
		return ErrLimit
	}
	return err
}

// startCollection gives a new collection all that the store decides.
func (tx *Tx) startCollection(ctx context.Context, c *Collection) error {
	epoch, err := tx.store.newEpoch()
	if err != nil {
		return err
	}
	id, err := tx.newID(ctx, `select 1 from collection where account_id = $1 and id = $2`, c.Account)
	if err != nil {
		return err
	}
	c.ID, c.Epoch, c.Change, c.Oldest = id, epoch, 1, 1
	c.Bytes, c.Count, c.Created, c.Modified = 0, 0, tx.now, tx.now
	c.clean()
	return nil
}

// clean makes every text one that any database keeps.
func (c *Collection) clean() {
	for _, text := range []*string{&c.DisplayName, &c.Description, &c.Color, &c.TimeZone, &c.TimeZoneID, &c.Source} {
		*text = cleanText(*text)
	}
	c.Components = slices.Clone(c.Components)
	for i, name := range c.Components {
		c.Components[i] = cleanText(name)
	}
}

func (tx *Tx) insertCollection(ctx context.Context, c Collection) error {
	n, err := tx.exec(ctx, `
		insert into collection (account_id, id, kind, uri, epoch, change, oldest, bytes, count, kept_bytes, created, modified, deleted_at,
			display_name, description, color, sort_order, time_zone_id, components, source, time_zone)
		values ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, $8, $9, 0, $10, $11, $12, $13, $14, $15, $16, $17)
		on conflict do nothing`,
		c.Account, c.ID, string(c.Kind), c.URI, c.Epoch, c.Change, c.Oldest, c.Created, c.Modified,
		c.DisplayName, c.Description, c.Color, c.Order, c.TimeZoneID, strings.Join(c.Components, " "), c.Source, c.TimeZone)
	if err == nil && n == 0 {
		return ErrExists
	}
	return err
}

// UpdateCollection changes properties, live ones through edit (DisplayName to
// Source; other fields are ignored; may be nil) and dead ones by set and
// remove, all or none. It takes no change number: names and colours are not
// part of what a sync token covers.
func (s *Store) UpdateCollection(ctx context.Context, account, id int64, edit func(*Collection) error, set []Property, remove []string) error {
	return s.Write(ctx, func(tx *Tx) error {
		c, err := tx.lockedCollection(ctx, account, id)
		if err != nil {
			return err
		}
		if edit != nil {
			if err := edit(&c); err != nil {
				return err
			}
		}
		c.clean()
		c.Account, c.ID = account, id
		if err := tx.describeCollection(ctx, c); err != nil {
			return err
		}
		return tx.setProperties(ctx, Place{Account: account, Collection: id}, set, remove)
	})
}

func (tx *Tx) describeCollection(ctx context.Context, c Collection) error {
	n, err := tx.exec(ctx, `
		update collection
		set display_name = $3, description = $4, color = $5, sort_order = $6,
			time_zone_id = $7, components = $8, source = $9, time_zone = $10, modified = $11
		where account_id = $1 and id = $2 and deleted_at = 0`,
		c.Account, c.ID, c.DisplayName, c.Description, c.Color, c.Order,
		c.TimeZoneID, strings.Join(c.Components, " "), c.Source, c.TimeZone, tx.now)
	return found(n, err)
}

// DeleteCollection takes a collection away in one step, whatever its size.
// Its URI is free at once; its objects stay restorable until [Store.Maintain]
// removes them. cond is compared with [Collection.ETag].
func (s *Store) DeleteCollection(ctx context.Context, account, id int64, cond Precondition) error {
	return s.Write(ctx, func(tx *Tx) error {
		c, err := tx.lockedCollection(ctx, account, id)
		if err != nil {
			return err
		}
		if !cond.holds(c.ETag(), true) {
			return ErrPrecondition
		}
		n, err := tx.exec(ctx, `
			update collection set deleted_at = $4
			where account_id = $1 and id = $2 and deleted_at = 0 and change = $3`, account, id, c.Change, tx.now)
		return found(n, err)
	})
}
