package store

import (
	"context"
	"errors"
	"fmt"
)

// maxFindings bounds what one [Store.Verify] reports.
const maxFindings = 50

// Verify checks the whole database against the invariants of the package and
// returns an error that names what it found, up to a bound. It reads every
// byte, one collection at a time, each in a snapshot of its own.
func (s *Store) Verify(ctx context.Context) error {
	v := &verification{}
	if err := s.Read(ctx, func(tx *Tx) error { return v.whole(ctx, tx) }); err != nil {
		return err
	}
	err := s.eachCollection(ctx, func(c collectionState) error {
		return s.Read(ctx, func(tx *Tx) error { return v.collection(ctx, tx, c.place) })
	})
	return errors.Join(append(v.findings, err)...)
}

type verification struct{ findings []error }

func (v *verification) report(format string, args ...any) {
	if len(v.findings) < maxFindings {
		v.findings = append(v.findings, fmt.Errorf("verify: "+format, args...))
	}
}

// none reports rows that must not be there; queries count them.
func (v *verification) none(ctx context.Context, tx *Tx, what, query string, args ...any) error {
	var n int64
	if err := tx.one(ctx, query, args, &n); err != nil {
		return err
	}
	if n != 0 {
		v.report("%d %s", n, what)
	}
	return nil
}

// whole looks for rows that belong to nothing.
func (v *verification) whole(ctx context.Context, tx *Tx) error {
	inCollection := ` t where not exists (
		select 1 from collection c where c.account_id = t.account_id and c.id = t.collection_id)`
	inAccount := ` t where not exists (select 1 from account a where a.id = t.account_id)`
	checks := []struct{ what, query string }{
		{"objects without a collection", `select count(*) from object` + inCollection},
		{"tombstones without a collection", `select count(*) from tombstone` + inCollection},
		{"versions without a collection", `select count(*) from version` + inCollection},
		{"properties without a collection", `select count(*) from property` + inCollection + ` and t.collection_id <> 0`},
		{"properties without an account", `select count(*) from property` + inAccount},
		{"collections without an account", `select count(*) from collection` + inAccount},
		{"app passwords without an account", `select count(*) from app_password` + inAccount},
		{"sessions without an account", `select count(*) from session` + inAccount},
		{"authenticator apps without an account", `select count(*) from totp` + inAccount},
		{"backup codes without an account", `select count(*) from backup_code` + inAccount},
		{"passkeys without an account", `select count(*) from passkey` + inAccount},
		{"devices without an account", `select count(*) from device` + inAccount},
		{"tickets without an account", `select count(*) from ticket` + inAccount + ` and t.account_id <> 0`},
		{"activities without an account", `select count(*) from activity` + inAccount},
		{"known places without an account", `select count(*) from known_place` + inAccount},
		{"notices without an account", `select count(*) from notice` + inAccount + ` and t.account_id <> 0`},
		{"activities that end before they begin", `select count(*) from activity where at < since or count < 1`},
		{"login names without an account", `select count(*) from account_name` + inAccount},
		{"accounts without a login name", `select count(*) from account a where a.deleted_at = 0 and not exists (
			select 1 from account_name n where n.account_id = a.id and n.until = 0)`},
	}
	for _, c := range checks {
		if err := v.none(ctx, tx, c.what, c.query); err != nil {
			return err
		}
	}
	return nil
}

// tally is what a collection's row says and what its rows add up to.
type tally struct{ bytes, count, kept int64 }

func (v *verification) collection(ctx context.Context, tx *Tx, at place) error {
	var change, oldest, deletedAt int64
	var said tally
	err := tx.one(ctx, `
		select change, oldest, deleted_at, bytes, count, kept_bytes from collection
		where account_id = $1 and id = $2`, []any{at.account, at.collection},
		&change, &oldest, &deletedAt, &said.bytes, &said.count, &said.kept)
	if errors.Is(err, ErrNotFound) { // purged meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	if oldest < 1 || oldest > change {
		v.report("collection %v: oldest %d, change %d", at, oldest, change)
	}
	found, err := v.objects(ctx, tx, at)
	if err != nil {
		return err
	}
	if err := v.versions(ctx, tx, at, &found); err != nil {
		return err
	}
	if deletedAt == 0 && said != found { // a deleted one may be half purged
		v.report("collection %v: counters say %+v, rows %+v", at, said, found)
	}
	return v.numbers(ctx, tx, at, change)
}

func (v *verification) objects(ctx context.Context, tx *Tx, at place) (sum tally, err error) {
	err = tx.each(ctx, `
		select uri, etag, size, bytes from object
		where account_id = $1 and collection_id = $2`, []any{at.account, at.collection}, func(scan scanner) error {
		size, err := v.content(scan, at)
		sum.bytes += size
		sum.count++
		return err
	})
	return sum, err
}

func (v *verification) versions(ctx context.Context, tx *Tx, at place, sum *tally) error {
	return tx.each(ctx, `
		select uri, etag, size, bytes from version
		where account_id = $1 and collection_id = $2`, []any{at.account, at.collection}, func(scan scanner) error {
		size, err := v.content(scan, at)
		sum.kept += size
		return err
	})
}

func (v *verification) content(scan scanner, at place) (size int64, err error) {
	var uri, etag string
	var bytes []byte
	if err := scan(&uri, &etag, &size, &bytes); err != nil {
		return 0, err
	}
	if size != int64(len(bytes)) {
		v.report("collection %v: %q has %d bytes, its row says %d", at, uri, len(bytes), size)
	}
	if want := etagOf(bytes); etag != want {
		v.report("collection %v: %q has ETag %s, its bytes make %s", at, uri, etag, want)
	}
	return size, nil
}

// numbers checks that each change number was given out once, and that no name
// is there and deleted at once.
func (v *verification) numbers(ctx context.Context, tx *Tx, at place, change int64) error {
	checks := []struct{ what, query string }{
		{"objects with a number not given out", `select count(*) from object
			where account_id = $1 and collection_id = $2 and (change > $3 or change < 2)`},
		{"tombstones with a number not given out", `select count(*) from tombstone
			where account_id = $1 and collection_id = $2 and (change > $3 or change < 2)`},
		{"numbers of an object and a tombstone", `select count(*) from object o join tombstone t
			on t.account_id = o.account_id and t.collection_id = o.collection_id and t.change = o.change
			where o.account_id = $1 and o.collection_id = $2 and $3 > 0`},
		{"names of an object and a tombstone", `select count(*) from object o join tombstone t
			on t.account_id = o.account_id and t.collection_id = o.collection_id and t.uri = o.uri
			where o.account_id = $1 and o.collection_id = $2 and $3 > 0`},
		{"properties of objects that are not there", `select count(*) from property p
			where p.account_id = $1 and p.collection_id = $2 and p.uri <> '' and $3 > 0 and not exists (
				select 1 from object o
				where o.account_id = p.account_id and o.collection_id = p.collection_id and o.uri = p.uri)
			and exists (select 1 from collection c
				where c.account_id = p.account_id and c.id = p.collection_id and c.deleted_at = 0)`},
	}
	for _, c := range checks {
		if err := v.none(ctx, tx, fmt.Sprintf("%s in collection %v", c.what, at), c.query, at.account, at.collection, change); err != nil {
			return err
		}
	}
	return nil
}
