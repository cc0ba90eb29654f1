package store

import "context"

// Transfer is a copy or a move within an account.
type Transfer struct {
	Account   int64
	From, To  Place
	Overwrite bool         // RFC 4918 §10.6
	Cond      Precondition // of the source
	By        Author
}

// CopyObject copies an object with its dead properties; created reports that
// nothing was at the destination. [ErrNotFound] without the source or either
// collection, [ErrPrecondition] for Cond and for a destination that must not
// be overwritten, [ErrExists] for a copy onto itself, [*UIDConflict], [ErrQuota],
// [ErrLimit] for the dead properties.
func (s *Store) CopyObject(ctx context.Context, t Transfer) (created bool, err error) {
	return s.transfer(ctx, t, (*Tx).duplicate)
}

// MoveObject is [Store.CopyObject] that leaves a tombstone at the source.
func (s *Store) MoveObject(ctx context.Context, t Transfer) (created bool, err error) {
	return s.transfer(ctx, t, (*Tx).relocate)
}

// transit is a transfer under way: both collections are locked (and the same
// value when they are the same), and both ends were looked at.
type transit struct {
	Transfer
	from, to *ledger
	src, dst head
}

func (s *Store) transfer(ctx context.Context, t Transfer, how func(*Tx, context.Context, *transit) error) (created bool, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		tr, err := tx.prepareTransfer(ctx, t)
		if err != nil {
			return err
		}
		created = !tr.dst.present
		if err := how(tx, ctx, tr); err != nil {
			return err
		}
		return tx.saveBoth(ctx, tr)
	})
	return created && err == nil, err
}

func (tx *Tx) prepareTransfer(ctx context.Context, t Transfer) (*transit, error) {
	if err := checkName(t.To.URI); err != nil {
		return nil, err
	}
	tr := &transit{Transfer: t}
	if err := tx.lockBoth(ctx, tr); err != nil {
		return nil, err
	}
	var err error
	if tr.src, err = tx.head(ctx, tr.from, t.From.URI); err != nil {
		return nil, err
	}
	if tr.dst, err = tx.head(ctx, tr.to, t.To.URI); err != nil {
		return nil, err
	}
	return tr, tr.check()
}

// lockBoth locks in the order of ids, so that two transfers never wait for each other.
func (tx *Tx) lockBoth(ctx context.Context, tr *transit) error {
	first, second := tr.From.Collection, tr.To.Collection
	if first > second {
		first, second = second, first
	}
	a, err := tx.lockCollection(ctx, tr.Account, first)
	if err != nil {
		return err
	}
	b := a
	if second != first {
		if b, err = tx.lockCollection(ctx, tr.Account, second); err != nil {
			return err
		}
	}
	tr.from, tr.to = a, b
	if tr.From.Collection != first {
		tr.from, tr.to = b, a
	}
	return nil
}

func (tr *transit) check() error {
	switch {
	case !tr.src.present:
		return ErrNotFound
	case !tr.Cond.holds(tr.src.etag, true):
		return ErrPrecondition
	case tr.from == tr.to && tr.src.uri == tr.dst.uri:
		return ErrExists
	case tr.dst.present && !tr.Overwrite:
		return ErrPrecondition
	default:
		return nil
	}
}

// relocate moves the object. In one collection the end of the old name and
// the beginning of the new one are two changes.
func (tx *Tx) relocate(ctx context.Context, tr *transit) error {
	leaving := tr.dst.uri
	if tr.from == tr.to {
		leaving = tr.src.uri
	}
	if err := tx.checkUID(ctx, tr.to, tr.src.uid, tr.dst.uri, leaving); err != nil {
		return err
	}
	gone := tr.from.next()
	change := tr.to.next()
	if err := tx.vacate(ctx, tr, change, "move"); err != nil {
		return err
	}
	n, err := tx.exec(ctx, `
		update object set collection_id = $5, uri = $6, change = $7
		where account_id = $1 and collection_id = $2 and uri = $3 and etag = $4`,
		tr.Account, tr.from.id, tr.src.uri, tr.src.etag, tr.to.id, tr.dst.uri, change)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrPrecondition
	}
	if err := tx.moveKeys(ctx, tr, change); err != nil {
		return err
	}
	tr.from.bytes, tr.from.count = tr.from.bytes-tr.src.size, tr.from.count-1
	tr.to.bytes, tr.to.count = tr.to.bytes+tr.src.size, tr.to.count+1
	if err := tx.leaveTombstone(ctx, tr.from, tr.src.uri, gone); err != nil {
		return err
	}
	return tx.moveProperties(ctx, tr.Transfer)
}

func (tx *Tx) duplicate(ctx context.Context, tr *transit) error {
	if err := tx.checkUID(ctx, tr.to, tr.src.uid, tr.dst.uri, tr.dst.uri); err != nil {
		return err
	}
	if err := tx.checkQuota(ctx, tr.Account, tr.to.quota, tr.src.size-tr.dst.size); err != nil {
		return err
	}
	change := tr.to.next()
	if err := tx.vacate(ctx, tr, change, "copy"); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		insert into object (account_id, collection_id, uri, etag, size, change, created, modified,
			uid, component, first_start, last_end, recurring, exact, bytes)
		select account_id, cast($4 as bigint), cast($5 as text), etag, size, cast($6 as bigint), cast($7 as bigint), cast($7 as bigint),
			uid, component, first_start, last_end, recurring, exact, bytes
		from object
		where account_id = $1 and collection_id = $2 and uri = $3`,
		tr.Account, tr.from.id, tr.src.uri, tr.to.id, tr.dst.uri, change, tx.now)
	if err != nil {
		return err
	}
	if err := tx.copyKeys(ctx, tr, change); err != nil {
		return err
	}
	tr.to.bytes, tr.to.count = tr.to.bytes+tr.src.size, tr.to.count+1
	return tx.copyProperties(ctx, tr.Transfer)
}

// vacate makes the destination free.
func (tx *Tx) vacate(ctx context.Context, tr *transit, change int64, reason string) error {
	if tr.dst.present {
		return tx.displace(ctx, tr.to, replaced{tr.dst, change, tr.By, reason})
	}
	return tx.clearTombstone(ctx, tr.to, tr.dst.uri)
}

func (tx *Tx) saveBoth(ctx context.Context, tr *transit) error {
	if err := tx.saveCollection(ctx, tr.to); err != nil || tr.from == tr.to {
		return err
	}
	return tx.saveCollection(ctx, tr.from)
}
