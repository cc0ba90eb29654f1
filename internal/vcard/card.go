// Package vcard reads, converts, filters and imports contact cards: vCard 3.0 (RFC 2426) and 4.0 (RFC 6350), and 2.1
// as far as address books in the wild still hold it.
//
// A [Card] is the stored bytes with a view of them. The bytes are never normalised: what a client sent is what a GET
// gives back. Other forms are made per request from edited copies of the content lines: [Card.Convert] changes the
// version and keeps everything, saying with X- names what the other version has no words for; [Card.Serve] makes, on
// top, what fragile clients need (clients want a VERSION, N and FN, UTF-8 and CRLF) and is what address-data carries.
// The same version in good order is the stored bytes themselves.
//
// [Split] is the way in for files: a stream of cards becomes storable ones, each with a UID.
package vcard

import (
	"errors"
	"strings"

	"ksync/internal/contentline"
)

// Cond says which rule of RFC 6352 a body breaks.
type Cond uint8

// The conditions an Error can have.
const (
	NotData Cond = iota + 1 // no vCard can be read: CARDDAV:valid-address-data, RFC 6352 §5.1
	NotOne                  // several: RFC 6352 §5.1 wants "a single vCard"
)

// Error is what Parse and Split return for bytes that are no card.
type Error struct {
	Cond   Cond
	Reason string
	Err    error // what contentline found, nil otherwise
}

func (e *Error) Error() string { return "vcard: " + e.Reason }

// Unwrap returns the error of package contentline, such as contentline.ErrTooLarge.
func (e *Error) Unwrap() error { return e.Err }

// Versions that Convert makes.
const (
	V3 = "3.0"
	V4 = "4.0"
)

// Card is one parsed card. It is not changed by its methods and may be used concurrently.
type Card struct {
	Doc       *contentline.Document
	Component *contentline.Component
	Version   string // as it stands in the card, "" if it has none
	UID       string // unescaped; "" if the card has none
	FN        string // unescaped; "" if the card has none
	Group     bool   // a group of contacts in the style of 4.0 or of Apple

	data []byte // as stored
	utf8 bool   // data is what Doc prints, and not UTF-16
}

// limits have room for a photo of 20 MiB and a group of some thousand members.
func limits() contentline.Limits { return contentline.Limits{MaxLines: 20_000, MaxDepth: 8} }

// Parse reads exactly one card: RFC 6352 §5.1. Cards without VERSION, UID, N or FN, of any version, with a card inside
// (vCard 2.1 AGENT) are kept as they came. The error is an *Error. The card keeps data, which must not change.
func Parse(data []byte) (*Card, error) {
	text, recoded := fromUTF16(data)
	doc, err := contentline.Parse(text, limits())
	if err != nil {
		return nil, &Error{NotData, err.Error(), err}
	}
	components := doc.Components()
	cards := 0
	for _, c := range components {
		if c.Name == "VCARD" {
			cards++
		}
	}
	switch {
	case cards == 0 || cards < len(components):
		return nil, &Error{NotData, "no VCARD, or something else beside it", nil}
	case cards > 1:
		return nil, &Error{NotOne, "more than one VCARD", nil}
	}
	card := newCard(components[0])
	card.Doc, card.data, card.utf8 = doc, data, !recoded
	return card, nil
}

func newCard(c *contentline.Component) *Card {
	card := &Card{Component: c}
	for l := range c.Lines() {
		switch l.Name {
		case "VERSION":
			fillOnce(&card.Version, l)
		case "UID":
			fillOnce(&card.UID, l)
		case "FN":
			fillOnce(&card.FN, l)
		case "KIND", "X-ADDRESSBOOKSERVER-KIND":
			card.Group = card.Group || strings.EqualFold(strings.TrimSpace(l.Value), "group")
		}
	}
	return card
}

func fillOnce(field *string, l *contentline.Line) {
	if *field == "" {
		*field = strings.TrimSpace(text(l))
	}
}

// Bytes returns the stored bytes, which must not be changed.
func (c *Card) Bytes() []byte { return c.data }

// BareUID takes the "urn:uuid:" off, which MEMBER values have and UIDs may have: RFC 6350 §6.6.5. Compare UIDs of
// contacts and members in this form.
func BareUID(uid string) string {
	const prefix = "urn:uuid:"
	if len(uid) >= len(prefix) && strings.EqualFold(uid[:len(prefix)], prefix) {
		return uid[len(prefix):]
	}
	return uid
}

// errVersion is a programming error of the caller: the versions are its own choice.
var errVersion = errors.New("vcard: only versions 3.0 and 4.0 can be made")
