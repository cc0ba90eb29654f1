package store

import (
	"context"
	"errors"
)

// Merge is the record of a change to several objects that can be taken back:
// what it means, its Kind and Data say to who made it.
type Merge struct {
	ID      int64
	Account int64
	Kind    string
	At      int64  // ms UTC, as all times
	Until   int64  // forgotten then
	Undone  int64  // when it was taken back; 0: it was not
	Parent  int64  // the record that it is a part of; 0: none
	Token   string // unique in the account, unless ""
	Data    []byte
}

// MergeCard is one object that a [Merge] touched.
type MergeCard struct {
	Collection    int64
	URI           string
	Data          []byte
	Before, After []byte // empty: there was none
}

const mergeColumns = `m.id, m.account_id, m.kind, m.at, m.until, m.undone_at, m.parent_id, m.token, m.data`

func scanMerge(scan scanner) (m Merge, err error) {
	err = scan(&m.ID, &m.Account, &m.Kind, &m.At, &m.Until, &m.Undone, &m.Parent, &m.Token, &m.Data)
	return m, err
}

// AddMerge keeps a record, made now, and returns it with its ID and time, which is later than that of
// the records before. [ErrExists] when its token is taken. The oldest records of an account go when all have more
// than [Limits.MergeBytes].
func (tx *Tx) AddMerge(ctx context.Context, m Merge, cards []MergeCard) (Merge, error) {
	if _, err := tx.lockAccount(ctx, m.Account); err != nil {
		return Merge{}, err
	}
	if m.Token != "" {
		switch _, err := tx.MergeByToken(ctx, m.Account, m.Token); {
		case err == nil:
			return Merge{}, ErrExists
		case !errors.Is(err, ErrNotFound):
			return Merge{}, err
		}
	}
	id, err := tx.newID(ctx, `select 1 from merge where account_id = $1 and id = $2`, m.Account)
	if err != nil {
		return Merge{}, err
	}
	m.ID = id
	if m.At, err = tx.mergeTime(ctx, m.Account); err != nil {
		return Merge{}, err
	}
	size := 0
	for i, c := range cards {
		size += len(c.Before) + len(c.After)
		_, err := tx.exec(ctx, `
			insert into merge_card (account_id, merge_id, position, collection_id, uri, data, bytes_before, bytes_after)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			m.Account, id, i, c.Collection, c.URI, notNull(c.Data), c.Before, c.After)
		if err != nil {
			return Merge{}, err
		}
	}
	_, err = tx.exec(ctx, `
		insert into merge (account_id, id, kind, at, until, undone_at, parent_id, size, token, data)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		m.Account, id, m.Kind, m.At, m.Until, m.Undone, m.Parent, size, m.Token, notNull(m.Data))
	if err != nil {
		return Merge{}, err
	}
	return m, tx.boundMerges(ctx, m, int64(size))
}

// mergeTime is now, or just after the latest record: their order is that of
// their times, and several may be made in a millisecond. A clock that was set
// back by more than mergeBurst is followed.
func (tx *Tx) mergeTime(ctx context.Context, account int64) (int64, error) {
	const mergeBurst = 10_000
	var latest int64
	err := tx.one(ctx, `
		select at from merge
		where account_id = $1 and at < $2
		order by at desc limit 1`, []any{account, tx.now + mergeBurst}, &latest)
	if errors.Is(err, ErrNotFound) {
		return tx.now, nil
	}
	return max(tx.now, latest+1), err
}

func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// boundMerges forgets the oldest records, the latest never: a client that
// merges and splits without end must not fill the disk. To look through all of
// an account for each of many would take the square of their number: it is done
// once for every so many bytes, and leaves room for as many.
func (tx *Tx) boundMerges(ctx context.Context, latest Merge, size int64) error {
	limit := tx.store.options.Limits.MergeBytes
	left, known := tx.store.mergeRoom[latest.Account]
	if left -= size; known && left >= 0 {
		tx.store.mergeRoom[latest.Account] = left
		return nil
	}
	room := limit / 64
	tx.store.mergeRoom[latest.Account] = room
	left = limit - room
	var gone []int64
	err := tx.each(ctx, `
		select m.id, m.size from merge m
		where m.account_id = $1
		order by m.at desc, m.id desc`, []any{latest.Account}, func(scan scanner) error {
		var id, size int64
		err := scan(&id, &size)
		if left -= size; left < 0 && size > 0 && id != latest.ID {
			gone = append(gone, id)
		}
		return err
	})
	for _, id := range gone {
		err = errors.Join(err, tx.dropMerge(ctx, latest.Account, id))
	}
	return err
}

func (tx *Tx) dropMerge(ctx context.Context, account, id int64) error {
	_, err1 := tx.exec(ctx, `delete from merge_card where account_id = $1 and merge_id = $2`, account, id)
	_, err2 := tx.exec(ctx, `delete from merge where account_id = $1 and id = $2`, account, id)
	return errors.Join(err1, err2)
}

// Merge returns a record that is not forgotten.
func (tx *Tx) Merge(ctx context.Context, account, id int64) (Merge, error) {
	return tx.merge(ctx, `m.account_id = $1 and m.id = $2 and m.until > $3`, account, id, tx.now)
}

// MergeByToken returns the record of a token.
func (tx *Tx) MergeByToken(ctx context.Context, account int64, token string) (Merge, error) {
	return tx.merge(ctx, `m.account_id = $1 and m.token = $2 and m.token <> ''`, account, token)
}

func (tx *Tx) merge(ctx context.Context, condition string, args ...any) (Merge, error) {
	all, err := list(ctx, tx, `select `+mergeColumns+` from merge m where `+condition, args, scanMerge)
	if err == nil && len(all) == 0 {
		return Merge{}, ErrNotFound
	}
	if err != nil {
		return Merge{}, err
	}
	return all[0], nil
}

// MergeCards returns the objects of a record, in the order they were given.
func (tx *Tx) MergeCards(ctx context.Context, account, id int64) ([]MergeCard, error) {
	return list(ctx, tx, `
		select collection_id, uri, data, bytes_before, bytes_after from merge_card
		where account_id = $1 and merge_id = $2
		order by position`, []any{account, id}, func(scan scanner) (c MergeCard, err error) {
		err = scan(&c.Collection, &c.URI, &c.Data, &c.Before, &c.After)
		return c, err
	})
}

// Merges lists the records, the latest first, from the one before on; only
// its At and ID count. Records that are part of another are not listed.
func (tx *Tx) Merges(ctx context.Context, account int64, before Merge, limit int) ([]Merge, error) {
	if before.ID == 0 {
		before.At = 1 << 62
	}
	return list(ctx, tx, `
		select `+mergeColumns+` from merge m
		where m.account_id = $1 and (m.at, m.id) < ($2, $3) and m.until > $4 and m.parent_id = 0
		order by m.at desc, m.id desc limit $5`,
		[]any{account, before.At, before.ID, tx.now, limit}, scanMerge)
}

// MergesOf lists the parts of a record, the latest first.
func (tx *Tx) MergesOf(ctx context.Context, account, parent int64) ([]Merge, error) {
	return list(ctx, tx, `
		select `+mergeColumns+` from merge m
		where m.account_id = $1 and m.parent_id = $2 and m.parent_id <> 0
		order by m.at desc, m.id desc`, []any{account, parent}, scanMerge)
}

// SetMerge replaces the data of a record.
func (tx *Tx) SetMerge(ctx context.Context, account, id int64, data []byte) error {
	n, err := tx.exec(ctx, `update merge set data = $3 where account_id = $1 and id = $2`, account, id, notNull(data))
	return found(n, err)
}

// EndMerge notes that a record was taken back. [ErrPrecondition] when it was before.
func (tx *Tx) EndMerge(ctx context.Context, account, id int64) error {
	n, err := tx.exec(ctx, `
		update merge set undone_at = $3
		where account_id = $1 and id = $2 and undone_at = 0`, account, id, tx.now)
	if err == nil && n == 0 {
		return ErrPrecondition
	}
	return err
}

// MergedUID remembers of a UID that its object was merged into another one.
type MergedUID struct {
	Account int64
	UID     string
	Until   int64
	Data    []byte
}

// RememberUID keeps it, in place of what was remembered of the UID.
func (tx *Tx) RememberUID(ctx context.Context, m MergedUID) error {
	_, err := tx.exec(ctx, `
		insert into merged_uid (account_id, uid, until, data) values ($1, $2, $3, $4)
		on conflict (account_id, uid) do update set until = excluded.until, data = excluded.data`,
		m.Account, cleanText(m.UID), m.Until, notNull(m.Data))
	return err
}

// ForgetUID forgets it.
func (tx *Tx) ForgetUID(ctx context.Context, account int64, uid string) error {
	_, err := tx.exec(ctx, `delete from merged_uid where account_id = $1 and uid = $2`, account, cleanText(uid))
	return err
}

// MergedUIDs returns what is remembered of an account.
func (tx *Tx) MergedUIDs(ctx context.Context, account int64) ([]MergedUID, error) {
	return list(ctx, tx, `
		select account_id, uid, until, data from merged_uid
		where account_id = $1 and until > $2`, []any{account, tx.now}, func(scan scanner) (m MergedUID, err error) {
		err = scan(&m.Account, &m.UID, &m.Until, &m.Data)
		return m, err
	})
}

// expireMerges forgets the records whose time is over.
func (s *Store) expireMerges(ctx context.Context) error {
	for {
		var due []Merge
		err := s.Write(ctx, func(tx *Tx) (err error) {
			due, err = list(ctx, tx, `
				select `+mergeColumns+` from merge m
				where m.until <= $1 order by m.until limit $2`, []any{tx.now, purgeBatch}, scanMerge)
			for _, m := range due {
				err = errors.Join(err, tx.dropMerge(ctx, m.Account, m.ID))
			}
			return err
		})
		if err != nil || len(due) < purgeBatch {
			return err
		}
	}
}

// closeMerges removes all records of an account, and what it has hidden.
func (tx *Tx) closeMerges(ctx context.Context, account int64) error {
	_, err1 := tx.exec(ctx, `delete from merge_card where account_id = $1`, account)
	_, err2 := tx.exec(ctx, `delete from merge where account_id = $1`, account)
	_, err3 := tx.exec(ctx, `delete from merged_uid where account_id = $1`, account)
	_, err4 := tx.exec(ctx, `delete from duplicate_hidden where account_id = $1`, account)
	return errors.Join(err1, err2, err3, err4)
}
