package duplicates

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ksync/internal/contentline"
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
	after      []byte // nil: deleted
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

// plan is a merge that is ready to be written.
type plan struct {
	cards   []loaded // the reference first
	merge   *dedup.Plan
	touched []touched // the reference, the duplicates, the referrers
	books   map[int64]store.Collection
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

// plan works a merge out, in the transaction that is to write it, or in one that only reads.
func (s *Service) plan(ctx context.Context, tx *store.Tx, account int64, r Request) (*plan, error) {
	a, err := tx.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	p := &plan{}
	if p.books, err = writable(ctx, tx, account, r.refs()); err != nil {
		return nil, err
	}
	if p.cards, err = load(ctx, tx, account, r.refs()); err != nil {
		return nil, err
	}
	var others []*vcard.Card
	for _, c := range p.cards[1:] {
		others = append(others, c.card)
	}
	p.merge, err = dedup.Merge(p.cards[0].card, others, dedup.Options{Region: s.o.Region(a), REV: s.rev(), Choices: r.Choices})
	switch {
	case errors.Is(err, dedup.ErrGroup):
		return nil, ErrNoContact
	case errors.Is(err, dedup.ErrLines):
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoContact, err)
	}
	if err := decided(p.merge, r.Choices); err != nil {
		return nil, err
	}
	return p, s.complete(ctx, tx, account, p)
}

// rev is the time of a merge as both versions of cards write it: RFC 6350 §6.7.4.
func (s *Service) rev() string { return s.o.Now().UTC().Format("20060102T150405Z") }

// writable returns the address books of the cards. [*ReadOnly], [*Gone] for those in a book that is gone.
func writable(ctx context.Context, tx *store.Tx, account int64, refs []Ref) (map[int64]store.Collection, error) {
	all, err := tx.Collections(ctx, account, store.AddressBook)
	if err != nil {
		return nil, err
	}
	books := map[int64]store.Collection{}
	for _, c := range all {
		books[c.ID] = c
	}
	var gone []Ref
	for _, r := range refs {
		c, ok := books[r.Collection]
		if !ok {
			gone = append(gone, r)
		} else if c.Source != "" { // a subscription: its objects come from elsewhere
			return nil, &ReadOnly{c.ID, c.DisplayName}
		}
	}
	if len(gone) > 0 {
		return nil, &Gone{gone}
	}
	return books, nil
}

// complete finds who refers to the removed cards, and says what becomes of each card.
func (s *Service) complete(ctx context.Context, tx *store.Tx, account int64, p *plan) error {
	ref := p.cards[0]
	gone := removedUIDs(p.cards)
	result, uid, err := s.named(p.merge.Merged, gone)
	if err != nil {
		return err
	}
	if err := s.fits(result); err != nil {
		return err
	}
	p.merge.Merged = result
	p.touched = []touched{{Role: roleReference, at: ref.Ref, UID: vcard.BareUID(uid), Name: ref.member().Name, before: ref.object.Bytes, after: result}}
	for _, c := range p.cards[1:] {
		props, err := tx.Properties(ctx, store.Place{Account: account, Collection: c.Collection, URI: c.URI})
		if err != nil {
			return err
		}
		p.touched = append(p.touched, touched{Role: roleDuplicate, at: c.Ref, UID: vcard.BareUID(c.card.UID), Name: c.member().Name, Properties: props, before: c.object.Bytes})
	}
	return s.repoint(ctx, tx, account, p, gone)
}

// named gives the result a UID if the reference has none, so that groups have something to name, and takes references
// to itself out.
func (s *Service) named(merged []byte, gone []string) (data []byte, uid string, err error) {
	card, err := vcard.Parse(merged)
	if err != nil {
		return nil, "", fmt.Errorf("the result cannot be read: %w", err)
	}
	if card.UID == "" {
		var random [16]byte
		if _, err := io.ReadFull(s.o.Rand, random[:]); err != nil {
			return nil, "", fmt.Errorf("random UID: %w", err)
		}
		random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80 // RFC 9562 §5.4
		out := card.Component.Clone()
		out.Append(contentline.New("", "UID", fmt.Sprintf("%x-%x-%x-%x-%x", random[:4], random[4:6], random[6:8], random[8:10], random[10:])))
		if card, err = vcard.Parse(out.Bytes()); err != nil {
			return nil, "", fmt.Errorf("the result cannot be read: %w", err)
		}
		merged = card.Bytes()
	}
	if data, changed := dedup.Repoint(card, gone, card.UID); changed {
		merged = data
	}
	return slices.Clone(merged), card.UID, nil
}

