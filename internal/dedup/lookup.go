package dedup

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"ksync/internal/vcard"
)

// LookupVersion is that of the algorithm of [Lookup]: keys of another one are made anew.
const LookupVersion = 1

// Lookup returns what a store keeps to find a card by, as hashes: its UID, its numbers and mailboxes, and the UIDs that
// it refers to as members of a group or relations. It is cheap, as every write of a card needs it: numbers are those
// of [Card.Keys] but for the few that can only be read with the help of numbering plans.
func Lookup(c *vcard.Card) []int64 {
	var keys []int64
	add := func(key string) { keys = append(keys, int64(hash(key))) }
	if c.UID != "" {
		add("i:" + uidKey(c.UID))
	}
	values := 0
	for l := range c.Component.Lines() {
		switch {
		case refers(l):
			add("r:" + uidKey(vcard.Text(l)))
		case c.Group || values >= most:
		case l.Name == "TEL":
			if tail := looseTail(vcard.Text(l)); tail != "" {
				add("p:" + tail)
				values++
			}
		case l.Name == "EMAIL":
			if m, ok := parseMail(vcard.Text(l)); ok {
				add("m:" + m.key)
				values++
			}
		}
	}
	return keys
}

// LookupUID is the key, as of [Lookup], of the cards that have a UID.
func LookupUID(uid string) int64 { return int64(hash("i:" + uidKey(uid))) }

// LookupReferrer is the key of the cards that refer to a UID.
func LookupReferrer(uid string) int64 { return int64(hash("r:" + uidKey(uid))) }

// looseTail is the last digits of a number, without asking what country it is of.
func looseTail(value string) string {
	s := norm.NFKC.String(strings.TrimSpace(value))
	if len(s) > 64 {
		return ""
	}
	s, ext := cutExtension(strings.ReplaceAll(hidesCaller.Replace(s), "(0)", ""))
	p := phone{number: digitsOf(s), ext: ext}
	if p.number == "" {
		return ""
	}
	return p.makeKey()
}
