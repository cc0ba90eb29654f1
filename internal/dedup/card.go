// Package dedup finds cards of an address book that are about the same person or firm, says why, and plans and makes
// their merge. It is pure: no database, no network, no clock.
//
// A [Card] is what is compared: the fields of a vCard in forms that are equal when they mean the same. A [Book] holds
// the cards of one address book with what must be known of all of them: how often each name is found, and who else
// carries a number. Cards are only compared when they share a blocking [Card.Keys] key, so that cost grows with the
// number of cards and not with its square.
//
// The comparison of two cards is Fellegi and Sunter's: each field adds the logarithm of how much more likely its
// agreement is for one person than for two, in bits, on top of how unlikely it is to begin with that two cards of so
// many are one. What is frequent in the book counts less. Where fields are not independent — a family has one surname,
// one landline and one address — guards take out what they repeat; see score.go and guard.go.
//
// Merging works on content lines (merge.go): what it does not touch stays byte for byte.
package dedup

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"ksync/internal/vcard"
)

// Card is the fields of one vCard in comparable form. It is not changed once made and may be used concurrently.
type Card struct {
	UID       string // bare: without urn:uuid:
	name      name
	phones    []phone
	mails     []mailbox
	addresses []address
	org       string // without its legal form, squashed
	bday      date
	urls      []string
	photo     string // hash
	empty     bool   // nothing to compare by but a name
	whole     string // hash of all comparable lines: equal for copies
	written   uint64 // hash of how the card writes what is compared
}

// most bounds how many values of one property are compared: more do not make a contact better known.
const most = 24

// Normalise reads a card. region is the ISO 3166 code that numbers without a country are of, such as "CH". Group
// cards are about nobody: nil is returned.
func Normalise(c *vcard.Card, region string) *Card {
	if c.Group {
		return nil
	}
	r := reader{card: &Card{UID: short(vcard.BareUID(c.UID))}, region: strings.ToUpper(region)}
	for l := range c.Component.Lines() {
		r.line(l.Name, field{l})
	}
	r.finish()
	return r.card
}

// Same says whether the two cards hold nothing that differs, order, notation of names and REV aside.
func (c *Card) Same(o *Card) bool { return c.whole == o.whole }

// before orders cards by what they are, so that a comparison does not depend on where they came from. Cards of one UID,
// or of none, may be copies but for N, or for how a number is written: these are not the same to a comparison.
func (c *Card) before(o *Card) bool {
	return cmp.Or(strings.Compare(c.UID, o.UID), strings.Compare(c.whole, o.whole), cmp.Compare(c.written, o.written)) < 0
}

// Fingerprint is a hash of who the card is about: its names, numbers, mailboxes and birthday, however they are written.
// It changes with none of a photo, a note, an address, REV. A hidden pair stays hidden as long as both fingerprints stay.
func (c *Card) Fingerprint() string {
	var facts []string
	for _, w := range append(slices.Clone(c.name.words), c.name.nicks...) {
		facts = append(facts, "n"+w.key)
	}
	for _, p := range c.phones {
		facts = append(facts, "p"+p.key())
	}
	for _, m := range c.mails {
		facts = append(facts, "m"+m.key)
	}
	if c.bday.set() {
		facts = append(facts, "b"+c.bday.digits())
	}
	return digest(facts)
}

func digest(facts []string) string {
	slices.Sort(facts)
	facts = slices.Compact(facts)
	sum := sha256.Sum256([]byte(strings.Join(facts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// orgKey is a firm's name without its legal form.
func orgKey(org string) string {
	var kept []string
	ws := words(fold(joinForms(org)))
	for _, w := range ws {
		if !legalForms[w] {
			kept = append(kept, loosen(w))
		}
	}
	if len(kept) == 0 {
		return strings.Join(ws, "")
	}
	return strings.Join(kept, "")
}
