package duplicates

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// What one merge re-points at most. All of it is written in one transaction, for which all other writes wait.
const (
	maxReferrers     = 2000
	maxReferrerBytes = 64 << 20
)

// removedUIDs are those of the duplicates that the reference does not have as well.
func removedUIDs(cards []loaded) []string {
	var gone []string
	for _, c := range cards[1:] {
		if uid := vcard.BareUID(c.card.UID); uid != "" && !strings.EqualFold(uid, vcard.BareUID(cards[0].card.UID)) {
			gone = append(gone, c.card.UID)
		}
	}
	return gone
}

// repoint makes the groups and relations that name a removed card name the reference: dedupe.md §6.5. Where another
// card of the referrer's own address book has the UID, that one is meant.
func (p *plan) repoint(ctx context.Context, tx *store.Tx, account int64) error {
	gone := removedUIDs(p.cards)
	if len(gone) == 0 {
		return nil
	}
	found, err := tx.ObjectsByKey(ctx, store.KeyQuery{Account: account, Keys: dedup.LookupReferrers(gone), Limit: maxReferrers, MaxBytes: maxReferrerBytes})
	if errors.Is(err, store.ErrLimit) {
		return fmt.Errorf("%w: too many cards name a removed one", ErrRequest)
	}
	if err != nil {
		return err
	}
	free := map[int64][]string{} // by address book, once it is asked for
	for _, f := range found {
		at := Ref{f.Collection, f.URI, f.ETag}
		book, isBook := p.books[f.Collection]
		if !isBook || book.Source != "" || slices.ContainsFunc(p.cards, func(c loaded) bool { return c.id() == at.id() }) {
			continue
		}
		uids, known := free[f.Collection]
		if !known {
			if uids, err = p.unheld(ctx, tx, account, f.Collection, gone); err != nil {
				return err
			}
			free[f.Collection] = uids
		}
		p.repointCard(at, f.Object, uids)
	}
	return nil
}

func (p *plan) repointCard(at Ref, o store.Object, gone []string) {
	card, err := vcard.Parse(o.Bytes)
	if err != nil {
		return // kept for its owner, but nobody knows what it says
	}
	if data, changed := dedup.Repoint(card, gone, p.touched[0].UID); changed {
		p.touched = append(p.touched, touched{Role: roleReferrer, at: at, UID: vcard.BareUID(card.UID), Name: memberOf(at.Collection, o, card).Name, before: o.Bytes, after: slices.Clone(data)})
	}
}

// unheld are those of the UIDs that no card of an address book has once the duplicates are gone.
func (p *plan) unheld(ctx context.Context, tx *store.Tx, account, collection int64, uids []string) ([]string, error) {
	var free []string
	for _, uid := range uids {
		uri, err := tx.ObjectURI(ctx, account, collection, uid)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		leaves := slices.ContainsFunc(p.cards[1:], func(c loaded) bool { return c.Collection == collection && c.URI == uri })
		if err != nil || leaves {
			free = append(free, uid)
		}
	}
	return free, nil
}
