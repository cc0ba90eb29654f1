package duplicates

import (
	"context"
	"errors"
	"slices"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// Preview says what a merge would do. Errors are those of Merge. With [*TooLarge] comes what it would be, so that a
// person sees what to leave out.
func (s *Service) Preview(ctx context.Context, account int64, r Request) (Preview, error) {
	if err := s.check(r); err != nil {
		return Preview{}, err
	}
	if err := s.o.Store.Rekey(ctx, account, Keying()); err != nil {
		return Preview{}, err
	}
	var p *plan
	err := s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = s.plan(ctx, tx, account, r, nil)
		return err
	})
	if _, large := errors.AsType[*TooLarge](err); err != nil && !large {
		return Preview{}, err
	}
	v := Preview{Bytes: p.merge.Merged, Fields: fields(p.merge, len(p.cards)), NotTaken: values(p.merge.NotTaken)}
	for _, c := range p.cards {
		v.Cards = append(v.Cards, c.member())
	}
	for _, t := range p.touched {
		if t.Role == roleReferrer {
			v.Touched = append(v.Touched, Member{Ref: t.at, UID: t.UID, Name: t.Name})
		}
	}
	v.Merged = result(p.merge)
	v.Warnings = p.warnings()
	return v, errors.Join(err, s.with(ctx, account, func(sh *shelf) error {
		v.Warnings = append(v.Warnings, sh.warnings(p.cards)...)
		return nil
	}))
}

func values(all []dedup.Value) []Value {
	var vs []Value
	for _, v := range all {
		vs = append(vs, value(v))
	}
	return vs
}

// result are the values that the merged card will hold, each once.
func result(p *dedup.Plan) []Value {
	var all []Value
	for _, v := range p.Values {
		switch {
		case v.State == dedup.Added:
		case v.Ref.Card == 0 && (v.State == dedup.OnlyHere || v.State == dedup.Identical):
		default:
			continue
		}
		all = append(all, value(v))
	}
	return all
}

// fields puts what says the same on one row, and the rows of a property together, in the order of the cards.
func fields(p *dedup.Plan, cards int) []Field {
	var all []Field
	at := map[string]int{}  // of a field, by property
	row := map[string]int{} // of a row in its field, by key
	for _, v := range p.Values {
		f, ok := at[v.Property]
		if !ok {
			f = len(all)
			at[v.Property] = f
			all = append(all, Field{Property: v.Property, One: dedup.One(v.Property)})
		}
		r, ok := row[v.Key]
		if ok && all[f].Rows[r].Cells[v.Ref.Card].State != 0 { // the card says it twice
			ok = false
		}
		if !ok {
			r = len(all[f].Rows)
			row[v.Key] = r
			all[f].Rows = append(all[f].Rows, Row{Cells: make([]Cell, cards)})
		}
		all[f].Rows[r].Cells[v.Ref.Card] = Cell{Value: value(v), Marked: v.State == dedup.Identical || v.State == dedup.Notation}
	}
	return all
}

// warnings are what the merge itself gives cause for.
func (p *plan) warnings() []Warning {
	var all []Warning
	add := func(kind WarningKind, detail string) {
		if w := (Warning{kind, detail}); !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	if len(p.cards) > 10 {
		add(WarnMany, "")
	}
	uids := map[string]bool{}
	for _, c := range p.cards {
		if c.Collection != p.cards[0].Collection {
			add(WarnBooks, p.books[c.Collection].DisplayName)
		}
		if c.card.Version != vcard.V3 && c.card.Version != vcard.V4 {
			add(WarnUnknown, c.card.Version)
		}
		if uid := vcard.BareUID(c.card.UID); uid != "" && uids[uid] {
			add(WarnShared, uid)
		} else {
			uids[uid] = true
		}
	}
	for _, v := range p.merge.NotTaken {
		if v.Property == "X-ABLABEL" || v.Property == "LABEL" || v.Property == "EMAIL" {
			add(WarnBeside, v.Text)
		}
	}
	for _, v := range p.merge.Values {
		switch {
		case v.Property == "PHOTO" && v.State == dedup.Conflict:
			add(WarnPhoto, "")
		case v.Property == "FN" && v.State == dedup.Added:
			add(WarnNoName, "")
		}
	}
	return all
}

// warnings are what is known of the cards together.
func (sh *shelf) warnings(cards []loaded) []Warning {
	var all []Warning
	ids := map[string]bool{}
	for _, c := range cards {
		ids[c.id()] = true
	}
	for pair := range sh.parted() {
		if ids[pair[0]] && ids[pair[1]] {
			all = append(all, Warning{Kind: WarnHidden})
			break
		}
	}
	sh.arrange(true)
	if !sh.together(cards[0].id(), ids) {
		all = append(all, Warning{Kind: WarnUnlike})
	}
	return all
}

// parted are the hidden pairs that are there.
func (sh *shelf) parted() map[[2]string]bool {
	pairs := map[[2]string]bool{}
	for _, h := range sh.hidden {
		a, b := sh.locate(h.Sides[0]), sh.locate(h.Sides[1])
		pairs[[2]string{a, b}] = a != "" && b != ""
	}
	return pairs
}

// together says whether a group holds all the cards.
func (sh *shelf) together(first string, ids map[string]bool) bool {
	for _, groups := range [][]dedup.Group{sh.groups, sh.possible} {
		for _, g := range groups {
			if !slices.Contains(g.Members, first) {
				continue
			}
			n := 0
			for _, m := range g.Members {
				if ids[m] {
					n++
				}
			}
			if n == len(ids) {
				return true
			}
		}
	}
	return false
}
