package duplicates

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// side is one card of a hidden pair, as it was then.
type side struct {
	Collection int64  `json:"c"`
	URI        string `json:"u"`
	UID        string `json:"id"`
	Name       string `json:"n"`
	Print      string `json:"p"` // dedup.Card.Fingerprint
}

// hidden is a pair as the store has it.
type hidden struct {
	store.Hidden
	Sides [2]side
}

// memory is which card another one was merged into.
type memory struct {
	Collection int64  `json:"c"`
	UID        string `json:"id"`
}

// recall reads what people have hidden, and which cards were merged away: this only when a card has changed, since it
// is written with one, or when the first of it is over.
func (s *Service) recall(ctx context.Context, account int64, sh *shelf) error {
	var pairs []store.Hidden
	err := s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if pairs, err = tx.Hidden(ctx, account); err != nil || sh.settled && s.o.Now().UnixMilli() < sh.forget {
			return err
		}
		uids, err := tx.MergedUIDs(ctx, account)
		if err != nil {
			return err
		}
		return sh.remember(uids)
	})
	if err != nil {
		return err
	}
	return sh.part(pairs)
}

// remember takes over which cards were merged away, and notes when the first is to be forgotten.
func (sh *shelf) remember(uids []store.MergedUID) error {
	sh.memories, sh.forget = make(map[string]memory, len(uids)), math.MaxInt64
	for _, u := range uids {
		var m memory
		if err := json.Unmarshal(u.Data, &m); err != nil {
			return fmt.Errorf("merged card %s: %w", mark(u.UID), err)
		}
		sh.memories[u.UID], sh.forget = m, min(sh.forget, u.Until)
	}
	return nil
}

// part keeps the cards of hidden pairs apart, as long as they are what they were.
func (sh *shelf) part(pairs []store.Hidden) error {
	if sh.settled && slices.EqualFunc(pairs, sh.hidden, func(p store.Hidden, h hidden) bool { return p.ID == h.ID && p.At == h.At }) {
		return nil // 20,000 pairs are 40,000 fingerprints
	}
	sh.hidden = sh.hidden[:0]
	var apart [][2]string
	back := map[[2]string]bool{}
	for _, p := range pairs {
		h := hidden{Hidden: p}
		if err := json.Unmarshal(p.Data, &h.Sides); err != nil {
			return fmt.Errorf("hidden pair %d: %w", p.ID, err)
		}
		sh.hidden = append(sh.hidden, h)
		a, b := sh.locate(h.Sides[0]), sh.locate(h.Sides[1])
		if a == "" || b == "" {
			continue
		}
		pair := [2]string{min(a, b), max(a, b)}
		if sh.changed(h.Sides[0]) || sh.changed(h.Sides[1]) {
			back[pair] = true
		} else {
			apart = append(apart, pair)
		}
	}
	if sh.book.Part(apart) {
		sh.moved()
	}
	sh.back, sh.settled = back, true
	return nil
}

// locate finds a card again: under its name, or moved, by its UID.
func (sh *shelf) locate(x side) string {
	id := Ref{Collection: x.Collection, URI: x.URI}.id()
	if sp := sh.cards[id]; sp != nil && (sp.uid == x.UID || x.UID == "") {
		return id
	}
	if x.UID == "" {
		return ""
	}
	if id := sh.uids[uidPlace(x.Collection, x.UID)]; id != "" {
		return id
	}
	for collection := range sh.at {
		if id := sh.uids[uidPlace(collection, x.UID)]; id != "" {
			return id
		}
	}
	return ""
}

// changed says whether a card is another one, or gone, than when it was hidden.
func (sh *shelf) changed(x side) bool {
	id := sh.locate(x)
	return id == "" || sh.book.Card(id).Fingerprint() != x.Print
}

