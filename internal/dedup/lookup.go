package dedup

import "ksync/internal/vcard"

// LookupVersion is that of the algorithm of [Lookup]: keys of another one are made anew.
const LookupVersion = 3

// maxLookup bounds the keys of a card. A group of more members is found by one key, and looked into by every merge.
const maxLookup = 256

// Lookup returns what a store keeps, as hashes, to find a card by: whom it refers to, as members of a group or
// relations. A merge must find these cards in its transaction, and most cards have none. What duplicates are searched
// by ([Card.Keys]) is twenty keys a card, and five of them would double the cost of an import already; that search needs
// all cards in memory anyway, to know how frequent names are.
func Lookup(c *vcard.Card) []int64 {
	var keys []int64
	for l := range c.Component.Lines() {
		if refers(l) {
			keys = append(keys, referrer(vcard.Text(l)))
		}
	}
	if len(keys) > maxLookup {
		return []int64{refersToMany}
	}
	return keys
}

// LookupReferrers are the keys of all cards that may refer to one of the UIDs.
func LookupReferrers(uids []string) []int64 {
	keys := []int64{refersToMany}
	for _, uid := range uids {
		keys = append(keys, referrer(uid))
	}
	return keys
}

func referrer(uid string) int64 { return int64(hash("r:" + uidKey(uid))) }

// refersToMany is the key of cards that refer to more than have a key each. No UID's hash is of this little a number but
// by chance, and then a card is looked into for nothing.
const refersToMany = 1
