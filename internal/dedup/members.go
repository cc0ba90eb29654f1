package dedup

import (
	"slices"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// Repoint changes what a card says of removed contacts to the kept one: the members of a group, in both dialects (RFC
// 6350 §6.6.5, Apple's X-ADDRESSBOOKSERVER-MEMBER), and relations. A reference to the kept contact is left once, and
// none from the kept contact to itself. changed is false, and the card's bytes are returned, if there is nothing to do.
// UIDs are compared without urn:uuid: and in any case.
func Repoint(card *vcard.Card, removed []string, kept string) (data []byte, changed bool) {
	target := uidKey(kept)
	gone := map[string]bool{}
	for _, uid := range removed {
		gone[uidKey(uid)] = true
	}
	delete(gone, "") // a card without UID is named by none
	delete(gone, target)
	self := uidKey(card.UID) == target
	out := card.Component.Clone()
	seen := map[string]bool{}
	out.Rewrite(func(l *contentline.Line, emit func(*contentline.Line)) {
		uid := uidKey(vcard.Text(l))
		if !refers(l) || !gone[uid] && uid != target {
			emit(l)
			return
		}
		place := l.Name + strings.ToLower(strings.Join(l.ParamValues("TYPE"), ","))
		if seen[place] || self && relates(l.Name) {
			changed = true
			return
		}
		seen[place] = true
		if gone[uid] {
			changed = true
			l.SetValue(withScheme(l.Value, vcard.BareUID(kept)))
		}
		emit(l)
	})
	if !changed {
		return card.Bytes(), false
	}
	return out.Bytes(), true
}

// relates says whether a property is a relation: in 3.0 one of 4.0 is X-RELATED, see vcard.Card.Convert.
func relates(property string) bool { return property == "RELATED" || property == "X-RELATED" }

// Unrelate lists the relations of a merge that end with it, as a card is not related to itself: those to one of its
// cards, by UID. [Repoint] takes them out of the result.
func (p *Plan) Unrelate(uids []string) {
	own := map[string]bool{}
	for _, uid := range uids {
		own[uidKey(uid)] = true
	}
	delete(own, "")
	ends := func(v Value) bool {
		return relates(v.Property) && own[uidKey(v.Text)] && v.State != Dropped
	}
	for i, v := range p.Values {
		if ends(v) {
			p.Values[i].State = NotTaken
			p.NotTaken = append(p.NotTaken, p.Values[i])
		}
	}
	p.Added = slices.DeleteFunc(p.Added, ends)
}

func uidKey(uid string) string { return strings.ToLower(vcard.BareUID(strings.TrimSpace(uid))) }

func refers(l *contentline.Line) bool {
	return l.Name == "MEMBER" || l.Name == "X-ADDRESSBOOKSERVER-MEMBER" || relates(l.Name)
}

// withScheme writes the UID as the line had the old one: with urn:uuid: or bare.
func withScheme(old, uid string) string {
	if bare := vcard.BareUID(strings.TrimSpace(old)); bare != strings.TrimSpace(old) {
		return "urn:uuid:" + contentline.Escape(uid)
	}
	return contentline.Escape(uid)
}
