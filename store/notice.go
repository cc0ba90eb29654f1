package store

import "context"

// Notice is a letter to be sent.
type Notice struct {
	ID       int64
	Account  int64 // 0: to somebody who has none yet
	Kind     string
	Topic    string // what it is about, to find what was told already
	Address  string
	Locale   string
	Activity int64 // what it tells of; 0: nothing that is listed
	Created  int64
	Due      int64
	Attempts int64
	Sent     int64 // 0: waits
	Data     []byte
}

const noticeColumns = `account_id, id, kind, topic, address, locale, activity_id, created, due, attempts, sent, data`

// columns are where noticeColumns go.
func (n *Notice) columns() []any {
	return []any{&n.Account, &n.ID, &n.Kind, &n.Topic, &n.Address, &n.Locale, &n.Activity, &n.Created, &n.Due, &n.Attempts, &n.Sent, &n.Data}
}

func scanNotice(scan scanner) (Notice, error) {
	var n Notice
	err := scan(n.columns()...)
	return n, err
}

// AddNotice puts a letter into the outbox, together with what it tells of.
func (tx *Tx) AddNotice(ctx context.Context, n Notice) (Notice, error) {
	id, err := tx.newID(ctx, `select 1 from notice where account_id = $1 and id = $2`, n.Account)
	if err != nil {
		return Notice{}, err
	}
	n.ID, n.Created = id, tx.now
	_, err = tx.exec(ctx, `
		insert into notice (account_id, id, kind, topic, address, locale, activity_id, created, due, attempts, sent, data)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		n.Account, n.ID, n.Kind, cleanText(n.Topic), cleanText(n.Address), cleanText(n.Locale),
		n.Activity, n.Created, n.Due, n.Attempts, n.Sent, n.Data)
	return n, err
}

// Notices lists those of a topic that were made after since, sent or not, the
// newest first.
func (tx *Tx) Notices(ctx context.Context, account int64, topic string, since int64) ([]Notice, error) {
	return list(ctx, tx, `
		select `+noticeColumns+` from notice
		where account_id = $1 and topic = $2 and created > $3
		order by created desc, id`, []any{account, cleanText(topic), since}, scanNotice)
}

// RewriteNotice replaces the data of a letter that waits.
func (tx *Tx) RewriteNotice(ctx context.Context, n Notice) error {
	touched, err := tx.exec(ctx, `
		update notice set data = $3
		where account_id = $1 and id = $2 and sent = 0`, n.Account, n.ID, n.Data)
	return found(touched, err)
}

// ClaimNotices returns letters that are due, the longest due first, counts the
// attempt that is to come, and makes them due again at a later time, for the
// case that who took them dies.
func (tx *Tx) ClaimNotices(ctx context.Context, limit int, again int64) ([]Notice, error) {
	claimed, err := list(ctx, tx, `
		select `+noticeColumns+` from notice
		where sent = 0 and due <= $1
		order by due limit $2`+tx.store.dialect.lock("notice"), []any{tx.now, limit}, scanNotice)
	if err != nil {
		return nil, err
	}
	for _, n := range claimed {
		_, err := tx.exec(ctx, `
			update notice set due = $3, attempts = attempts + 1
			where account_id = $1 and id = $2`, n.Account, n.ID, again)
		if err != nil {
			return nil, err
		}
	}
	return claimed, nil
}

// PostponeNotice says when a letter is due that could not be sent.
func (tx *Tx) PostponeNotice(ctx context.Context, account, id, due int64) error {
	n, err := tx.exec(ctx, `
		update notice set due = $3
		where account_id = $1 and id = $2 and sent = 0`, account, id, due)
	return found(n, err)
}

// FinishNotice ends a letter and forgets what it said and to whom.
func (tx *Tx) FinishNotice(ctx context.Context, account, id int64) error {
	n, err := tx.exec(ctx, `
		update notice set sent = $3, address = '', data = $4
		where account_id = $1 and id = $2 and sent = 0`, account, id, tx.now, []byte{})
	return found(n, err)
}
