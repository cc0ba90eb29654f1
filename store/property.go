package store

import (
	"context"
	"slices"
)

// Property is a dead property: kept for clients, without meaning to the server.
// RFC 4918 §4.1.
type Property struct {
	Name  string // "{namespace}local"
	Value string // the whole element as XML
}

// Place is what has properties. With Collection 0, URI is "principal",
// "calendars" or "addressbooks"; else URI names an object of the collection
// and "" the collection itself.
type Place struct {
	Account    int64
	Collection int64
	URI        string
}

// Properties returns the dead properties of a place by name. A place that
// does not exist is [ErrNotFound]. The slice is not to be changed.
func (s *Store) Properties(ctx context.Context, at Place) ([]Property, error) {
	if at.URI != "" {
		return s.readProperties(ctx, at)
	}
	return s.properties.get(s.stamps, at, func() ([]Property, error) { return s.readProperties(ctx, at) })
}

func (s *Store) readProperties(ctx context.Context, at Place) (props []Property, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		props, err = tx.Properties(ctx, at)
		return err
	})
	return props, err
}

// few is what is worth keeping of properties: colours and orders, no pictures.
func few(props []Property) bool {
	const most = 2048
	size := 0
	for _, p := range props {
		size += len(p.Name) + len(p.Value)
	}
	return size <= most
}

// Properties is [Store.Properties] in a transaction.
func (tx *Tx) Properties(ctx context.Context, at Place) ([]Property, error) {
	if err := tx.checkPlace(ctx, at); err != nil {
		return nil, err
	}
	return list(ctx, tx, `
		select name, value from property
		where account_id = $1 and collection_id = $2 and uri = $3
		order by name`, []any{at.Account, at.Collection, at.URI}, scanProperty)
}

func scanProperty(scan scanner) (Property, error) {
	var p Property
	err := scan(&p.Name, &p.Value)
	return p, err
}

// checkPlace makes sure that a place is there.
func (tx *Tx) checkPlace(ctx context.Context, at Place) error {
	var one int64
	switch {
	case at.Collection == 0 && !slices.Contains([]string{"principal", "calendars", "addressbooks"}, at.URI):
		return ErrNotFound
	case at.Collection == 0:
		return tx.one(ctx, `select 1 from account where id = $1 and deleted_at = 0`, []any{at.Account}, &one)
	case at.URI == "":
		return tx.checkCollection(ctx, at.Account, at.Collection)
	default:
		return tx.one(ctx, `
			select 1 from object o join collection c on c.account_id = o.account_id and c.id = o.collection_id
			where o.account_id = $1 and o.collection_id = $2 and o.uri = $3 and c.deleted_at = 0`,
			[]any{at.Account, at.Collection, at.URI}, &one)
	}
}

// lockPlace makes sure that a place is there and stays.
func (tx *Tx) lockPlace(ctx context.Context, at Place) error {
	var err error
	if at.Collection == 0 {
		_, err = tx.lockAccount(ctx, at.Account)
	} else {
		_, err = tx.lockCollection(ctx, at.Account, at.Collection)
	}
	if err != nil {
		return err
	}
	return tx.checkPlace(ctx, at)
}

func (tx *Tx) checkCollection(ctx context.Context, account, id int64) error {
	var one int64
	return tx.one(ctx, `select 1 from collection where account_id = $1 and id = $2 and deleted_at = 0`, []any{account, id}, &one)
}

// SetProperties sets some and removes others (names not there are no error),
// all or none. [ErrLimit] past [Limits.Properties] and [Limits.PropertyBytes].
func (s *Store) SetProperties(ctx context.Context, at Place, set []Property, remove []string) error {
	return s.Write(ctx, func(tx *Tx) error { return tx.SetProperties(ctx, at, set, remove) })
}

// SetProperties is [Store.SetProperties] in a transaction.
func (tx *Tx) SetProperties(ctx context.Context, at Place, set []Property, remove []string) error {
	if err := tx.lockPlace(ctx, at); err != nil {
		return err
	}
	return tx.setProperties(ctx, at, set, remove)
}

