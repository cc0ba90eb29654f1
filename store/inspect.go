package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// maxFindings bounds what one [Store.Inspect] reports.
const maxFindings = 50

// Derive says, per kind, what index the bytes of an object make. An object of
// a kind that is not there is not looked into.
type Derive map[Kind]func(bytes []byte) (Index, error)

// Report is what an inspection found.
type Report struct {
	Accounts    int64    `json:"accounts"`
	Collections int64    `json:"collections"` // with the deleted ones that are kept
	Objects     int64    `json:"objects"`
	Versions    int64    `json:"versions"`
	Bytes       int64    `json:"bytes"`    // of objects and versions
	Findings    []string `json:"findings"` // what is wrong, a sentence each, up to a bound
	More        int64    `json:"more"`     // findings beyond the bound
}

// Sound reports whether nothing was found.
func (r *Report) Sound() bool { return len(r.Findings) == 0 }

// Verify checks the whole database against the invariants of the package and
// returns an error that names what it found, up to a bound.
func (s *Store) Verify(ctx context.Context) error {
	report, err := s.Inspect(ctx, nil)
	return errors.Join(report.err(), err)
}

// err is what was found, nil if that is nothing.
func (r *Report) err() (err error) {
	for _, finding := range r.Findings {
		err = errors.Join(err, fmt.Errorf("verify: %s", finding))
	}
	return err
}

// Inspect checks the file itself and the whole database against the invariants
// of the package: bytes against ETags and sizes, counters, numbers, what
// belongs to nothing, and the index and the keys against what derive and
// keyings make of the bytes. It reads every byte, one collection at a time,
// each in a snapshot of its own. What cannot be read is a finding; an error is
// only that of ctx, or [ErrClosed].
func (s *Store) Inspect(ctx context.Context, derive Derive, keyings ...Keying) (*Report, error) {
	v := &inspection{derive: derive, report: &Report{Findings: []string{}}}
	v.reading(ctx, "file", s.Read(ctx, func(tx *Tx) error { return v.file(ctx, tx) }))
	v.reading(ctx, "schema", s.Read(ctx, func(tx *Tx) error { return v.schema(ctx, tx) }))
	v.reading(ctx, "database", s.Read(ctx, func(tx *Tx) error { return v.whole(ctx, tx) }))
	v.reading(ctx, "collections", s.eachCollection(ctx, func(c collectionState) error {
		v.reading(ctx, fmt.Sprintf("collection %v", c.place), s.Read(ctx, func(tx *Tx) error { return v.collection(ctx, tx, c.place) }))
		for _, k := range keyings {
			if k.covers(c) {
				v.reading(ctx, fmt.Sprintf("keys of collection %v", c.place), s.Read(ctx, func(tx *Tx) error { return v.keys(ctx, tx, c.place, k) }))
			}
		}
		return v.stopped
	}))
	return v.report, v.stopped
}

// inspection is one [Store.Inspect] under way.
type inspection struct {
	derive  Derive
	report  *Report
	stopped error
}

func (v *inspection) find(format string, args ...any) {
	if len(v.report.Findings) == maxFindings {
		v.report.More++
		return
	}
	v.report.Findings = append(v.report.Findings, fmt.Sprintf(format, args...))
}

// reading makes a finding of what could not be read. Who did not get to read
// has found nothing.
func (v *inspection) reading(ctx context.Context, what string, err error) {
	switch {
	case err == nil:
	case errors.Is(err, ErrClosed), ctx.Err() != nil:
		v.stopped = cmp.Or(v.stopped, ctx.Err(), err)
	default:
		v.find("%s: %v", what, err)
	}
}

// file asks the database about its own pages and indexes.
func (v *inspection) file(ctx context.Context, tx *Tx) error {
	for _, query := range tx.store.dialect.integrity {
		err := tx.each(ctx, query, nil, func(scan scanner) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			v.find("file: %s", text)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// none reports rows that must not be there; queries count them.
func (v *inspection) none(ctx context.Context, tx *Tx, what, query string, args ...any) error {
	var n int64
	if err := tx.one(ctx, query, args, &n); err != nil {
		return err
	}
	if n != 0 {
		v.find("%d %s", n, what)
	}
	return nil
}

// tally is what a collection's row says and what its rows add up to.
type tally struct{ bytes, count, kept int64 }

func (v *inspection) collection(ctx context.Context, tx *Tx, at place) error {
	var change, oldest, deletedAt int64
	var kind Kind
	var said tally
	err := tx.one(ctx, `
		select kind, change, oldest, deleted_at, bytes, count, kept_bytes from collection
		where account_id = $1 and id = $2`, []any{at.account, at.collection},
		&kind, &change, &oldest, &deletedAt, &said.bytes, &said.count, &said.kept)
	if errors.Is(err, ErrNotFound) { // purged meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	if oldest < 1 || oldest > change {
		v.find("collection %v: oldest %d, change %d", at, oldest, change)
	}
	found, err := v.objects(ctx, tx, at, v.derive[kind])
	if err != nil {
		return err
	}
	if err := v.versions(ctx, tx, at, &found); err != nil {
		return err
	}
	if deletedAt == 0 && said != found { // a deleted one may be half purged
		v.find("collection %v: counters say %+v, rows %+v", at, said, found)
	}
	return v.numbers(ctx, tx, at, change)
}

func (v *inspection) objects(ctx context.Context, tx *Tx, at place, derive func([]byte) (Index, error)) (sum tally, err error) {
	err = tx.each(ctx, `
		select uri, etag, size, uid, component, first_start, last_end, recurring, exact, bytes from object
		where account_id = $1 and collection_id = $2`, []any{at.account, at.collection}, func(scan scanner) error {
		var o Object
		err := scan(&o.URI, &o.ETag, &o.Size, &o.UID, &o.Component, &o.First, &o.Last, &o.Recurring, &o.Exact, &o.Bytes)
		if err != nil {
			return err
		}
		v.content(at, &o)
		v.index(at, &o, derive)
		sum.bytes += o.Size
		sum.count++
		return nil
	})
	v.report.Objects += sum.count
	return sum, err
}

func (v *inspection) versions(ctx context.Context, tx *Tx, at place, sum *tally) error {
	return tx.each(ctx, `
		select uri, etag, size, bytes from version
		where account_id = $1 and collection_id = $2`, []any{at.account, at.collection}, func(scan scanner) error {
		var o Object
		if err := scan(&o.URI, &o.ETag, &o.Size, &o.Bytes); err != nil {
			return err
		}
		v.content(at, &o)
		v.report.Versions++
		sum.kept += o.Size
		return nil
	})
}

// content compares an object's row with its bytes.
func (v *inspection) content(at place, o *Object) {
	v.report.Bytes += int64(len(o.Bytes))
	if o.Size != int64(len(o.Bytes)) {
		v.find("collection %v: %q has %d bytes, its row says %d", at, o.URI, len(o.Bytes), o.Size)
	}
	if want := etagOf(o.Bytes); o.ETag != want {
		v.find("collection %v: %q has ETag %s, its bytes make %s", at, o.URI, o.ETag, want)
	}
}

// index compares an object's index with what its bytes make.
func (v *inspection) index(at place, o *Object, derive func([]byte) (Index, error)) {
	if derive == nil {
		return
	}
	want, err := derive(o.Bytes)
	if err != nil {
		v.find("collection %v: %q cannot be understood: %v", at, o.URI, err)
		return
	}
	if want.clean(); !o.Index.equal(want) {
		v.find("collection %v: %q is found by %+v, its bytes make %+v", at, o.URI, o.Index, want)
	}
}
