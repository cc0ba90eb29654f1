package store

import (
	"context"
	"errors"
	"log/slog"
)

// reindexBatch objects are looked at in one read, and written in one write.
const reindexBatch = 200

// reindex makes the index anew of all objects of the kinds that a migration has
// called stale: an object that is in the wrong place of the index is left out of
// answers, and clients delete what is left out. So it is done before anybody
// asks. An interruption leaves the kind stale, and the next start does it all.
func (s *Store) reindex(ctx context.Context) error {
	if len(s.options.Derive) == 0 {
		return nil
	}
	var stale []Kind
	err := s.Read(ctx, func(tx *Tx) (err error) {
		stale, err = list(ctx, tx, `select kind from stale_index`, nil, func(scan scanner) (k Kind, err error) { return k, scan(&k) })
		return err
	})
	for _, kind := range stale {
		derive := s.options.Derive[kind]
		if err != nil || derive == nil {
			continue
		}
		err = s.reindexKind(ctx, kind, derive)
	}
	return err
}

func (s *Store) reindexKind(ctx context.Context, kind Kind, derive func([]byte) (Index, error)) error {
	looked, changed := 0, 0
	err := s.eachCollection(ctx, func(c collectionState) error { // also of deleted ones, which may come back
		if c.kind != kind {
			return nil
		}
		for after, more := "", true; more; {
			page, err := s.misplaced(ctx, c.place, after, derive)
			if err != nil {
				return err
			}
			if err := s.correct(ctx, c.place, page.wrong); err != nil {
				return err
			}
			looked, changed = looked+page.n, changed+len(page.wrong)
			after, more = page.last, page.n == reindexBatch
		}
		return nil
	})
	if err != nil {
		return err
	}
	if looked > 0 {
		s.options.Logger.Info("index made anew", slog.String("kind", string(kind)), slog.Int("objects", looked), slog.Int("changed", changed))
	}
	return s.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `delete from stale_index where kind = $1`, string(kind))
		return err
	})
}

// misplacement is a page of a collection: what of it has another index than its bytes make.
type misplacement struct {
	n     int    // objects that were looked at
	last  string // URI of the last of them
	wrong []Object
}

// misplaced looks at a page behind a URI. Bytes that cannot be read keep their index.
func (s *Store) misplaced(ctx context.Context, at place, after string, derive func([]byte) (Index, error)) (page misplacement, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		return tx.each(ctx, `
			select o.uri, o.change, o.uid, o.component, o.first_start, o.last_end, o.recurring, o.exact, o.bytes from object o
			where o.account_id = $1 and o.collection_id = $2 and o.uri > $3
			order by o.uri limit $4`, []any{at.account, at.collection, after, reindexBatch}, func(scan scanner) error {
			var o Object
			if err := scan(&o.URI, &o.Change, &o.UID, &o.Component, &o.First, &o.Last, &o.Recurring, &o.Exact, &o.Bytes); err != nil {
				return err
			}
			page.n, page.last = page.n+1, o.URI
			want, err := derive(o.Bytes)
			if want.clean(); err == nil && !o.Index.equal(want) {
				page.wrong = append(page.wrong, Object{URI: o.URI, Change: o.Change, Index: want})
			}
			return nil
		})
	})
	return page, err
}

// correct writes the index of objects that have not changed since. A UID that
// another object of the collection has stays with that one.
func (s *Store) correct(ctx context.Context, at place, wrong []Object) error {
	if len(wrong) == 0 {
		return nil
	}
	return s.Write(ctx, func(tx *Tx) error {
		for _, o := range wrong {
			_, err1 := tx.exec(ctx, `
				update object set component = $5, first_start = $6, last_end = $7, recurring = $8, exact = $9
				where account_id = $1 and collection_id = $2 and uri = $3 and change = $4`,
				at.account, at.collection, o.URI, o.Change, o.Component, o.First, o.Last, flag(o.Recurring), flag(o.Exact))
			_, err2 := tx.exec(ctx, `
				update object set uid = $5
				where account_id = $1 and collection_id = $2 and uri = $3 and change = $4 and not exists (
					select 1 from object x where x.account_id = $1 and x.collection_id = $2 and x.uid = $5 and x.uid <> '')`,
				at.account, at.collection, o.URI, o.Change, o.UID)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
		}
		return nil
	})
}
