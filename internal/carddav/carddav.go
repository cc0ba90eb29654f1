// Package carddav is the address book kind of collection (RFC 6352): what the
// engine in internal/dav does not have in common with calendars.
//
// Cards are stored as they came, in vCard 3.0 or 4.0. Who asks for 4.0 gets it;
// everybody else gets 3.0, since one card in 4.0 makes Apple's Contacts give up
// a whole address book (clients.md 4.4).
package carddav

import (
	"io"
	"strconv"

	"ksync/internal/contentline"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// Kind is the address book kind within the bounds of dav.DefaultLimits.
func Kind() *dav.Kind { return Within(dav.DefaultLimits) }

// Within is the address book kind within these bounds.
func Within(l dav.Limits) *dav.Kind {
	return &dav.Kind{
		Store:           store.AddressBook,
		Segment:         "addressbooks",
		Class:           "addressbook", // RFC 6352 §6.1
		Type:            davxml.CardDAV("addressbook"),
		HomeSet:         davxml.CardDAV("addressbook-home-set"),
		Data:            davxml.CardDAV("address-data"),
		Multiget:        davxml.CardDAV("addressbook-multiget"),
		Query:           davxml.CardDAV("addressbook-query"),
		Invalid:         davxml.AddressData,
		UIDConflict:     davxml.AddressUIDConflict,
		DataType:        davxml.AddressDataType,
		MaxSize:         davxml.AddressMaxSize,
		Location:        davxml.AddressLocation,
		Representations: representations,
		Extension:       ".vcf",
		Join:            func(w io.Writer, _ *store.Collection) (dav.Joiner, error) { return joiner{w}, nil },
		CollectionProps: collectionProps,
		ObjectProps:     objectProps,
		MediaType:       func(*store.Object) string { return "text/vcard; charset=utf-8" },
		Areas:           func(*store.Collection) store.Scope { return store.ContactsRead },
		Check:           check,
		Filter:          bounds{l}.filter,
	}
}

var collectionProps = []dav.Prop{
	{Name: davxml.CardDAV("addressbook-description"), Get: dav.CollectionText(description), Set: dav.SetText(description), Attributes: true}, // RFC 6352 §6.2.1; xml:lang
	{Name: davxml.CardDAV("supported-address-data"), Get: addressData},                                                                       // RFC 6352 §6.2.2
	{Name: davxml.CardDAV("max-resource-size"), Get: maxSize},                                                                                // RFC 6352 §6.2.3
	{Name: davxml.CardDAV("max-image-size"), Get: maxSize},                                                                                   // Apple
	{Name: davxml.CardDAV("supported-collation-set"), Get: collations},                                                                       // RFC 6352 §8.3.1
}

var objectProps = []dav.Prop{
	{Name: davxml.CardDAV("supported-collation-set"), Get: collations},                                // RFC 6352 §8.3.1: an object takes the query, too
	{Name: davxml.CardDAV("address-data"), Get: version3, Ask: render, Whole: true, Needs: dav.Bytes}, // RFC 6352 §10.4
}

func description(c *store.Collection) *string { return &c.Description }

func addressData(w *davxml.Writer, _ *dav.Resource) bool {
	representations.Advertise(w, davxml.CardDAV("address-data-type"))
	return true
}

func maxSize(w *davxml.Writer, r *dav.Resource) bool {
	w.Text(strconv.FormatInt(r.Limits().Object, 10))
	return true
}

func collations(w *davxml.Writer, _ *dav.Resource) bool {
	for _, name := range contentline.Collations() {
		w.Elem(davxml.CardDAV("supported-collation"), name)
	}
	return true
}

// check is RFC 6352 §6.3.2.1: one vCard. What it lacks is its own affair.
func check(_ *store.Collection, data []byte) (store.Index, error) {
	card, err := vcard.Parse(data)
	if err != nil {
		return store.Index{}, davxml.AddressData.With(err)
	}
	return Index(card), nil
}

// Index is what the store keeps of a card to find it by.
func Index(card *vcard.Card) store.Index {
	return store.Index{UID: card.UID, Component: "VCARD", Exact: true, Keys: dedup.Lookup(card)}
}
