package duplicates

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// maxRedo bounds the bytes of an undo that can itself be taken back.
const maxRedo = 8 << 20

// reversal is an undo that is worked out: what it does with each card, and what is to be written for it, as long as the
// books are the same.
type reversal struct {
	books    books
	entry    entry
	cards    []touched // to be written
	restored []Restored
	writes   []int // for each of restored: its index in cards, or -1
}

// UndoPreview says what Undo would do now.
func (s *Service) UndoPreview(ctx context.Context, account, id int64) (Undone, error) {
	var u Undone
	err := s.o.Store.Read(ctx, func(tx *store.Tx) error {
		parts, err := undoable(ctx, tx, account, id)
		for _, m := range parts {
			r, err := s.reverse(ctx, tx, m)
			if err != nil {
				return err
			}
			u.Cards = append(u.Cards, r.restored...)
		}
		return err
	})
	return u, err
}

// undoable returns a record as a list, or those of the parts of a job that were not taken back yet, the latest first.
func undoable(ctx context.Context, tx *store.Tx, account, id int64) ([]store.Merge, error) {
	m, err := tx.Merge(ctx, account, id)
	if err != nil {
		return nil, err
	}
	e, err := entryOf(m)
	switch {
	case err != nil:
		return nil, err
	case m.Undone != 0:
		return nil, ErrUndone
	case e.Final:
		return nil, store.ErrNotFound
	case e.Job == nil:
		return []store.Merge{m}, nil
	}
	parts, err := tx.MergesOf(ctx, account, id)
	return slices.DeleteFunc(parts, func(p store.Merge) bool { return p.Undone != 0 || p.Kind != string(KindMerge) }), err
}

// Undo takes a merge, an undo or a whole job back. [store.ErrNotFound], [ErrUndone], [ErrBusy] while the job runs,
// [*ReadOnly]; of a job the merges up to the one with the fault are taken back then, and it can be asked for again.
func (s *Service) Undo(ctx context.Context, account int64, by store.Author, id int64) (Undone, error) {
	if s.works(account, id) { // before its merges are listed: none may join them
		return Undone{}, ErrBusy
	}
	if err := s.o.Store.Rekey(ctx, account, Keying()); err != nil {
		return Undone{}, err
	}
	var parts []store.Merge
	err := s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		parts, err = undoable(ctx, tx, account, id)
		return err
	})
	if err != nil {
		return Undone{}, err
	}
	if len(parts) == 1 && parts[0].ID == id {
		return s.undoOne(ctx, account, by, id)
	}
	return s.undoJob(ctx, account, by, id, parts)
}

// undoJob takes the merges of a job back, each in a transaction of its own.
func (s *Service) undoJob(ctx context.Context, account int64, by store.Author, id int64, parts []store.Merge) (Undone, error) {
	var all Undone
	for _, m := range parts {
		u, err := s.undoOne(ctx, account, by, m.ID)
		if errors.Is(err, ErrUndone) {
			continue
		}
		if err != nil {
			return all, err
		}
		all.Cards = append(all.Cards, u.Cards...)
	}
	err := s.o.Store.Write(ctx, func(tx *store.Tx) error { return tx.EndMerge(ctx, account, id) })
	if errors.Is(err, store.ErrPrecondition) {
		err = ErrUndone
	}
	return all, err
}

// undoOne works an undo out before its turn to write, as a merge is: see [Service.commit].
func (s *Service) undoOne(ctx context.Context, account int64, by store.Author, id int64) (u Undone, err error) {
	var m store.Merge
	var r *reversal
	err = s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.Merge(ctx, account, id); err != nil {
			return err
		}
		r, err = s.reverse(ctx, tx, m)
		return err
	})
	if err != nil {
		return Undone{}, err
	}
	err = s.o.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.EndMerge(ctx, account, id); errors.Is(err, store.ErrPrecondition) {
			return ErrUndone
		} else if err != nil {
			return err
		}
		now, err := booksOf(ctx, tx, account)
		if err != nil {
			return err
		}
		if !r.books.same(now) {
			if r, err = s.reverse(ctx, tx, m); err != nil {
				return err
			}
		}
		if err := s.write(ctx, tx, account, by, r.cards, string(KindUndo)); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, account, r); err != nil {
			return err
		}
		u = Undone{Cards: r.report(), Offer: r.offer(m.Kind)}
		u.Redo, err = s.keepUndo(ctx, tx, m, by, r)
		return err
	})
	return u, err
}

