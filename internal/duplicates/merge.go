package duplicates

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// touched is one card of a change: what it was, and what it is. It is kept as a store.MergeCard.
type touched struct {
	Role       role             `json:"r"`
	UID        string           `json:"id"`
	Name       string           `json:"n"`
	Properties []store.Property `json:"p,omitempty"` // dead ones, which go with a deleted object
	at         Ref              // ETag: of after, or of before if it is deleted
	before     []byte
	after      []byte      // nil: deleted
	index      store.Index // of after
}

// role is what a card is in a merge.
type role string

const (
	roleReference role = "reference"
	roleDuplicate role = "duplicate"
	roleReferrer  role = "referrer"
)

// entry is what the store keeps of a merge for its history and its answer.
type entry struct {
	At        Ref          `json:"at"`
	UID       string       `json:"uid"`
	Name      string       `json:"name"`
	Removed   int          `json:"removed"`
	Regrouped int          `json:"regrouped"`
	By        store.Author `json:"by"`
	Request   string       `json:"request,omitempty"` // hash, with an idempotency key
	Of        int64        `json:"of,omitempty"`      // of an undo: what it took back
	Final     bool         `json:"final,omitempty"`   // cannot be taken back
	Job       *jobState    `json:"job,omitempty"`
}

func (r Request) refs() []Ref { return append([]Ref{r.Reference}, r.Duplicates...) }

// check refuses what cannot be meant.
func (s *Service) check(r Request) error {
	refs := r.refs()
	if len(refs) < 2 || len(refs) > s.o.Limits.Members {
		return fmt.Errorf("%w: %d cards", ErrRequest, len(refs))
	}
	seen := map[string]bool{}
	for _, c := range refs {
		if seen[c.id()] || c.ETag == "" {
			return fmt.Errorf("%w: %s", ErrRequest, c.URI)
		}
		seen[c.id()] = true
	}
	return nil
}

// Merge merges. [*Stale], [*Gone], [*TooLarge], [*ReadOnly], [ErrRequest], [ErrNoContact], [ErrKeyUsed],
// [store.ErrQuota]; nothing was written then.
func (s *Service) Merge(ctx context.Context, account int64, by store.Author, r Request) (Merged, error) {
	if err := s.check(r); err != nil {
		return Merged{}, err
	}
	if err := s.o.Store.Rekey(ctx, account, Keying()); err != nil {
		return Merged{}, err
	}
	return s.merge(ctx, account, by, r)
}

// merge is Merge for a request that is in order.
func (s *Service) merge(ctx context.Context, account int64, by store.Author, r Request) (m Merged, err error) {
	var p *plan
	var done *Merged
	err = s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if done, err = answered(ctx, tx, account, r); done == nil && err == nil {
			p, err = s.plan(ctx, tx, account, r, nil)
		}
		return err
	})
	if done != nil || err != nil {
		return *cmp.Or(done, &Merged{}), err
	}
	return s.commit(ctx, account, by, r, p, 0)
}

// commit writes a merge that has been worked out, as a part of a job or (0) by itself. If anything in the address books
// has changed since, what depends on it is worked out again, in the transaction.
func (s *Service) commit(ctx context.Context, account int64, by store.Author, r Request, p *plan, job int64) (m Merged, err error) {
	err = s.o.Store.Write(ctx, func(tx *store.Tx) error {
		if done, err := answered(ctx, tx, account, r); done != nil || err != nil {
			m = *cmp.Or(done, &Merged{})
			return err
		}
		now, err := booksOf(ctx, tx, account)
		if err != nil {
			return err
		}
		if !p.books.same(now) {
			if p, err = s.plan(ctx, tx, account, r, p); err != nil {
				return err
			}
		}
		cards := p.touched
		if err := s.write(ctx, tx, account, by, cards, string(KindMerge)); err != nil {
			return err
		}
		ref := cards[0]
		e := entry{At: ref.at, UID: ref.UID, Name: ref.Name, Removed: len(r.Duplicates), Regrouped: len(cards) - len(p.cards), By: by, Request: r.hash()}
		record, err := s.keep(ctx, tx, store.Merge{Account: account, Kind: string(KindMerge), Token: r.Key, Parent: job}, e, cards)
		if err != nil {
			return err
		}
		m = e.answer(record)
		return s.remember(ctx, tx, account, cards)
	})
	return m, err
}

// hash tells requests with one idempotency key apart.
func (r Request) hash() string {
	if r.Key == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v %#v", r.refs(), r.Choices)) // maps are printed in the order of their keys
	return hex.EncodeToString(sum[:16])
}

