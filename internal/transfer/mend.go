package transfer

import (
	"context"

	"ksync/internal/ical"
	"ksync/internal/vcard"
	"ksync/store"
)

// PutAny is [Target.Put] for what another server gave as one object. What
// cannot be stored as it is, since it has no UID, say, or a METHOD, or is
// vCard 2.1, goes the way of an import, and may become several objects.
func (t *Target) PutAny(ctx context.Context, o Object) ([]Stored, error) {
	c := t.Collection()
	index, wrong := t.check(&c, o.Bytes)
	if wrong == nil && index.UID != "" {
		stored, err := t.Put(ctx, o)
		return []Stored{stored}, err
	}
	items, err := split(c.Kind, o.Bytes)
	if err != nil {
		if wrong == nil {
			wrong = err
		}
		return []Stored{failed("", wrong)}, nil
	}
	var all []Stored
	for _, it := range items {
		if it.Err != nil {
			all = append(all, failed(it.UID, it.Err))
			continue
		}
		mended := Object{Bytes: it.Bytes}
		if len(items) == 1 {
			mended.Name = o.Name
		}
		stored, err := t.Put(ctx, mended)
		if err != nil {
			return all, err
		}
		all = append(all, stored)
	}
	return all, nil
}

// split makes storable objects of either kind.
func split(kind store.Kind, data []byte) ([]vcard.Item, error) {
	if kind == store.AddressBook {
		return vcard.Split(data)
	}
	found, err := ical.Split(data)
	items := make([]vcard.Item, len(found))
	for i, it := range found {
		items[i] = vcard.Item(it)
	}
	return items, err
}