// keepUndo notes an undo, so that it can be taken back: once, and unless it is too large.
func (s *Service) keepUndo(ctx context.Context, tx *store.Tx, m store.Merge, by store.Author, r *reversal) (int64, error) {
	size := 0
	for _, c := range r.cards {
		size += len(c.before) + len(c.after)
	}
	e := r.entry
	e.By, e.Of, e.Request = by, m.ID, ""
	e.Final = m.Kind == string(KindUndo) || m.Parent != 0 || size > maxRedo || len(r.cards) == 0
	cards := r.cards
	if e.Final {
		cards = nil
	}
	record, err := s.keep(ctx, tx, store.Merge{Account: m.Account, Kind: string(KindUndo), Parent: m.Parent}, e, cards)
	if err != nil || e.Final {
		return 0, err
	}
	return record.ID, nil
}

// settle forgets or remembers where the UIDs of cards went that are back, or gone again.
func (s *Service) settle(ctx context.Context, tx *store.Tx, account int64, r *reversal) error {
	for _, c := range r.cards {
		if c.Role != roleDuplicate || c.UID == "" {
			continue
		}
		if c.after != nil {
			if err := tx.ForgetUID(ctx, account, uidPlace(c.at.Collection, c.UID)); err != nil {
				return err
			}
			continue
		}
		gone := []touched{{UID: r.entry.UID, at: r.entry.At}, c}
		if err := s.remember(ctx, tx, account, gone); err != nil {
			return err
		}
	}
	return nil
}

// report is what was done, with the ETags that it gave.
func (r *reversal) report() []Restored {
	for i, at := range r.writes {
		if at >= 0 && r.cards[at].after != nil {
			r.restored[i].Ref = r.cards[at].at
		}
	}
	return r.restored
}

// offer is the contacts of a merge that was taken back.
func (r *reversal) offer(kind string) []Ref {
	if kind != string(KindMerge) {
		return nil
	}
	var refs []Ref
	for i, at := range r.writes {
		if at >= 0 && r.cards[at].Role != roleReferrer && r.cards[at].after != nil {
			refs = append(refs, r.restored[i].Ref)
		}
	}
	return refs
}

// reverse works out how a record is taken back, as things are now: dedupe.md §6.8.
func (s *Service) reverse(ctx context.Context, tx *store.Tx, m store.Merge) (*reversal, error) {
	e, err := entryOf(m)
	if err != nil {
		return nil, err
	}
	kept, err := tx.MergeCards(ctx, m.Account, m.ID)
	if err != nil {
		return nil, err
	}
	r := &reversal{entry: e}
	if r.books, err = booksOf(ctx, tx, m.Account); err != nil {
		return nil, err
	}
	for _, k := range kept {
		c := touched{before: k.Before, after: k.After}
		if err := json.Unmarshal(k.Data, &c); err != nil {
			return nil, fmt.Errorf("merge %d: %w", m.ID, err)
		}
		c.at.Collection, c.at.URI = k.Collection, k.URI
		if err := r.card(ctx, tx, m.Account, c); err != nil {
			return nil, err
		}
	}
	for _, c := range r.cards {
		if err := r.books.takes(c.at.Collection); err != nil {
			return nil, err
		}
	}
	return r, s.index(m.Account, r.cards)
}

// card decides about one card of the record.
func (r *reversal) card(ctx context.Context, tx *store.Tx, account int64, c touched) error {
	now, err := tx.Object(ctx, account, c.at.Collection, c.at.URI)
	there := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if len(c.after) == 0 {
		return r.bringBack(ctx, tx, account, c, now, there)
	}
	switch same := there && bytes.Equal(now.Bytes, c.after); {
	case !there:
		r.leave(c, Deleted)
	case len(c.before) == 0 && same:
		r.change(c, now, nil, Removed)
	case len(c.before) == 0:
		r.leave(c, Kept)
	case same:
		r.change(c, now, c.before, Back)
	default:
		r.change(c, now, unmerged(c, now.Bytes), Edited)
	}
	return nil
}