// fits compares the size of the result with the bound of every card, and names its largest property.
func (s *Service) fits(data []byte) error {
	if int64(len(data)) <= s.o.Limits.Object {
		return nil
	}
	e := &TooLarge{Size: int64(len(data)), Limit: s.o.Limits.Object}
	if card, err := vcard.Parse(data); err == nil {
		for l := range card.Component.Lines() {
			if n := int64(len(l.Value)); n > e.Bytes {
				e.Property, e.Bytes = l.Name, n
			}
		}
	}
	return e
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
	return s.merge(ctx, account, by, r, 0)
}

// merge is Merge for a request that is in order, as a part of a job or (0) by itself.
func (s *Service) merge(ctx context.Context, account int64, by store.Author, r Request, job int64) (m Merged, err error) {
	hash := r.hash()
	err = s.o.Store.Write(ctx, func(tx *store.Tx) error {
		if done, err := answered(ctx, tx, account, r.Key, hash); done != nil || err != nil {
			if done != nil {
				m = *done
			}
			return err
		}
		p, err := s.plan(ctx, tx, account, r)
		if err != nil {
			return err
		}
		if err := s.write(ctx, tx, account, by, p.touched, string(KindMerge)); err != nil {
			return err
		}
		ref := p.touched[0]
		e := entry{At: ref.at, UID: ref.UID, Name: ref.Name, Removed: len(r.Duplicates), Regrouped: len(p.touched) - len(p.cards), By: by, Request: hash}
		record, err := s.keep(ctx, tx, store.Merge{Account: account, Kind: string(KindMerge), Token: r.Key, Parent: job}, e, p.touched)
		if err != nil {
			return err
		}
		m = e.answer(record)
		return s.remember(ctx, tx, account, p.touched)
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

// answered returns the answer to an earlier request of the key, or nil.
func answered(ctx context.Context, tx *store.Tx, account int64, key, hash string) (*Merged, error) {
	record, err := tx.MergeByToken(ctx, account, key)
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
	if e.Request != hash {
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

// write stores what becomes of each card; removals first, so that what grows has room. Each must be what it was when it was read in this
// transaction. The new ETags are noted.
func (s *Service) write(ctx context.Context, tx *store.Tx, account int64, by store.Author, cards []touched, reason string) error {
	for _, c := range cards {
		if c.after != nil {
			continue
		}
		err := tx.DeleteObject(ctx, store.Delete{Account: account, Collection: c.at.Collection, URI: c.at.URI,
			Cond: store.Precondition{Match: []string{c.at.ETag}}, By: by, Reason: reason})
		if err != nil {
			return err
		}
	}
	for i := range cards {
		if c := &cards[i]; c.after != nil {
			if err := s.put(ctx, tx, account, by, c, reason); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) put(ctx context.Context, tx *store.Tx, account int64, by store.Author, c *touched, reason string) error {
	index, err := s.o.Check(&store.Collection{Account: account, ID: c.at.Collection, Kind: store.AddressBook}, c.after)
	if err != nil {
		return fmt.Errorf("the result cannot be stored: %w", err)
	}
	cond := store.Precondition{Match: []string{c.at.ETag}}
	if c.before == nil {
		cond = store.Precondition{NoneMatchAny: true}
	}
	done, err := tx.PutObject(ctx, store.Put{Account: account, Collection: c.at.Collection, URI: c.at.URI, Bytes: c.after, Index: index, Cond: cond, By: by, Reason: reason})
	if err != nil {
		return err
	}
	c.at.ETag = done.ETag
	if c.before == nil && len(c.Properties) > 0 {
		return tx.SetProperties(ctx, store.Place{Account: account, Collection: c.at.Collection, URI: c.at.URI}, c.Properties, nil)
	}
	return nil
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
