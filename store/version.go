package store

import "context"

// Version is what an object was before a change: the source of history and of undo.
type Version struct {
	URI     string
	Change  int64 // the change that replaced or removed it
	ETag    string
	Size    int64
	Written int64 // when these bytes had been stored, ms UTC
	At      int64 // when they were replaced or removed
	By      Author
	Reason  string // put, delete, move, copy, or what the caller said
	Bytes   []byte // nil in listings
}

// Versions returns the versions kept of one URI, the latest first, without bytes.
func (s *Store) Versions(ctx context.Context, account, collection int64, uri string) (all []Version, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		if err := tx.checkCollection(ctx, account, collection); err != nil {
			return err
		}
		all, err = list(ctx, tx, `
			select `+versionColumns+` from version v
			where v.account_id = $1 and v.collection_id = $2 and v.uri = $3
			order by v.change desc`, []any{account, collection, uri}, func(scan scanner) (Version, error) {
			var v Version
			err := scan(v.columns()...)
			return v, err
		})
		return err
	})
	return all, err
}

const versionColumns = `v.uri, v.change, v.etag, v.size, v.written, v.replaced_at, v.app_password_id, v.agent, v.reason`

// columns are where versionColumns go.
func (v *Version) columns() []any {
	return []any{&v.URI, &v.Change, &v.ETag, &v.Size, &v.Written, &v.At, &v.By.AppPassword, &v.By.Agent, &v.Reason}
}

// Version returns one with its bytes, by the number of the change that replaced it.
func (s *Store) Version(ctx context.Context, account, collection, change int64) (v Version, err error) {
	err = s.Read(ctx, func(tx *Tx) error {
		return tx.one(ctx, `
			select `+versionColumns+`, v.bytes
			from version v join collection c on c.account_id = v.account_id and c.id = v.collection_id
			where v.account_id = $1 and v.collection_id = $2 and v.change = $3 and c.deleted_at = 0`,
			[]any{account, collection, change}, append(v.columns(), &v.Bytes)...)
	})
	return v, err
}

// replaced is an object whose bytes are about to go, and why.
type replaced struct {
	old    head
	change int64 // that replaces it
	by     Author
	reason string
}

// keepVersion copies an object's bytes to the versions.
func (tx *Tx) keepVersion(ctx context.Context, col *ledger, r replaced) error {
	_, err := tx.exec(ctx, `
		insert into version (account_id, collection_id, change, uri, etag, size, written, replaced_at,
			app_password_id, agent, reason, bytes)
		select account_id, collection_id, cast($4 as bigint), uri, etag, size, modified, cast($5 as bigint),
			cast($6 as bigint), cast($7 as text), cast($8 as text), bytes
		from object
		where account_id = $1 and collection_id = $2 and uri = $3`,
		col.account, col.id, r.old.uri, r.change, tx.now, r.by.AppPassword, cleanText(r.by.Agent), cleanText(r.reason))
	if err != nil {
		return err
	}
	col.kept += r.old.size
	return tx.boundVersions(ctx, col)
}

// boundVersions forgets the oldest versions once there are too many bytes of
// them: a client that changes one large object without end must not fill the disk.
func (tx *Tx) boundVersions(ctx context.Context, col *ledger) error {
	for col.kept > tx.store.options.Limits.VersionBytes {
		var change, size int64
		err := tx.one(ctx, `
			select change, size from version
			where account_id = $1 and collection_id = $2
			order by change limit 1`, []any{col.account, col.id}, &change, &size)
		if err != nil {
			return err
		}
		if err := tx.dropVersion(ctx, col, change); err != nil {
			return err
		}
		col.kept -= size
	}
	return nil
}

func (tx *Tx) dropVersion(ctx context.Context, col *ledger, change int64) error {
	_, err := tx.exec(ctx, `
		delete from version
		where account_id = $1 and collection_id = $2 and change = $3`, col.account, col.id, change)
	return err
}
