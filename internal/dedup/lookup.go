package dedup

import "ksync/internal/vcard"

// LookupVersion is that of the algorithm of [Lookup]: keys of another one are made anew.
const LookupVersion = 1

// Lookup returns what a store keeps, as hashes, to find a card by: whom it refers to, as members of a group or
// relations. A merge must find these cards in its transaction, and most cards have none. What duplicates are searched
// by ([Card.Keys]) is twenty keys a card, and five of them would double the cost of an import already; that search needs
// all cards in memory anyway, to know how frequent names are.
func Lookup(c *vcard.Card) []int64 {
	var keys []int64
	for l := range c.Component.Lines() {
		if refers(l) {
			keys = append(keys, LookupReferrer(vcard.Text(l)))
		}
	}
	return keys
}

// LookupReferrer is the key of the cards that refer to a UID.
func LookupReferrer(uid string) int64 { return int64(hash("r:" + uidKey(uid))) }
