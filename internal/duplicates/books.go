package duplicates

import (
	"context"
	"maps"

	"ksync/store"
)

// books are the address books of an account, by ID, as they were at some time. Whatever was worked out from their cards
// holds as long as they are the same, since each write to a card gives its book another change number.
type books map[int64]store.Collection

func booksOf(ctx context.Context, tx *store.Tx, account int64) (books, error) {
	all, err := tx.Collections(ctx, account, store.AddressBook)
	if err != nil {
		return nil, err
	}
	b := make(books, len(all))
	for _, c := range all {
		b[c.ID] = c
	}
	return b, nil
}

func (b books) same(o books) bool {
	return maps.EqualFunc(b, o, func(x, y store.Collection) bool {
		return x.Epoch == y.Epoch && x.Change == y.Change && x.Source == y.Source
	})
}

// takes says whether cards may be written to a book: [*ReadOnly] for a subscription, whose objects come from elsewhere.
func (b books) takes(id int64) error {
	if c := b[id]; c.Source != "" {
		return &ReadOnly{c.ID, c.DisplayName}
	}
	return nil
}

// writable refuses cards in books that are not written to. [*ReadOnly], [*Gone] for those in a book that is gone.
func (b books) writable(refs []Ref) error {
	var gone []Ref
	for _, r := range refs {
		if _, there := b[r.Collection]; !there {
			gone = append(gone, r)
		}
		if err := b.takes(r.Collection); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return &Gone{gone}
	}
	return nil
}
