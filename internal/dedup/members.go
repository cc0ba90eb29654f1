package dedup

import (
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
		if seen[place] || self && l.Name == "RELATED" {
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

func uidKey(uid string) string { return strings.ToLower(vcard.BareUID(strings.TrimSpace(uid))) }

func refers(l *contentline.Line) bool {
	return l.Name == "MEMBER" || l.Name == "X-ADDRESSBOOKSERVER-MEMBER" || l.Name == "RELATED"
}

// withScheme writes the UID as the line had the old one: with urn:uuid: or bare.
func withScheme(old, uid string) string {
	if bare := vcard.BareUID(strings.TrimSpace(old)); bare != strings.TrimSpace(old) {
		return "urn:uuid:" + contentline.Escape(uid)
	}
	return contentline.Escape(uid)
}