// Hide hides every pair of these cards. [*Stale] and [*Gone] as for Merge; an empty ETag is not compared.
// [store.ErrLimit] when too many pairs are hidden.
func (s *Service) Hide(ctx context.Context, account int64, cards []Ref) error {
	seen := map[string]bool{}
	for _, c := range cards {
		seen[c.id()] = true
	}
	if len(seen) < 2 || len(seen) != len(cards) || len(cards) > s.o.Limits.Members {
		return ErrRequest
	}
	sides, err := s.sides(ctx, account, cards)
	if err != nil {
		return err
	}
	// If a card changes meanwhile it is another one than what the person saw, and the pair is shown again.
	return s.o.Store.Write(ctx, func(tx *store.Tx) error {
		for i := range sides {
			for j := range i {
				if err := hidePair(ctx, tx, account, sides[j], sides[i]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// sides reads the cards of hidden pairs, in an order that names a pair always alike.
func (s *Service) sides(ctx context.Context, account int64, cards []Ref) ([]side, error) {
	a, err := s.o.Store.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	var all []loaded
	err = s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = load(ctx, tx, account, cards)
		return err
	})
	if err != nil {
		return nil, err
	}
	var sides []side
	for _, c := range all {
		n := dedup.Normalise(c.card, s.o.Region(a))
		if n == nil {
			return nil, ErrNoContact
		}
		m := c.member()
		sides = append(sides, side{m.Collection, m.URI, m.UID, m.Name, n.Fingerprint()})
	}
	slices.SortFunc(sides, func(x, y side) int { return cmp.Or(cmp.Compare(x.Collection, y.Collection), cmp.Compare(x.URI, y.URI)) })
	return sides, nil
}

func hidePair(ctx context.Context, tx *store.Tx, account int64, a, b side) error {
	data, err := json.Marshal([2]side{a, b})
	if err != nil {
		return err
	}
	_, err = tx.Hide(ctx, store.Hidden{Account: account, Data: data, Pair: fmt.Sprintf("%d/%s %d/%s", a.Collection, a.URI, b.Collection, b.URI)})
	return err
}

// Unhide shows a pair again, if it still is one. [store.ErrNotFound].
func (s *Service) Unhide(ctx context.Context, account, id int64) error {
	return s.o.Store.Write(ctx, func(tx *store.Tx) error { return tx.Unhide(ctx, account, id) })
}

// Hidden lists the hidden pairs.
func (s *Service) Hidden(ctx context.Context, account int64, cursor string, limit int) (HiddenPage, error) {
	var page HiddenPage
	limit = s.limit(limit)
	err := s.with(ctx, account, func(sh *shelf) error {
		from := 0
		if cursor != "" {
			last := slices.IndexFunc(sh.hidden, func(h hidden) bool { return strconv.FormatInt(h.ID, 10) == cursor })
			from = last + 1 // the whole list, once more, if that one is gone
		}
		rest := sh.hidden[from:]
		for _, h := range rest[:min(limit, len(rest))] {
			p := HiddenPair{ID: h.ID, At: time.UnixMilli(h.At), A: sh.shown(h.Sides[0]), B: sh.shown(h.Sides[1])}
			p.Back = p.A.ETag != "" && p.B.ETag != "" && (sh.changed(h.Sides[0]) || sh.changed(h.Sides[1]))
			page.Pairs = append(page.Pairs, p)
		}
		if len(rest) > limit {
			page.Next = strconv.FormatInt(rest[limit-1].ID, 10)
		}
		return nil
	})
	return page, err
}

// shown is a card of a hidden pair as it is now, or as it was.
func (sh *shelf) shown(x side) Member {
	if id := sh.locate(x); id != "" {
		return sh.cards[id].member()
	}
	return Member{Ref: Ref{Collection: x.Collection, URI: x.URI}, UID: x.UID, Name: x.Name}
}

// loaded is a card as the database has it.
type loaded struct {
	Ref
	object store.Object
	card   *vcard.Card
}

func (l loaded) member() Member { return memberOf(l.Collection, l.object, l.card) }

// load reads cards in a transaction and compares their ETags with those given. [*Gone], [*Stale], [ErrNoContact].
func load(ctx context.Context, tx *store.Tx, account int64, refs []Ref) ([]loaded, error) {
	var all []loaded
	var gone []Ref
	stale := false
	for _, r := range refs {
		o, err := tx.Object(ctx, account, r.Collection, r.URI)
		if errors.Is(err, store.ErrNotFound) {
			gone = append(gone, r)
			continue
		}
		if err != nil {
			return nil, err
		}
		card, err := vcard.Parse(o.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoContact, err)
		}
		stale = stale || r.ETag != "" && r.ETag != o.ETag
		all = append(all, loaded{r, o, card})
	}
	if len(gone) > 0 {
		return nil, &Gone{gone}
	}
	if stale {
		e := &Stale{}
		for _, l := range all {
			e.Cards = append(e.Cards, l.member())
		}
		return nil, e
	}
	return all, nil
}
