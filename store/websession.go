package store

import "context"

// maxSessions of one account; the one not seen for longest gives way.
const maxSessions = 100

// Session is a browser that is signed in. The token itself is not here.
type Session struct {
	ID       int64
	Account  int64
	Hash     []byte // of the token; unique
	Created  int64  // ms UTC, as all times
	Fresh    int64  // when its person last proved who they are, in full
	LastSeen int64  // written rarely
	Idle     int64  // ms without a request after which it ends
	Expires  int64  // when it ends at the latest
	Stay     bool   // "stay signed in" was asked for
	Factor   string // what it was signed in with
	Place    string // network of the latest request
	Agent    string
}

// Active reports whether the session is good at that time (ms UTC).
func (s Session) Active(now int64) bool { return s.Expires > now && s.LastSeen+s.Idle > now }

const sessionColumns = `s.account_id, s.id, s.hash, s.created, s.fresh, s.last_seen, s.idle, s.expires, s.stay, s.factor, s.place, s.agent`

// columns are where sessionColumns go.
func (s *Session) columns() []any {
	return []any{&s.Account, &s.ID, &s.Hash, &s.Created, &s.Fresh, &s.LastSeen, &s.Idle, &s.Expires, &s.Stay, &s.Factor, &s.Place, &s.Agent}
}

func scanSession(scan scanner) (Session, error) {
	var s Session
	err := scan(s.columns()...)
	return s, err
}

// CreateSession stores a new session and returns it with its ID and times:
// created, fresh and seen now.
func (tx *Tx) CreateSession(ctx context.Context, s Session) (Session, error) {
	if _, err := tx.lockAccount(ctx, s.Account); err != nil {
		return Session{}, err
	}
	id, err := tx.newID(ctx, `select 1 from session where account_id = $1 and id = $2`, s.Account)
	if err != nil {
		return Session{}, err
	}
	s.ID, s.Created, s.Fresh, s.LastSeen = id, tx.now, tx.now, tx.now
	n, err := tx.exec(ctx, `
		insert into session (account_id, id, hash, created, fresh, last_seen, idle, expires, stay, factor, place, agent)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict do nothing`,
		s.Account, s.ID, s.Hash, s.Created, s.Fresh, s.LastSeen, s.Idle, s.Expires, flag(s.Stay),
		cleanText(s.Factor), cleanText(s.Place), cleanText(s.Agent))
	if err == nil && n == 0 {
		err = ErrExists
	}
	if err != nil {
		return Session{}, err
	}
	return s, tx.boundSessions(ctx, s.Account)
}

func (tx *Tx) boundSessions(ctx context.Context, account int64) error {
	_, err := tx.exec(ctx, `
		delete from session where account_id = $1 and id in (
			select id from session where account_id = $1 order by last_seen desc, id limit $3 offset $2)`,
		account, maxSessions, maxSessions)
	return err
}

// SessionByHash returns a session and its account. Those that are over, and
// those of disabled accounts, are returned too.
func (tx *Tx) SessionByHash(ctx context.Context, hash []byte) (s Session, a Account, err error) {
	err = tx.one(ctx, `
		select `+sessionColumns+`, `+accountColumns+`
		from session s join account a on a.id = s.account_id
		where s.hash = $1 and a.deleted_at = 0`, []any{hash}, append(s.columns(), a.columns()...)...)
	return s, a, err
}

// Session returns one of an account.
func (tx *Tx) Session(ctx context.Context, account, id int64) (s Session, err error) {
	err = tx.one(ctx, `
		select `+sessionColumns+` from session s
		where s.account_id = $1 and s.id = $2`, []any{account, id}, s.columns()...)
	return s, err
}

// Sessions returns those of an account that are not over, the latest seen first.
func (tx *Tx) Sessions(ctx context.Context, account int64) ([]Session, error) {
	return list(ctx, tx, `
		select `+sessionColumns+` from session s
		where s.account_id = $1 and s.expires > $2 and s.last_seen + s.idle > $2
		order by s.last_seen desc, s.id`, []any{account, tx.now}, scanSession)
}

// TouchSession notes where a session was seen now.
func (tx *Tx) TouchSession(ctx context.Context, account, id int64, place, agent string) error {
	n, err := tx.exec(ctx, `
		update session set last_seen = $3, place = $4, agent = $5
		where account_id = $1 and id = $2`, account, id, tx.now, cleanText(place), cleanText(agent))
	return found(n, err)
}

// FreshenSession gives a session another token: its person proved who they are.
func (tx *Tx) FreshenSession(ctx context.Context, account, id int64, hash []byte) error {
	n, err := tx.exec(ctx, `
		update session set hash = $3, fresh = $4, last_seen = $4
		where account_id = $1 and id = $2`, account, id, hash, tx.now)
	return found(n, err)
}

// DeleteSession ends one.
func (tx *Tx) DeleteSession(ctx context.Context, account, id int64) error {
	n, err := tx.exec(ctx, `delete from session where account_id = $1 and id = $2`, account, id)
	return found(n, err)
}

// DeleteSessions ends all of an account but one, which may be 0, and returns
// how many that were.
func (tx *Tx) DeleteSessions(ctx context.Context, account, but int64) (int64, error) {
	return tx.exec(ctx, `delete from session where account_id = $1 and id <> $2`, account, but)
}