// unmerged is the card without what the merge did, and with what was done since.
func unmerged(c touched, now []byte) []byte {
	var cards [3]*vcard.Card
	for i, data := range [][]byte{c.before, c.after, now} {
		card, err := vcard.Parse(data)
		if err != nil || c.Role != roleReferrer && dedup.Lines(card) > 2*dedup.MaxLines { // what became of it is more than can be compared
			return now
		}
		cards[i] = card
	}
	return dedup.Unmerge(cards[0], cards[1], cards[2])
}

func (r *reversal) leave(c touched, what Outcome) {
	r.restored = append(r.restored, Restored{Ref: c.at, UID: c.UID, Name: c.Name, What: what})
	r.writes = append(r.writes, -1)
}

// change is what is to be written in the place of what is there now; after nil removes it.
func (r *reversal) change(c touched, now store.Object, after []byte, what Outcome) {
	c.at.ETag, c.before, c.after = now.ETag, now.Bytes, after
	r.restored = append(r.restored, Restored{Ref: c.at, UID: c.UID, Name: c.Name, What: what})
	if bytes.Equal(c.before, c.after) {
		r.writes = append(r.writes, -1)
		return
	}
	r.writes = append(r.writes, len(r.cards))
	r.cards = append(r.cards, c)
}

// bringBack restores a card that the record has removed, under its name if that is free, in its address book if that is
// there. One that somebody has stored again since is left alone.
func (r *reversal) bringBack(ctx context.Context, tx *store.Tx, account int64, c touched, now store.Object, there bool) error {
	what, taken := Back, Kept
	if _, ok := r.books[c.at.Collection]; !ok {
		if _, ok := r.books[r.entry.At.Collection]; !ok {
			r.leave(c, Lost)
			return nil
		}
		c.at.Collection, there, what, taken = r.entry.At.Collection, false, Moved, Lost
	}
	if there && (bytes.Equal(now.Bytes, c.before) || c.UID != "" && sameUID(now, c.UID)) {
		r.leave(c, Kept)
		return nil
	}
	held, err := r.held(ctx, tx, account, c)
	if err != nil {
		return err
	}
	if held {
		r.leave(c, taken)
		return nil
	}
	if c.at.URI, err = r.freeName(ctx, tx, account, c.at); err != nil {
		return err
	}
	c.at.ETag, c.before, c.after = "", nil, c.before
	r.restored = append(r.restored, Restored{Ref: c.at, UID: c.UID, Name: c.Name, What: what})
	r.writes = append(r.writes, len(r.cards))
	r.cards = append(r.cards, c)
	return nil
}

// held says whether another card of the address book has the UID of a removed one, or will.
func (r *reversal) held(ctx context.Context, tx *store.Tx, account int64, c touched) (bool, error) {
	card, err := vcard.Parse(c.before)
	if err != nil || card.UID == "" {
		return false, nil
	}
	back := func(o touched) bool {
		return o.before == nil && o.at.Collection == c.at.Collection && o.UID == c.UID
	}
	if slices.ContainsFunc(r.cards, back) {
		return true, nil
	}
	_, err = tx.ObjectURI(ctx, account, c.at.Collection, card.UID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func sameUID(o store.Object, uid string) bool {
	card, err := vcard.Parse(o.Bytes)
	return err == nil && strings.EqualFold(vcard.BareUID(card.UID), uid)
}

// freeName is the card's name, or one like it.
func (r *reversal) freeName(ctx context.Context, tx *store.Tx, account int64, at Ref) (string, error) {
	ext := path.Ext(at.URI)
	base := strings.TrimSuffix(at.URI, ext)
	for n := 1; ; n++ {
		_, err := tx.Object(ctx, account, at.Collection, at.URI)
		taken := err == nil || slices.ContainsFunc(r.cards, func(c touched) bool { return c.at.id() == at.id() })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return "", err
		}
		if !taken {
			return at.URI, nil
		}
		at.URI = base + "-" + strconv.Itoa(n) + ext
	}
}
