package api

import (
	"net/url"
	"strconv"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
)

func (r CardRef) ref() duplicates.Ref {
	return duplicates.Ref{Collection: r.Book, URI: r.URI, ETag: r.ETag}
}

func viewRef(r duplicates.Ref) CardRef {
	return CardRef{Book: r.Collection, URI: r.URI, ETag: r.ETag}
}

func viewMember(m duplicates.Member) Card {
	card := Card{Book: m.Collection, URI: m.URI, ETag: m.ETag, UID: m.UID, Name: m.Name}
	if m.Photo {
		asked := url.Values{"book": {strconv.FormatInt(m.Collection, 10)}, "uri": {m.URI}}
		card.Photo = version + duplicatesPath + "/photo?" + asked.Encode()
	}
	for _, v := range m.Values {
		card.Values = append(card.Values, viewValue(v))
	}
	return card
}

func viewValue(v duplicates.Value) CardValue {
	return CardValue{ValueRef: ValueRef{v.At.Card, v.At.Line}, Property: v.Property, Text: v.Text, Types: v.Types, Label: v.Label, State: v.State.String()}
}

func viewGroup(g duplicates.Group) DuplicateGroup {
	return DuplicateGroup{
		ID: g.ID, Lane: g.Lane.String(), Score: g.Score, Reference: g.Reference, Cards: views(g.Members, viewMember),
		Pairs: views(g.Pairs, viewPair), Why: views(g.For(told), shortReason), HiddenBefore: g.HiddenBefore, CameBack: g.CameBack,
	}
}

// viewListed is a group in a list, without its pairs: a large group has many.
func viewListed(g duplicates.Group) DuplicateGroup {
	why := g.For(told)
	g.Pairs = nil
	v := viewGroup(g)
	v.Why = views(why, shortReason)
	return v
}

func viewPair(p duplicates.Pair) DuplicatePair {
	return DuplicatePair{A: p.A, B: p.B, Score: p.Score, Reasons: views(p.Reasons, viewReason)}
}

func shortReason(r dedup.Reason) string { return r.Field + " " + r.Verdict.String() }

func viewReason(r dedup.Reason) DuplicateReason {
	return DuplicateReason{Field: r.Field, Verdict: r.Verdict.String(), Bits: r.Bits, A: r.A, B: r.B}
}
