package store

import (
	"context"
	"errors"
)

// Ticket is what one random secret is good for, until a time. The secret
// itself is not here.
type Ticket struct {
	Hash    []byte // of the kind and the secret
	Account int64  // 0: nobody's yet
	Kind    string
	ID      int64 // names the ticket in lists
	Created int64
	Expires int64
	Data    string
}

const ticketColumns = `hash, account_id, kind, id, created, expires, data`

func (t *Ticket) columns() []any {
	return []any{&t.Hash, &t.Account, &t.Kind, &t.ID, &t.Created, &t.Expires, &t.Data}
}

func scanTicket(scan scanner) (Ticket, error) {
	var t Ticket
	err := scan(t.columns()...)
	return t, err
}

// PutTicket stores a new ticket. An account, or nobody, has at most that many
// of a kind: the oldest give way.
func (tx *Tx) PutTicket(ctx context.Context, t Ticket, most int) (Ticket, error) {
	if t.Account != 0 {
		if _, err := tx.lockAccount(ctx, t.Account); err != nil {
			return Ticket{}, err
		}
	}
	if err := tx.boundTickets(ctx, t.Account, t.Kind, most-1); err != nil {
		return Ticket{}, err
	}
	id, err := tx.newID(ctx, `select 1 from ticket where account_id = $1 and kind = $2 and id = $3`, t.Account, t.Kind)
	if err != nil {
		return Ticket{}, err
	}
	t.ID, t.Created = id, tx.now
	n, err := tx.exec(ctx, `
		insert into ticket (hash, account_id, kind, id, created, expires, data)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict do nothing`, t.Hash, t.Account, t.Kind, t.ID, t.Created, t.Expires, t.Data)
	if err == nil && n == 0 {
		return Ticket{}, ErrExists
	}
	return t, err
}

// boundTickets removes the oldest until only so many are left.
func (tx *Tx) boundTickets(ctx context.Context, account int64, kind string, left int) error {
	var created, id int64
	err := tx.one(ctx, `
		select created, id from ticket
		where account_id = $1 and kind = $2
		order by created desc, id desc limit 1 offset $3`, []any{account, kind, left}, &created, &id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		delete from ticket
		where account_id = $1 and kind = $2 and (created, id) <= ($3, $4)`, account, kind, created, id)
	return err
}

// Ticket returns the ticket of a secret while it is good, or [ErrNotFound].
func (tx *Tx) Ticket(ctx context.Context, hash []byte) (t Ticket, err error) {
	err = tx.one(ctx, `
		select `+ticketColumns+` from ticket
		where hash = $1 and expires > $2`, []any{hash, tx.now}, t.columns()...)
	return t, err
}

// TakeTicket returns it and ends it: of all who try at the same time, one gets it.
func (tx *Tx) TakeTicket(ctx context.Context, hash []byte) (t Ticket, err error) {
	err = tx.one(ctx, `
		delete from ticket
		where hash = $1 and expires > $2
		returning `+ticketColumns, []any{hash, tx.now}, t.columns()...)
	return t, err
}

// RewriteTicket changes the data of a ticket that is good.
func (tx *Tx) RewriteTicket(ctx context.Context, t Ticket) error {
	n, err := tx.exec(ctx, `update ticket set data = $3 where hash = $1 and account_id = $2 and expires > $4`, t.Hash, t.Account, t.Data, tx.now)
	return found(n, err)
}

// Tickets lists the good ones of a kind, the newest first.
func (tx *Tx) Tickets(ctx context.Context, account int64, kind string) ([]Ticket, error) {
	return list(ctx, tx, `
		select `+ticketColumns+` from ticket
		where account_id = $1 and kind = $2 and expires > $3
		order by created desc, id desc`, []any{account, kind, tx.now}, scanTicket)
}

// DeleteTicket ends one by its name in lists.
func (tx *Tx) DeleteTicket(ctx context.Context, account int64, kind string, id int64) error {
	n, err := tx.exec(ctx, `delete from ticket where account_id = $1 and kind = $2 and id = $3`, account, kind, id)
	return found(n, err)
}

// DeleteTickets ends all of a kind.
func (tx *Tx) DeleteTickets(ctx context.Context, account int64, kind string) error {
	_, err := tx.exec(ctx, `delete from ticket where account_id = $1 and kind = $2`, account, kind)
	return err
}

// DeleteAllTickets ends all of an account, whatever they are good for.
func (tx *Tx) DeleteAllTickets(ctx context.Context, account int64) error {
	_, err := tx.exec(ctx, `delete from ticket where account_id = $1 and account_id <> 0`, account)
	return err
}
