package store

import (
	"context"
	"fmt"
)

// whole counts, and looks for rows that belong to nothing.
func (v *inspection) whole(ctx context.Context, tx *Tx) error {
	inCollection := ` t where not exists (
		select 1 from collection c where c.account_id = t.account_id and c.id = t.collection_id)`
	inAccount := ` t where not exists (select 1 from account a where a.id = t.account_id)`
	err := tx.one(ctx, `
		select (select count(*) from account where deleted_at = 0), (select count(*) from collection)`, nil,
		&v.report.Accounts, &v.report.Collections)
	if err != nil {
		return err
	}
	checks := []struct{ what, query string }{
		{"objects without a collection", `select count(*) from object` + inCollection},
		{"tombstones without a collection", `select count(*) from tombstone` + inCollection},
		{"versions without a collection", `select count(*) from version` + inCollection},
		{"properties without a collection", `select count(*) from property` + inCollection + ` and t.collection_id <> 0`},
		{"keys without an object", `select count(*) from object_key t where not exists (
			select 1 from object o where o.account_id = t.account_id and o.collection_id = t.collection_id and o.change = t.change)`},
		{"merges without an account", `select count(*) from merge` + inAccount},
		{"cards of no merge", `select count(*) from merge_card t where not exists (
			select 1 from merge m where m.account_id = t.account_id and m.id = t.merge_id)`},
		{"merged UIDs without an account", `select count(*) from merged_uid` + inAccount},
		{"hidden pairs without an account", `select count(*) from duplicate_hidden` + inAccount},
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
		{"collections of no kind", `select count(*) from collection where kind not in ('` + string(Calendar) + `', '` + string(AddressBook) + `')`},
		{"collections without a name or an epoch", `select count(*) from collection where uri = '' or epoch = ''`},
		{"objects without a name", `select count(*) from object where uri = ''`},
		{"devices without their app password", `select count(*) from device t where t.app_password_id <> 0 and not exists (
			select 1 from app_password p where p.account_id = t.account_id and p.id = t.app_password_id)`},
		{"merges whose cards have other sizes than they say", `select count(*) from merge m where m.size <> (
			select coalesce(sum(coalesce(length(c.bytes_before), 0) + coalesce(length(c.bytes_after), 0)), 0) from merge_card c
			where c.account_id = m.account_id and c.merge_id = m.id)`},
		{"login names without an account", `select count(*) from account_name` + inAccount},
		{"accounts without a login name", `select count(*) from account a where a.deleted_at = 0 and not exists (
			select 1 from account_name n where n.account_id = a.id and n.until = 0)`},
	}
	for _, c := range checks {
		if err := v.none(ctx, tx, c.what, c.query); err != nil {
			return err
		}
	}
	return v.names(ctx, tx)
}

// names checks that each account's login and address lead to it.
func (v *inspection) names(ctx context.Context, tx *Tx) error {
	leads := map[string]int64{}
	err := tx.each(ctx, `select name, account_id from account_name where until = 0`, nil, func(scan scanner) error {
		var name string
		var id int64
		err := scan(&name, &id)
		leads[name] = id
		return err
	})
	if err != nil {
		return err
	}
	return tx.each(ctx, `select `+accountColumns+` from account a where a.deleted_at = 0`, nil, func(scan scanner) error {
		a, err := scanAccount(scan)
		if err != nil {
			return err
		}
		for _, name := range a.names() {
			if leads[name] != a.ID {
				v.find("account %d: its login or address does not lead to it", a.ID)
			}
		}
		return nil
	})
}

// numbers checks that each change number was given out once, that no name is
// there and deleted at once, and that clients are told of every change: what
// was replaced or deleted since the oldest token has an object or a tombstone
// of that number or a later one.
func (v *inspection) numbers(ctx context.Context, tx *Tx, at place, change int64) error {
	checks := []struct{ what, query string }{
		{"objects with a number not given out", `select count(*) from object
			where account_id = $1 and collection_id = $2 and (change > $3 or change < 2)`},
		{"tombstones with a number not given out", `select count(*) from tombstone
			where account_id = $1 and collection_id = $2 and (change > $3 or change < 2)`},
		{"versions replaced by a number not given out", `select count(*) from version
			where account_id = $1 and collection_id = $2 and (change > $3 or change < 2)`},
		{"numbers of an object and a tombstone", `select count(*) from object o join tombstone t
			on t.account_id = o.account_id and t.collection_id = o.collection_id and t.change = o.change
			where o.account_id = $1 and o.collection_id = $2 and $3 > 0`},
		{"names of an object and a tombstone", `select count(*) from object o join tombstone t
			on t.account_id = o.account_id and t.collection_id = o.collection_id and t.uri = o.uri
			where o.account_id = $1 and o.collection_id = $2 and $3 > 0`},
		{"numbers of a version and something else", `select count(*) from version v
			where v.account_id = $1 and v.collection_id = $2 and $3 > 0 and (
				exists (select 1 from object o where o.account_id = v.account_id and o.collection_id = v.collection_id
					and o.change = v.change and o.uri <> v.uri)
				or exists (select 1 from tombstone t where t.account_id = v.account_id and t.collection_id = v.collection_id
					and t.change = v.change and t.uri <> v.uri))`},
		{"changes or deletions that nobody is told of", `select count(*) from version v
			join collection c on c.account_id = v.account_id and c.id = v.collection_id
			where v.account_id = $1 and v.collection_id = $2 and $3 > 0 and c.deleted_at = 0 and v.change > c.oldest
			and not exists (select 1 from object o where o.account_id = v.account_id and o.collection_id = v.collection_id
				and o.uri = v.uri and o.change >= v.change)
			and not exists (select 1 from tombstone t where t.account_id = v.account_id and t.collection_id = v.collection_id
				and t.uri = v.uri and t.change >= v.change)`},
		{"tombstones from before the oldest token", `select count(*) from tombstone t
			join collection c on c.account_id = t.account_id and c.id = t.collection_id
			where t.account_id = $1 and t.collection_id = $2 and $3 > 0 and c.deleted_at = 0 and t.change <= c.oldest`},
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