// answered returns the answer to the request if it was made before, or nil.
func answered(ctx context.Context, tx *store.Tx, account int64, r Request) (*Merged, error) {
	record, err := tx.MergeByToken(ctx, account, r.Key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e, err := entryOf(record)
	if err != nil {
		return nil, err
	}
	if e.Request != r.hash() {
		return nil, ErrKeyUsed
	}
	m := e.answer(record)
	m.Repeated = true
	return &m, nil
}

func (e entry) answer(record store.Merge) Merged {
	return Merged{Ref: e.At, UID: e.UID, Undo: record.ID, Until: time.UnixMilli(record.Until), Removed: e.Removed, Regrouped: e.Regrouped}
}

func entryOf(m store.Merge) (e entry, err error) {
	if err := json.Unmarshal(m.Data, &e); err != nil {
		return entry{}, fmt.Errorf("merge %d: %w", m.ID, err)
	}
	return e, nil
}

// index checks what is to be stored as a PUT is checked.
func (s *Service) index(account int64, cards []touched) (err error) {
	for i := range cards {
		c := &cards[i]
		if c.after == nil {
			continue
		}
		c.index, err = s.o.Check(&store.Collection{Account: account, ID: c.at.Collection, Kind: store.AddressBook}, c.after)
		if err != nil {
			return fmt.Errorf("the result cannot be stored: %w", err)
		}
	}
	return nil
}

// write stores what becomes of each card; removals first, so that what grows has room. Each must be what it was when it
// was read. The new ETags, and the properties of what is removed, are noted.
func (s *Service) write(ctx context.Context, tx *store.Tx, account int64, by store.Author, cards []touched, reason string) error {
	for i := range cards {
		if c := &cards[i]; c.after == nil {
			if err := c.remove(ctx, tx, account, by, reason); err != nil {
				return err
			}
		}
	}
	for i := range cards {
		if c := &cards[i]; c.after != nil {
			if err := c.put(ctx, tx, account, by, reason); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *touched) remove(ctx context.Context, tx *store.Tx, account int64, by store.Author, reason string) (err error) {
	if c.Properties, err = tx.Properties(ctx, c.place(account)); err != nil {
		return err
	}
	return tx.DeleteObject(ctx, store.Delete{Account: account, Collection: c.at.Collection, URI: c.at.URI,
		Cond: store.Precondition{Match: []string{c.at.ETag}}, By: by, Reason: reason})
}

func (c *touched) put(ctx context.Context, tx *store.Tx, account int64, by store.Author, reason string) error {
	cond := store.Precondition{Match: []string{c.at.ETag}}
	if c.before == nil {
		cond = store.Precondition{NoneMatchAny: true}
	}
	done, err := tx.PutObject(ctx, store.Put{Account: account, Collection: c.at.Collection, URI: c.at.URI, Bytes: c.after, Index: c.index, Cond: cond, By: by, Reason: reason})
	if err != nil {
		return err
	}
	c.at.ETag = done.ETag
	if c.before == nil && len(c.Properties) > 0 {
		return tx.SetProperties(ctx, c.place(account), c.Properties, nil)
	}
	return nil
}

func (c *touched) place(account int64) store.Place {
	return store.Place{Account: account, Collection: c.at.Collection, URI: c.at.URI}
}

// keep notes what was done, so that it can be taken back.
func (s *Service) keep(ctx context.Context, tx *store.Tx, m store.Merge, e entry, cards []touched) (store.Merge, error) {
	m.Until = s.o.Now().Add(s.o.Limits.Undo).UnixMilli()
	var err error
	if m.Data, err = json.Marshal(e); err != nil {
		return m, err
	}
	var kept []store.MergeCard
	for _, c := range cards {
		data, err := json.Marshal(c)
		if err != nil {
			return m, err
		}
		kept = append(kept, store.MergeCard{Collection: c.at.Collection, URI: c.at.URI, Data: data, Before: c.before, After: c.after})
	}
	return tx.AddMerge(ctx, m, kept)
}

// remember notes for each removed UID where it went.
func (s *Service) remember(ctx context.Context, tx *store.Tx, account int64, cards []touched) error {
	ref := cards[0]
	data, err := json.Marshal(memory{ref.at.Collection, ref.UID})
	if err != nil {
		return err
	}
	for _, c := range cards {
		if c.Role != roleDuplicate || c.UID == "" {
			continue
		}
		err := tx.RememberUID(ctx, store.MergedUID{Account: account, UID: uidPlace(c.at.Collection, c.UID), Data: data,
			Until: s.o.Now().Add(s.o.Limits.Memory).UnixMilli()})
		if err != nil {
			return err
		}
	}
	return nil
}

// lookup is [store.Keying.Keys] of address books.
func lookup(data []byte) []int64 {
	card, err := vcard.Parse(data)
	if err != nil {
		return nil
	}
	return dedup.Lookup(card)
}
