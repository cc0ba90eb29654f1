package duplicates

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// summary is what a list shows of a card.
func summary(card *vcard.Card) (name string, photo bool) {
	name = strings.TrimSpace(card.FN)
	best := 9
	for l := range card.Component.Lines() {
		if l.Name == "PHOTO" && !photo {
			_, photo = vcard.Media(l)
			continue
		}
		if rank := standIn(l.Name); name == "" || best < 9 {
			if text := oneLine(l); rank < best && text != "" && card.FN == "" {
				name, best = text, rank
			}
		}
	}
	return name, photo
}

// standIn orders what a card without FN is called by.
func standIn(property string) int {
	for i, p := range []string{"N", "ORG", "NICKNAME", "EMAIL", "TEL"} {
		if p == property {
			return i
		}
	}
	return 9
}

func oneLine(l *contentline.Line) string {
	switch l.Name {
	case "N":
		parts := vcard.Parts(l)
		for len(parts) < 2 {
			parts = append(parts, "")
		}
		return strings.TrimSpace(parts[1] + " " + parts[0])
	case "ORG":
		return strings.TrimSpace(vcard.Parts(l)[0])
	}
	return strings.TrimSpace(vcard.Text(l))
}

// member is a card as the shelf knows it.
func (sp *spine) member() Member {
	return Member{Ref: sp.Ref, UID: sp.uid, Name: sp.name, Photo: sp.photo}
}

// memberOf is a stored card.
func memberOf(collection int64, o store.Object, card *vcard.Card) Member {
	name, photo := summary(card)
	return Member{Ref: Ref{collection, o.URI, o.ETag}, UID: vcard.BareUID(card.UID), Name: name, Photo: photo}
}

// details reads what a card says, value by value. at is its place in a list of cards.
func details(card *vcard.Card, region string, at int) []Value {
	plan, err := dedup.Merge(card, nil, dedup.Options{Region: region})
	if err != nil {
		return nil
	}
	var all []Value
	for _, v := range plan.Values {
		v.Ref.Card, v.State = at, 0
		all = append(all, value(v))
	}
	return all
}

func value(v dedup.Value) Value {
	return Value{At: v.Ref, Property: v.Property, Text: v.Text, Types: v.Types, Label: v.Label, State: v.State}
}

// maxPhoto bounds what [Service.Photo] decodes.
const maxPhoto = 8 << 20

// Photo returns the embedded picture of a card and its media type. [store.ErrNotFound] without one that a browser shows.
func (s *Service) Photo(ctx context.Context, account int64, at Ref) (data []byte, mediaType string, err error) {
	o, err := s.o.Store.Object(ctx, account, at.Collection, at.URI)
	if err != nil {
		return nil, "", err
	}
	card, err := vcard.Parse(o.Bytes)
	if err != nil {
		return nil, "", store.ErrNotFound
	}
	for _, l := range card.Component.All("PHOTO") {
		text, embedded := vcard.Media(l)
		if !embedded || len(text) > maxPhoto {
			continue
		}
		data, err := base64.StdEncoding.WithPadding(base64.NoPadding).DecodeString(strings.TrimRight(text, "="))
		if err != nil {
			continue
		}
		// What it says of itself may be anything: only what it is decides, and only pictures are shown.
		switch kind := http.DetectContentType(data); kind {
		case "image/jpeg", "image/png", "image/gif", "image/webp":
			return data, kind, nil
		}
	}
	return nil, "", store.ErrNotFound
}
