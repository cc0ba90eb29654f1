package duplicates

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// arrange makes the groups, if they are not made yet.
func (sh *shelf) arrange(possible bool) {
	if sh.groups == nil || possible && sh.possible == nil {
		sh.groups = sh.book.Groups(false)
		sh.byID = nil
		if sh.groups == nil {
			sh.groups = []dedup.Group{}
		}
		if possible {
			sh.possible = append([]dedup.Group{}, sh.book.Groups(true)[len(sh.groups):]...)
		}
	}
}

// groupID names a group by its cards.
func groupID(g *dedup.Group) string {
	sum := sha256.Sum256([]byte(strings.Join(g.Members, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// touches says whether a group has a card in an address book; 0 is any.
func (sh *shelf) touches(g *dedup.Group, book int64) bool {
	return book == 0 || slices.ContainsFunc(g.Members, func(id string) bool { return sh.cards[id].Collection == book })
}

// Counts returns the number of open groups of each address book, those without any included.
func (s *Service) Counts(ctx context.Context, account int64) ([]BookCount, error) {
	var counts []BookCount
	err := s.with(ctx, account, func(sh *shelf) error {
		sh.arrange(true)
		at := map[int64]int{}
		for id := range sh.at {
			counts = append(counts, BookCount{Collection: id})
		}
		slices.SortFunc(counts, func(a, b BookCount) int { return cmp.Compare(a.Collection, b.Collection) })
		for i, c := range counts {
			at[c.Collection] = i
		}
		for _, groups := range [][]dedup.Group{sh.groups, sh.possible} {
			for i := range groups {
				var done []int64
				for _, id := range groups[i].Members {
					if c := sh.cards[id].Collection; !slices.Contains(done, c) {
						done = append(done, c)
						counts[at[c]].add(groups[i].Lane)
					}
				}
			}
		}
		return nil
	})
	return counts, err
}

func (c *BookCount) add(l dedup.Lane) {
	switch l {
	case dedup.Sure:
		c.Sure++
	case dedup.Likely:
		c.Likely++
	case dedup.Possible:
		c.Possible++
	}
}

// Groups returns a page of the open groups.
func (s *Service) Groups(ctx context.Context, account int64, q Query) (Page, error) {
	q = q.withDefaults()
	limit := s.limit(q.Limit)
	var page Page
	err := s.with(ctx, account, func(sh *shelf) error {
		sh.arrange(slices.Contains(q.Lanes, dedup.Possible))
		chosen := sh.choose(q)
		page.Total = len(chosen)
		chosen = chosen[after(chosen, q.Cursor):]
		more := len(chosen) > limit
		for _, g := range chosen[:min(limit, len(chosen))] {
			v := sh.view(g)
			sh.explain(&v, g, q.Why)
			page.Groups = append(page.Groups, v)
		}
		if more {
			page.Next = cursorOf(chosen[limit-1])
		}
		return nil
	})
	return page, err
}

func (q Query) withDefaults() Query {
	if len(q.Lanes) == 0 {
		q.Lanes = []dedup.Lane{dedup.Sure, dedup.Likely}
	}
	return q
}

func (s *Service) limit(asked int) int {
	if asked <= 0 {
		asked = 50
	}
	return min(asked, s.o.Limits.Page)
}

// choose returns the groups of a query, in order.
func (sh *shelf) choose(q Query) []*dedup.Group {
	var chosen []*dedup.Group
	for _, groups := range [][]dedup.Group{sh.groups, sh.possible} {
		for i := range groups {
			if g := &groups[i]; slices.Contains(q.Lanes, g.Lane) && sh.touches(g, q.Book) {
				chosen = append(chosen, g)
			}
		}
	}
	return chosen
}

// cursorOf says where a group stands, so that the next page is right even when it is gone by then.
func cursorOf(g *dedup.Group) string {
	return hex.EncodeToString([]byte{byte(g.Lane)}) + scoreText(g.Score) + strings.Join(g.Members[:2], " ")
}

// scoreText sorts as scores, which are positive, do.
func scoreText(score float64) string { return fmt.Sprintf("%016x", math.Float64bits(score)) }

// after is how many groups stand before or at a cursor.
func after(groups []*dedup.Group, cursor string) int {
	if cursor == "" {
		return 0
	}
	i, there := slices.BinarySearchFunc(groups, cursor, func(g *dedup.Group, cursor string) int {
		return compareCursors(cursorOf(g), cursor)
	})
	if there {
		i++
	}
	return i
}

// compareCursors: the surest first, of equals by name.
func compareCursors(a, b string) int {
	const head = 2 + 16
	if len(a) < head || len(b) < head {
		return cmp.Compare(len(a), len(b))
	}
	return cmp.Or(cmp.Compare(b[:head], a[:head]), cmp.Compare(a[head:], b[head:]))
}

// view is a group as lists show it.
func (sh *shelf) view(g *dedup.Group) Group {
	v := Group{ID: groupID(g), Lane: g.Lane, Score: g.Score}
	for i, id := range g.Members {
		sp := sh.cards[id]
		v.Members = append(v.Members, sp.member())
		if sp.substance.More(sh.cards[g.Members[v.Reference]].substance) {
			v.Reference = i
		}
	}
	for _, p := range g.Pairs {
		a, _ := slices.BinarySearch(g.Members, p.A)
		b, _ := slices.BinarySearch(g.Members, p.B)
		v.Pairs = append(v.Pairs, Pair{A: a, B: b, Score: p.Score})
		v.HiddenBefore = v.HiddenBefore || sh.back[[2]string{p.A, p.B}]
	}
	sh.recognise(&v)
	return v
}

// recognise finds cards that were merged into another one of the group and came back: that one is the reference.
func (sh *shelf) recognise(v *Group) {
	for _, m := range v.Members {
		memory, ok := sh.memories[uidPlace(m.Collection, m.UID)]
		if !ok {
			continue
		}
		for i, into := range v.Members {
			if into.Collection == memory.Collection && into.UID == memory.UID {
				v.CameBack, v.Reference = true, i
			}
		}
	}
}

// Group returns one with all details. [store.ErrNotFound] when there is none of this ID (any more).
func (s *Service) Group(ctx context.Context, account int64, id string) (Group, error) {
	var v Group
	var region string
	err := s.with(ctx, account, func(sh *shelf) error {
		g := sh.find(id)
		if g == nil {
			return store.ErrNotFound
		}
		v, region = sh.view(g), sh.region
		sh.explain(&v, g, len(g.Pairs))
		return nil
	})
	if err != nil {
		return Group{}, err
	}
	return v, s.describe(ctx, account, region, v.Members)
}

// maxWhy bounds the pairs whose reasons are kept for the next who asks: those of a few pages.
const maxWhy = 1000

// explain says why the first pairs of a group are thought to be one.
func (sh *shelf) explain(v *Group, g *dedup.Group, pairs int) {
	for i, p := range g.Pairs[:min(pairs, len(g.Pairs))] {
		pair := [2]string{p.A, p.B}
		reasons, known := sh.why[pair]
		if !known {
			m, _ := sh.book.Explain(p.A, p.B)
			reasons = m.Reasons
			if sh.why == nil || len(sh.why) >= maxWhy {
				sh.why = map[[2]string][]dedup.Reason{}
			}
			sh.why[pair] = reasons
		}
		v.Pairs[i].Reasons = reasons
	}
}

// For is what speaks for the group most, of the pairs that are explained: the strongest first, each field once.
func (g Group) For(most int) []dedup.Reason {
	var all []dedup.Reason
	for _, p := range g.Pairs {
		for _, r := range p.Reasons {
			if r.Bits <= 0 || r.Verdict == dedup.Differs {
				continue
			}
			at := slices.IndexFunc(all, func(o dedup.Reason) bool { return o.Field == r.Field })
			switch {
			case at < 0:
				all = append(all, r)
			case all[at].Bits < r.Bits:
				all[at] = r
			}
		}
	}
	slices.SortStableFunc(all, func(x, y dedup.Reason) int { return cmp.Compare(y.Bits, x.Bits) })
	return all[:min(most, len(all))]
}

// find returns a group by its ID.
func (sh *shelf) find(id string) *dedup.Group {
	sh.arrange(true)
	if sh.byID == nil {
		sh.byID = make(map[string]int, len(sh.groups)+len(sh.possible))
		for i := range sh.groups {
			sh.byID[groupID(&sh.groups[i])] = i
		}
		for i := range sh.possible {
			sh.byID[groupID(&sh.possible[i])] = len(sh.groups) + i
		}
	}
	i, ok := sh.byID[id]
	switch {
	case !ok:
		return nil
	case i < len(sh.groups):
		return &sh.groups[i]
	}
	return &sh.possible[i-len(sh.groups)]
}

// describe reads what the members say. One that has changed since is as it is now, with its new ETag.
func (s *Service) describe(ctx context.Context, account int64, region string, members []Member) error {
	for i, m := range members {
		o, err := s.o.Store.Object(ctx, account, m.Collection, m.URI)
		if errors.Is(err, store.ErrNotFound) {
			continue // a merge will say so
		}
		if err != nil {
			return err
		}
		card, err := vcard.Parse(o.Bytes)
		if err != nil {
			continue
		}
		members[i] = memberOf(m.Collection, o, card)
		members[i].Values = details(card, region, i)
	}
	return nil
}
