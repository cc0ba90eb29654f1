package duplicates

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"ksync/internal/contentline"
	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// plan is a merge that is ready to be written, as long as the books are the same.
type plan struct {
	books   books
	cards   []loaded // the reference first
	merge   *dedup.Plan
	uid     string    // of the result
	touched []touched // the reference, the duplicates, the referrers
}

// plan works a merge out, in a transaction that need not be the one that writes it: the values of many lines and the
// members of large groups take time, for which nobody should have to wait. An earlier plan of the request saves a part
// of it; nil if there is none. A plan that is [*TooLarge] is returned all the same.
func (s *Service) plan(ctx context.Context, tx *store.Tx, account int64, r Request, earlier *plan) (p *plan, err error) {
	a, err := tx.Account(ctx, account)
	if err != nil {
		return nil, err
	}
	p = &plan{}
	if p.books, err = booksOf(ctx, tx, account); err != nil {
		return nil, err
	}
	if err := p.books.writable(r.refs()); err != nil {
		return nil, err
	}
	if p.cards, err = load(ctx, tx, account, r.refs()); err != nil {
		return nil, err
	}
	if earlier != nil {
		p.merge, p.uid = earlier.merge, earlier.uid // of the same bytes: load has compared the ETags
	} else {
		err = s.combine(p, a, r.Choices)
	}
	large, tooLarge := errors.AsType[*TooLarge](err)
	if err != nil && !tooLarge {
		return nil, err
	}
	ref := p.cards[0]
	p.touched = []touched{{Role: roleReference, at: ref.Ref, UID: vcard.BareUID(p.uid), Name: ref.member().Name, before: ref.object.Bytes, after: p.merge.Merged}}
	for _, c := range p.cards[1:] {
		p.touched = append(p.touched, touched{Role: roleDuplicate, at: c.Ref, UID: vcard.BareUID(c.card.UID), Name: c.member().Name, before: c.object.Bytes})
	}
	if err := p.repoint(ctx, tx, account); err != nil {
		return nil, err
	}
	if err := s.index(account, p.touched); err != nil || !tooLarge {
		return p, err
	}
	return p, large
}

// combine makes the result.
func (s *Service) combine(p *plan, a store.Account, choices dedup.Choices) (err error) {
	var others []*vcard.Card
	for _, c := range p.cards[1:] {
		others = append(others, c.card)
	}
	p.merge, err = dedup.Merge(p.cards[0].card, others, dedup.Options{Region: s.o.Region(a), REV: s.rev(), Choices: choices})
	switch {
	case errors.Is(err, dedup.ErrGroup):
		return ErrNoContact
	case errors.Is(err, dedup.ErrLines):
		return tooLong(p.cards)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNoContact, err)
	}
	if err := decided(p.merge, choices); err != nil {
		return err
	}
	if p.merge.Merged, p.uid, err = s.named(p.merge.Merged, removedUIDs(p.cards)); err != nil {
		return err
	}
	return s.fits(p.merge.Merged)
}

func tooLong(cards []loaded) error {
	e := &TooLong{Limit: dedup.MaxLines}
	for _, c := range cards {
		n := dedup.Lines(c.card)
		e.Lines += n
		if n > e.Of {
			e.Longest, e.Of = c.member(), n
		}
	}
	return e
}

// rev is the time of a merge as both versions of cards write it: RFC 6350 §6.7.4.
func (s *Service) rev() string { return s.o.Now().UTC().Format("20060102T150405Z") }

// named gives the result a UID if the reference has none, so that groups have something to name, and takes references
// to itself out.
func (s *Service) named(merged []byte, gone []string) (data []byte, uid string, err error) {
	card, err := vcard.Parse(merged)
	if err != nil {
		return nil, "", fmt.Errorf("the result cannot be read: %w", err)
	}
	if card.UID == "" {
		var random [16]byte
		if _, err := io.ReadFull(s.o.Rand, random[:]); err != nil {
			return nil, "", fmt.Errorf("random UID: %w", err)
		}
		random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80 // RFC 9562 §5.4
		out := card.Component.Clone()
		out.Append(contentline.New("", "UID", fmt.Sprintf("%x-%x-%x-%x-%x", random[:4], random[4:6], random[6:8], random[8:10], random[10:])))
		if card, err = vcard.Parse(out.Bytes()); err != nil {
			return nil, "", fmt.Errorf("the result cannot be read: %w", err)
		}
		merged = card.Bytes()
	}
	if data, changed := dedup.Repoint(card, gone, card.UID); changed {
		merged = data
	}
	return slices.Clone(merged), card.UID, nil
}

// fits compares the size of the result with the bound of every card, and names its largest property.
func (s *Service) fits(data []byte) error {
	if int64(len(data)) <= s.o.Limits.Object {
		return nil
	}
	e := &TooLarge{Size: int64(len(data)), Limit: s.o.Limits.Object}
	if card, err := vcard.Parse(data); err == nil {
		for l := range card.Component.Lines() {
			if n := int64(len(l.Value)); n > e.Bytes {
				e.Property, e.Bytes = l.Name, n
			}
		}
	}
	return e
}
