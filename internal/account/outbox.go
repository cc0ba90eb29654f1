package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ksync/store"
)

const (
	noticePurpose = "notice"
	claimTime     = 10 * time.Minute // for sending what was claimed
	retryFirst    = time.Minute
	retryMost     = 6 * time.Hour
	retryFor      = 2 * day
)

// Notice is a letter to be sent.
type Notice struct {
	ID        int64
	Account   int64 // 0: of nobody yet
	Kind      NoticeKind
	Address   string
	Locale    string // "": not known
	Reference string // also stands in recent activity; "" when nothing does
	Attempts  int    // before this one
	Created   time.Time
	Data      NoticeData
}

// notice is a letter to be written, and how often such a one may be.
type notice struct {
	kind        NoticeKind
	topic       string // what of its kind it is about
	address     string // "": the account's
	data        NoticeData
	window      time.Duration // in which at most so many are written on the topic; 0: no bound
	most        int
	delay       time.Duration
	perActivity bool // a letter about the same activity is brought up to date, not written again
}

// tell puts a letter into the outbox, in the transaction of what it tells of.
// Without mail, or an address, it does nothing. What it says is sealed: it may
// hold a link, and it is nobody else's business.
func (s *Service) tell(ctx context.Context, tx *store.Tx, owner store.Account, about store.Activity, n notice) error {
	if n.address == "" {
		n.address = owner.Email
	}
	if !s.o.Mail || n.address == "" {
		return nil
	}
	n.data.Login, n.data.TimeZone, n.data.At = owner.Login, owner.TimeZone, s.now().UnixMilli()
	n.data.Place, n.data.Client = about.Place, about.Client
	sealed, err := s.sealNotice(owner.ID, n.data)
	if err != nil {
		return err
	}
	topic := string(n.kind) + " " + n.topic
	if n.window > 0 {
		told, err := s.told(ctx, tx, owner.ID, topic, n, store.Notice{Activity: about.ID, Data: sealed})
		if err != nil || told {
			return err
		}
	}
	if n.delay == 0 {
		tx.AfterCommit(s.wakePostman)
	}
	_, err = tx.AddNotice(ctx, store.Notice{
		Account: owner.ID, Kind: string(n.kind), Topic: topic, Address: n.address, Locale: owner.Locale,
		Activity: about.ID, Due: s.now().Add(n.delay).UnixMilli(), Data: sealed,
	})
	return err
}

// NoticeWaiting has a value when letters that are due were put into the outbox:
// somebody sits and looks for the link to a new password. It is for one reader,
// who looks now and then all the same: what other processes write, and what is
// due later, has none.
func (s *Service) NoticeWaiting() <-chan struct{} { return s.waiting }

func (s *Service) wakePostman() {
	select {
	case s.waiting <- struct{}{}:
	default: // woken already
	}
}

// told reports whether nothing more is to be written on a topic now. It
// brings a waiting letter about the same activity up to date.
func (s *Service) told(ctx context.Context, tx *store.Tx, account int64, topic string, n notice, latest store.Notice) (bool, error) {
	before, err := tx.Notices(ctx, account, topic, s.now().Add(-n.window).UnixMilli())
	if err != nil {
		return false, err
	}
	for _, b := range before {
		if !n.perActivity || b.Activity != latest.Activity {
			continue
		}
		b.Data = latest.Data
		if err := tx.RewriteNotice(ctx, b); err != nil && !errors.Is(err, store.ErrNotFound) { // sent meanwhile
			return false, err
		}
		return true, nil
	}
	return len(before) >= n.most, nil
}

func (s *Service) sealNotice(account int64, data NoticeData) ([]byte, error) {
	plain, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encode notice: %w", err)
	}
	return s.o.Keys.seal(s.o.Rand, noticePurpose, account, plain)
}

// ClaimNotices takes up to n letters that are due. Whoever takes them has ten
// minutes to report; then they are due again.
func (s *Service) ClaimNotices(ctx context.Context, n int) ([]Notice, error) {
	var rows []store.Notice
	err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		rows, err = tx.ClaimNotices(ctx, n, s.now().Add(claimTime).UnixMilli())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim notices: %w", err)
	}
	letters := make([]Notice, 0, len(rows))
	for _, row := range rows {
		letter := Notice{
			ID: row.ID, Account: row.Account, Kind: NoticeKind(row.Kind), Address: row.Address, Locale: row.Locale,
			Reference: Reference(row.Activity), Attempts: int(row.Attempts), Created: time.UnixMilli(row.Created),
		}
		plain, err := s.o.Keys.open(noticePurpose, row.Account, row.Data)
		if err == nil {
			err = json.Unmarshal(plain, &letter.Data)
		}
		if err != nil { // sealed with a key that is gone: it can never be sent
			s.o.Logger.Error("drop notice", "kind", row.Kind, "err", err)
			if err := s.NoticeSent(ctx, letter); err != nil {
				return nil, err
			}
			continue
		}
		letters = append(letters, letter)
	}
	return letters, nil
}

// NoticeSent reports a letter as sent, or not to be sent any more.
func (s *Service) NoticeSent(ctx context.Context, n Notice) error {
	err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.FinishNotice(ctx, n.Account, n.ID) })
	if errors.Is(err, store.ErrNotFound) { // its account was deleted meanwhile
		return nil
	}
	return err
}

// NoticeFailed reports that it could not be sent. It is tried again later and
// later, for two days.
func (s *Service) NoticeFailed(ctx context.Context, n Notice) error {
	if s.now().Sub(n.Created) > retryFor {
		return s.NoticeSent(ctx, n)
	}
	wait := min(retryFirst<<min(n.Attempts, 10), retryMost)
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		return tx.PostponeNotice(ctx, n.Account, n.ID, s.now().Add(wait).UnixMilli())
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