func (tx *Tx) setProperties(ctx context.Context, at Place, set []Property, remove []string) error {
	for _, name := range remove {
		if err := tx.removeProperty(ctx, at, name); err != nil {
			return err
		}
	}
	for _, p := range set {
		if err := tx.setProperty(ctx, at, p); err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	return tx.checkProperties(ctx, at)
}

func (tx *Tx) removeProperty(ctx context.Context, at Place, name string) error {
	_, err := tx.exec(ctx, `
		delete from property
		where account_id = $1 and collection_id = $2 and uri = $3 and name = $4`,
		at.Account, at.Collection, at.URI, cleanText(name))
	return err
}

func (tx *Tx) setProperty(ctx context.Context, at Place, p Property) error {
	if err := checkName(p.Name); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		insert into property (account_id, collection_id, uri, name, value) values ($1, $2, $3, $4, $5)
		on conflict (account_id, collection_id, uri, name) do update set value = excluded.value`,
		at.Account, at.Collection, at.URI, p.Name, cleanText(p.Value))
	return err
}

// checkProperties bounds those of a place in number, and those of a collection
// with all its objects, which [Store.AllProperties] reads at once, in size.
func (tx *Tx) checkProperties(ctx context.Context, at Place) error {
	var n int
	var bytes int64
	err := tx.one(ctx, `
		select coalesce(sum(case when uri = $3 then 1 else 0 end), 0), coalesce(sum(octet_length(name) + octet_length(value)), 0)
		from property
		where account_id = $1 and collection_id = $2`,
		[]any{at.Account, at.Collection, at.URI}, &n, &bytes)
	limits := tx.store.options.Limits
	if err == nil && (n > limits.Properties || bytes > limits.PropertyBytes) {
		return ErrLimit
	}
	return err
}

// moveProperties takes the properties of an object along, in place of those at the destination.
func (tx *Tx) moveProperties(ctx context.Context, t Transfer) error {
	return tx.transferProperties(ctx, t, `
		update property set collection_id = $4, uri = $5
		where account_id = $1 and collection_id = $2 and uri = $3`)
}

func (tx *Tx) copyProperties(ctx context.Context, t Transfer) error {
	return tx.transferProperties(ctx, t, `
		insert into property (account_id, collection_id, uri, name, value)
		select account_id, cast($4 as bigint), cast($5 as text), name, value from property
		where account_id = $1 and collection_id = $2 and uri = $3`)
}

func (tx *Tx) transferProperties(ctx context.Context, t Transfer, statement string) error {
	if err := tx.dropProperties(ctx, t.Account, t.To); err != nil {
		return err
	}
	n, err := tx.exec(ctx, statement, t.Account, t.From.Collection, t.From.URI, t.To.Collection, t.To.URI)
	if err != nil || n == 0 {
		return err
	}
	return tx.checkProperties(ctx, Place{t.Account, t.To.Collection, t.To.URI})
}

func (tx *Tx) dropProperties(ctx context.Context, account int64, at Place) error {
	_, err := tx.exec(ctx, `
		delete from property
		where account_id = $1 and collection_id = $2 and uri = $3`, account, at.Collection, at.URI)
	return err
}

// AllProperties returns the dead properties of a collection (key "") and of
// its objects (by URI); places without any are not in the map.
func (s *Store) AllProperties(ctx context.Context, account, collection int64) (map[string][]Property, error) {
	all := make(map[string][]Property)
	err := s.Read(ctx, func(tx *Tx) error {
		if err := tx.checkCollection(ctx, account, collection); err != nil {
			return err
		}
		return tx.each(ctx, `
			select uri, name, value from property
			where account_id = $1 and collection_id = $2
			order by uri, name`, []any{account, collection}, func(scan scanner) error {
			var uri string
			var p Property
			err := scan(&uri, &p.Name, &p.Value)
			all[uri] = append(all[uri], p)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
