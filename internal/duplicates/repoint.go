package duplicates

import (
	"context"
	"errors"
	"slices"
	"strings"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// maxReferrers bounds the cards that one merge re-points.
const maxReferrers = 10_000

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
func (s *Service) repoint(ctx context.Context, tx *store.Tx, account int64, p *plan, gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	var keys []int64
	for _, uid := range gone {
		keys = append(keys, dedup.LookupReferrer(uid))
	}
	found, err := tx.ObjectsByKey(ctx, account, keys, maxReferrers)
	if err != nil {
		return err
	}
	for _, f := range found {
		at := Ref{f.Collection, f.URI, f.ETag}
		book, isBook := p.books[f.Collection]
		if !isBook || book.Source != "" || slices.ContainsFunc(p.cards, func(c loaded) bool { return c.id() == at.id() }) {
			continue
		}
		card, err := vcard.Parse(f.Bytes)
		if err != nil {
			continue
		}
		uids, err := unheld(ctx, tx, account, f.Collection, p, gone)
		if err != nil {
			return err
		}
		if data, changed := dedup.Repoint(card, uids, p.touched[0].UID); changed {
			p.touched = append(p.touched, touched{Role: roleReferrer, at: at, UID: vcard.BareUID(card.UID), Name: memberOf(f.Collection, f.Object, card).Name, before: f.Bytes, after: slices.Clone(data)})
		}
	}
	return nil
}

// unheld are those of the UIDs that no card of an address book has once the duplicates are gone.
func unheld(ctx context.Context, tx *store.Tx, account, collection int64, p *plan, uids []string) ([]string, error) {
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
