package store

import (
	"cmp"
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
)

// Activity is one thing that happened to an account, or several of a kind
// from one place.
type Activity struct {
	ID          int64
	Account     int64
	At          int64 // the latest time
	Since       int64 // the first time
	Count       int64
	Kind        string
	Place       string // network it came from
	Client      string // family of the program, like "Firefox on Windows"
	Agent       string // the User-Agent itself
	Session     int64  // 0: none
	AppPassword int64  // 0: none
	Detail      string // what it was about, like the name of an app password
}

const activityColumns = `account_id, id, at, since, count, kind, place, client, agent, session_id, app_password_id, detail`

// columns are where activityColumns go.
func (a *Activity) columns() []any {
	return []any{&a.Account, &a.ID, &a.At, &a.Since, &a.Count, &a.Kind, &a.Place, &a.Client, &a.Agent, &a.Session, &a.AppPassword, &a.Detail}
}

func scanActivity(scan scanner) (Activity, error) {
	var a Activity
	err := scan(a.columns()...)
	return a, err
}

// AddActivity notes that something happened now, and returns it with its ID.
func (tx *Tx) AddActivity(ctx context.Context, a Activity) (Activity, error) {
	id, err := tx.newID(ctx, `select 1 from activity where account_id = $1 and id = $2`, a.Account)
	if err != nil {
		return Activity{}, err
	}
	a.ID, a.At, a.Since, a.Count = id, tx.now, tx.now, 1
	a.Place, a.Client, a.Agent, a.Detail = cleanText(a.Place), cleanText(a.Client), cleanText(a.Agent), cleanText(a.Detail)
	_, err = tx.exec(ctx, `
		insert into activity (account_id, id, at, since, count, kind, place, client, agent, session_id, app_password_id, detail)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		a.Account, a.ID, a.At, a.Since, a.Count, a.Kind, a.Place, a.Client, a.Agent, a.Session, a.AppPassword, a.Detail)
	return a, err
}

// maxPlacesCounted is how many rows of a kind strangers can make within the
// time that [Tx.CountActivity] looks back; after that all is counted in one.
const maxPlacesCounted = 50

// CountActivity is [Tx.AddActivity] for what strangers can make happen often:
// it is counted with what is of the same kind, place and app password and
// began after since.
func (tx *Tx) CountActivity(ctx context.Context, a Activity, since int64) (Activity, error) {
	a.Place = cleanText(a.Place)
	present, err := tx.counted(ctx, a, since)
	switch {
	case err != nil:
		return Activity{}, err
	case len(present) == 0:
		return tx.AddActivity(ctx, a)
	}
	for _, old := range present {
		if old.Place == a.Place && old.AppPassword == a.AppPassword {
			return tx.bumpActivity(ctx, old)
		}
	}
	if len(present) > maxPlacesCounted {
		return tx.bumpActivity(ctx, present[0])
	}
	if len(present) == maxPlacesCounted {
		a.Place, a.Client, a.Agent = "", "", "" // from now on: from many places
	}
	return tx.AddActivity(ctx, a)
}

func (tx *Tx) counted(ctx context.Context, a Activity, since int64) ([]Activity, error) {
	return list(ctx, tx, `
		select `+activityColumns+` from activity
		where account_id = $1 and at >= $2 and kind = $3 and since >= $2
		order by since desc, id limit $4`, []any{a.Account, since, a.Kind, maxPlacesCounted + 1}, scanActivity)
}

func (tx *Tx) bumpActivity(ctx context.Context, a Activity) (Activity, error) {
	a.At = max(a.At, tx.now)
	a.Count++
	_, err := tx.exec(ctx, `update activity set at = $3, count = count + 1 where account_id = $1 and id = $2`, a.Account, a.ID, a.At)
	return a, err
}

// Activity returns one by ID.
func (tx *Tx) Activity(ctx context.Context, account, id int64) (a Activity, err error) {
	err = tx.one(ctx, `
		select `+activityColumns+` from activity
		where account_id = $1 and id = $2`, []any{account, id}, a.columns()...)
	return a, err
}

// ActivityQuery chooses what [Tx.Activities] lists. Zero fields choose all.
type ActivityQuery struct {
	Account  int64
	Kinds    []string
	From, To int64    // ms; To is exclusive
	Before   Activity // the last one of the page before: its At and ID count
	Limit    int      // 50 by default, 500 at most
}

// maxKinds bounds the list of kinds in one query.
const maxKinds = 50

// Activities lists them, the latest first.
func (tx *Tx) Activities(ctx context.Context, q ActivityQuery) ([]Activity, error) {
	if len(q.Kinds) > maxKinds {
		return nil, ErrLimit
	}
	at, id := q.end()
	args := []any{q.Account, q.From, at, id, min(cmp.Or(max(q.Limit, 0), 50), 500)}
	condition := ""
	if len(q.Kinds) > 0 {
		var places []string
		for _, kind := range q.Kinds {
			args = append(args, cleanText(kind))
			places = append(places, "$"+strconv.Itoa(len(args)))
		}
		condition = " and kind in (" + strings.Join(places, ", ") + ")"
	}
	return list(ctx, tx, `
		select `+activityColumns+` from activity
		where account_id = $1 and at >= $2 and (at, id) < ($3, $4)`+condition+`
		order by at desc, id desc limit $5`, args, scanActivity)
}

// end is the place in the order before which all that is listed stands.
func (q ActivityQuery) end() (at, id int64) {
	at = cmp.Or(q.To, math.MaxInt64)
	if q.Before.At != 0 && q.Before.At < at {
		return q.Before.At, q.Before.ID
	}
	return at, 0
}

// KnownPlace is where an account, or one of its devices, was used from.
type KnownPlace struct {
	Account     int64
	AppPassword int64 // 0: in a browser
	Place       string
	Client      string
}

// SeePlace notes a place, and returns whether it was known and whether any was.
func (tx *Tx) SeePlace(ctx context.Context, k KnownPlace) (known, others bool, err error) {
	if _, err := tx.lockAccount(ctx, k.Account); err != nil {
		return false, false, err
	}
	k.Place, k.Client = cleanText(k.Place), cleanText(k.Client)
	n, err := tx.exec(ctx, `
		update known_place set last_seen = $5
		where account_id = $1 and app_password_id = $2 and place = $3 and client = $4`,
		k.Account, k.AppPassword, k.Place, k.Client, tx.now)
	if err != nil || n > 0 {
		return n > 0, n > 0, err
	}
	var one int64
	err = tx.one(ctx, `select 1 from known_place where account_id = $1 and app_password_id = $2 limit 1`, []any{k.Account, k.AppPassword}, &one)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return false, false, err
	}
	_, failed := tx.exec(ctx, `
		insert into known_place (account_id, app_password_id, place, client, first_seen, last_seen)
		values ($1, $2, $3, $4, $5, $5)`, k.Account, k.AppPassword, k.Place, k.Client, tx.now)
	return false, err == nil, failed
}
