package store

import "context"

// Restored makes a database that comes out of a backup fit to be served, in
// one transaction. Every collection gets a new epoch: sync tokens from before
// are void, so that each client lists what is there instead of missing what
// differs. What was good for one person's browser, or once, is ended: sessions,
// tickets, and letters that wait, which were sent long ago. App passwords stay.
func (s *Store) Restored(ctx context.Context) error {
	return s.Write(ctx, func(tx *Tx) error {
		collections, err := list(ctx, tx, `select account_id, id from collection`, nil,
			func(scan scanner) (at place, err error) { return at, scan(&at.account, &at.collection) })
		if err != nil {
			return err
		}
		for _, at := range collections {
			if err := tx.renewEpoch(ctx, at); err != nil {
				return err
			}
		}
		for _, statement := range []string{
			`delete from session`,
			`delete from ticket`,
			`delete from notice where sent = 0`,
		} {
			if _, err := tx.exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// renewEpoch makes all sync tokens of a collection void.
func (tx *Tx) renewEpoch(ctx context.Context, at place) error {
	epoch, err := tx.store.newEpoch()
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		update collection set epoch = $3
		where account_id = $1 and id = $2`, at.account, at.collection, epoch)
	tx.changed = append(tx.changed, at)
	return err
}
