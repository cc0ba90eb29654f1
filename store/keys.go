package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

// maxKeys bounds the keys of one object; more are not kept.
const maxKeys = 512

// setKeys gives the object of a change number its keys.
func (tx *Tx) setKeys(ctx context.Context, col *ledger, change int64, keys []int64) error {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	const most = 8 // and so as many statements to prepare
	for chunk := range slices.Chunk(keys[:min(len(keys), maxKeys)], most) {
		args := []any{col.account, col.id, change}
		rows := ""
		for i, key := range chunk {
			args = append(args, key)
			if i > 0 {
				rows += ", "
			}
			rows += "($1, $2, $3, " + parameters(4+i, 1) + ")"
		}
		_, err := tx.exec(ctx, `
			insert into object_key (account_id, collection_id, change, key) values `+rows, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// dropKeys takes the keys of an object away.
func (tx *Tx) dropKeys(ctx context.Context, col *ledger, change int64) error {
	_, err := tx.exec(ctx, `
		delete from object_key
		where account_id = $1 and collection_id = $2 and change = $3`, col.account, col.id, change)
	return err
}

// moveKeys takes the keys of an object along.
func (tx *Tx) moveKeys(ctx context.Context, tr *transit, change int64) error {
	_, err := tx.exec(ctx, `
		update object_key set collection_id = $4, change = $5
		where account_id = $1 and collection_id = $2 and change = $3`,
		tr.Account, tr.from.id, tr.src.change, tr.to.id, change)
	return errors.Join(err, tx.mixKeys(ctx, tr))
}

func (tx *Tx) copyKeys(ctx context.Context, tr *transit, change int64) error {
	_, err := tx.exec(ctx, `
		insert into object_key (account_id, collection_id, change, key)
		select account_id, cast($4 as bigint), cast($5 as bigint), key from object_key
		where account_id = $1 and collection_id = $2 and change = $3`,
		tr.Account, tr.from.id, tr.src.change, tr.to.id, change)
	return errors.Join(err, tx.mixKeys(ctx, tr))
}

// mixKeys notes that a collection got keys of another version than its own, or
// may have, while all are made anew there ([Store.Rekey]): a negative version.
func (tx *Tx) mixKeys(ctx context.Context, tr *transit) error {
	if tr.from == tr.to {
		return nil
	}
	_, err := tx.exec(ctx, `
		update collection set key_version = 0
		where account_id = $1 and id = $3 and (key_version < 0 or key_version <> (
			select f.key_version from collection f where f.account_id = $1 and f.id = $2))`,
		tr.Account, tr.from.id, tr.to.id)
	return err
}

// Found is an object of one of an account's collections.
type Found struct {
	Collection int64
	Object
}

// KeyQuery chooses objects of an account by their keys.
type KeyQuery struct {
	Account  int64
	Keys     []int64 // one of them
	Limit    int     // of objects
	MaxBytes int64   // of all together
}

// ObjectsByKey returns the objects of an account, in any of its collections,
// that have one of the keys, with their bytes, by collection and URI. Past
// either bound it is [ErrLimit]. Objects of a collection whose keys are not up
// to date ([Store.Rekey]) may be missing.
func (tx *Tx) ObjectsByKey(ctx context.Context, q KeyQuery) ([]Found, error) {
	const size = 16
	var all []Found
	seen := map[foundAt]bool{}
	for chunk := range slices.Chunk(q.Keys, size) {
		args := []any{q.Account}
		for i := range size {
			args = append(args, chunk[min(i, len(chunk)-1)])
		}
		err := tx.each(ctx, `
			select k.collection_id, `+objectColumns+`, o.bytes
			from object_key k
				join collection c on c.account_id = k.account_id and c.id = k.collection_id
				join object o on o.account_id = k.account_id and o.collection_id = k.collection_id and o.change = k.change
			where k.account_id = $1 and k.key in (`+parameters(2, size)+`) and c.deleted_at = 0`,
			args, func(scan scanner) error {
				var f Found
				if err := scan(append(append([]any{&f.Collection}, f.columns()...), &f.Bytes)...); err != nil {
					return err
				}
				if seen[f.at()] {
					return nil
				}
				seen[f.at()] = true
				all = append(all, f)
				if q.MaxBytes -= f.Size; q.MaxBytes < 0 || len(all) > q.Limit {
					return ErrLimit
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, compareFound)
	return all, nil
}

func compareFound(a, b Found) int {
	return cmp.Or(cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.URI, b.URI))
}

// foundAt tells objects apart.
type foundAt struct {
	collection int64
	uri        string
}

func (f Found) at() foundAt { return foundAt{f.Collection, f.URI} }

// Keying is how the keys of a kind are made.
type Keying struct {
	Kind    Kind
	Version int64                // another one whenever Keys changed; at least 1
	Keys    func([]byte) []int64 // of an object's bytes, as [Index.Keys]
}

// Rekey makes the keys anew in collections where they are of another version:
// in those of one account, or (0) in all. It works in small transactions and
// can be interrupted; writes meanwhile bring their own keys. A collection that
// objects came to from another one meanwhile is left for the next time.
func (s *Store) Rekey(ctx context.Context, account int64, k Keying) error {
	if account == 0 {
		return s.eachCollection(ctx, func(c collectionState) error {
			if c.deletedAt != 0 || c.kind != k.Kind || c.keyVersion == k.Version {
				return nil
			}
			return s.rekeyCollection(ctx, Collection{Account: c.account, ID: c.collection, Change: c.change}, k)
		})
	}
	var stale []Collection
	err := s.Read(ctx, func(tx *Tx) (err error) {
		stale, err = list(ctx, tx, `
			select account_id, id, change from collection
			where account_id = $1 and kind = $2 and key_version <> $3 and deleted_at = 0`,
			[]any{account, string(k.Kind), k.Version},
			func(scan scanner) (c Collection, err error) { return c, scan(&c.Account, &c.ID, &c.Change) })
		return err
	})
	for _, c := range stale {
		if err == nil {
			err = s.rekeyCollection(ctx, c, k)
		}
	}
	return err
}

func (s *Store) rekeyCollection(ctx context.Context, c Collection, k Keying) error {
	if err := s.setKeyVersion(ctx, c, -k.Version, `key_version <> $3`); err != nil {
		return err
	}
	for all := s.List(c, Query{Limit: purgeBatch, WithBytes: true}, nil); ; {
		page, err := all.Next(ctx)
		if errors.Is(err, ErrNotFound) { // deleted meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		keys := make([][]int64, len(page))
		for i, o := range page {
			keys[i] = k.Keys(o.Bytes)
		}
		left, err := s.rekeyPage(ctx, c, page, keys)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			all.Missed(left...)
		}
	}
	return s.setKeyVersion(ctx, c, k.Version, `key_version = -$3`)
}

func (s *Store) setKeyVersion(ctx context.Context, c Collection, version int64, condition string) error {
	return s.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `
			update collection set key_version = $3
			where account_id = $1 and id = $2 and `+condition, c.Account, c.ID, version)
		return err
	})
}

// rekeyPage leaves alone what has changed since the page was read, and tells what
// has: with another name it still has its keys of before.
func (s *Store) rekeyPage(ctx context.Context, c Collection, page []Object, keys [][]int64) (left []Object, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		col, err := tx.lockCollection(ctx, c.Account, c.ID)
		if err != nil {
			return err
		}
		for i, o := range page {
			now, err := tx.head(ctx, col, o.URI)
			if err != nil {
				return err
			}
			if !now.present || now.change != o.Change {
				left = append(left, o)
				continue
			}
			if err := errors.Join(tx.dropKeys(ctx, col, o.Change), tx.setKeys(ctx, col, o.Change, keys[i])); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return left, err
}

// covers reports whether a collection has the keys of k, all of them.
func (k Keying) covers(c collectionState) bool {
	return c.deletedAt == 0 && c.kind == k.Kind && c.keyVersion == k.Version
}

// keys compares the keys of every object with those that its bytes make.
func (v *inspection) keys(ctx context.Context, tx *Tx, at place, k Keying) error {
	said := map[int64][]int64{}
	err := tx.each(ctx, `
		select change, key from object_key
		where account_id = $1 and collection_id = $2
		order by change, key`, []any{at.account, at.collection}, func(scan scanner) error {
		var change, key int64
		err := scan(&change, &key)
		said[change] = append(said[change], key)
		return err
	})
	if err != nil {
		return err
	}
	return tx.each(ctx, `
		select uri, change, bytes from object
		where account_id = $1 and collection_id = $2`, []any{at.account, at.collection}, func(scan scanner) error {
		var uri string
		var change int64
		var bytes []byte
		if err := scan(&uri, &change, &bytes); err != nil {
			return err
		}
		want := slices.Clone(k.Keys(bytes))
		slices.Sort(want)
		want = slices.Compact(want)
		if want = want[:min(len(want), maxKeys)]; !slices.Equal(said[change], want) {
			v.find("collection %v: %q has keys %v, its bytes make %v", at, uri, said[change], want)
		}
		return nil
	})
}
