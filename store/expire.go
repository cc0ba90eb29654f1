package store

import (
	"context"
	"errors"
)

// How long the outbox remembers what it sent, and an app password is known that
// has ended: until then a device that goes on polling with it is no stranger who
// guesses, and its owner sees it try. Each try counts anew, so that the device
// that was forgotten in a drawer does not become one on the day it is charged. What
// a listed device has stays as long as the device is listed.
const (
	noticeMemory      = 7 * day
	appPasswordMemory = 90 * day
)

// expireSignIn removes what of sign-ins and their traces is past its time.
func (s *Store) expireSignIn(ctx context.Context, r Retention) error {
	now := s.now()
	for _, e := range []struct {
		statement string
		cutoff    int64
	}{
		{`delete from session where (account_id, id) in (
			select account_id, id from session where expires <= $1 order by expires limit $2)`, now},
		{`update app_password set revoked = unless_used where (account_id, id) in (
			select account_id, id from app_password
			where unless_used <> 0 and unless_used <= $1 and revoked = 0 order by unless_used limit $2)`, now},
		{`delete from app_password where (account_id, id) in (
			select p.account_id, p.id from app_password p
			where p.revoked <> 0 and p.revoked <= $1 and p.last_used <= $1 and not exists (
				select 1 from device d where d.account_id = p.account_id and d.app_password_id = p.id)
			order by p.revoked limit $2)`, now - appPasswordMemory.Milliseconds()},
		{`delete from app_password where (account_id, id) in (
			select p.account_id, p.id from app_password p
			where p.expires <> 0 and p.expires <= $1 and p.last_used <= $1 and not exists (
				select 1 from device d where d.account_id = p.account_id and d.app_password_id = p.id)
			order by p.expires limit $2)`, now - appPasswordMemory.Milliseconds()},
		{`delete from ticket where hash in (
			select hash from ticket where expires <= $1 order by expires limit $2)`, now},
		{`delete from account_name where name in (
			select name from account_name where until <> 0 and until <= $1 order by until limit $2)`, now},
		{`delete from activity where (account_id, id) in (
			select account_id, id from activity where at <= $1 order by at limit $2)`, now - r.Activity.Milliseconds()},
		{`delete from known_place where (account_id, app_password_id, place, client) in (
			select account_id, app_password_id, place, client from known_place
			where last_seen <= $1 order by last_seen limit $2)`, now - r.Activity.Milliseconds()},
		{`delete from merged_uid where (account_id, uid) in (
			select account_id, uid from merged_uid where until <= $1 order by until limit $2)`, now},
		{`delete from notice where (account_id, id) in (
			select account_id, id from notice where sent <> 0 and sent <= $1 order by sent limit $2)`, now - noticeMemory.Milliseconds()},
	} {
		if err := s.drain(ctx, e.statement, e.cutoff, purgeBatch); err != nil {
			return err
		}
	}
	return nil
}

// deleteDue deletes the accounts whose people asked for it long enough ago.
func (s *Store) deleteDue(ctx context.Context) error {
	var ids []int64
	err := s.Read(ctx, func(tx *Tx) (err error) {
		ids, err = list(ctx, tx, `
			select id from account
			where delete_after <> 0 and delete_after <= $1 and deleted_at = 0`, []any{tx.now},
			func(scan scanner) (id int64, err error) { return id, scan(&id) })
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.deleteIfDue(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// deleteIfDue looks again in the transaction that deletes: its person may have
// changed their mind.
func (s *Store) deleteIfDue(ctx context.Context, id int64) error {
	err := s.Write(ctx, func(tx *Tx) error {
		a, err := tx.lockAccount(ctx, id)
		if err != nil {
			return err
		}
		if a.DeleteAfter == 0 || a.DeleteAfter > tx.now {
			return ErrPrecondition
		}
		return tx.closeAccount(ctx, id)
	})
	if errors.Is(err, ErrPrecondition) || errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.purgeAccount(ctx, id)
}
