package dedup

import (
	"slices"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// Unmerge takes a merge back from a card that was edited since: before and merged are the card on both sides of the
// merge, current is what it is now. What the merge added and nobody touched is taken out, what it replaced is put back;
// edits stay. The result is current's bytes but for that.
func Unmerge(before, merged, current *vcard.Card) []byte {
	u := newUnmerger(current.Component.Clone())
	lost, won := difference(before.Component, merged.Component)
	for _, old := range lost {
		at := slices.IndexFunc(won, func(l *contentline.Line) bool { return counterpart(old, l) })
		if at < 0 {
			u.restore(old)
			continue
		}
		u.revert(old, won[at])
		won = slices.Delete(won, at, at+1)
	}
	for _, l := range won {
		if found := u.take(l); found != nil {
			u.remove(found)
		}
	}
	return u.out.Bytes()
}

// sense is what a line says, however a program writes it down: case and order of types, folding and groups aside.
func sense(l *contentline.Line) string {
	types := vcard.Types(l)
	slices.Sort(types)
	return l.Name + "\x00" + strings.Join(types, ",") + "\x00" + l.Value
}

// unmerger edits out. What it puts back is never what it looks for: difference tells the two apart.
type unmerger struct {
	out   *contentline.Component
	there map[string][]*contentline.Line // lines of out, by sense
}

func newUnmerger(out *contentline.Component) *unmerger {
	u := &unmerger{out: out, there: map[string][]*contentline.Line{}}
	for l := range out.Lines() {
		u.there[sense(l)] = append(u.there[sense(l)], l)
	}
	return u
}

// difference returns the lines that only a or only b has, each as often as it has more of them.
func difference(a, b *contentline.Component) (onlyA, onlyB []*contentline.Line) {
	count := map[string]int{}
	for l := range b.Lines() {
		count[sense(l)]++
	}
	for l := range a.Lines() {
		if count[sense(l)]--; count[sense(l)] < 0 {
			onlyA = append(onlyA, l)
		}
	}
	for l := range b.Lines() {
		if count[sense(l)] > 0 {
			count[sense(l)]--
			onlyB = append(onlyB, l)
		}
	}
	return onlyA, onlyB
}

// counterpart says whether a merge made new out of old: the same value with more types or a label, or another value of
// a property that has one.
func counterpart(old, l *contentline.Line) bool {
	if old.Name != l.Name {
		return false
	}
	return old.Value == l.Value || classOf(l.Name) != multiple && classOf(l.Name) != attached
}

// take returns the first line of the result that is the same, which the caller removes; nil if there is none.
func (u *unmerger) take(l *contentline.Line) *contentline.Line {
	same := u.there[sense(l)]
	if len(same) == 0 {
		return nil
	}
	u.there[sense(l)] = same[1:]
	return same[0]
}

// revert puts the old line in the place of the new one, unless that was edited since.
func (u *unmerger) revert(old, l *contentline.Line) {
	found := u.take(l)
	if found == nil {
		return
	}
	u.out.InsertBefore(found, old.Clone())
	u.remove(found)
}

// restore puts a line back that the merge took out, unless somebody has done so, or said something else instead.
func (u *unmerger) restore(old *contentline.Line) {
	for have := range u.out.Lines() {
		if have.Name == old.Name && (have.Value == old.Value || One(old.Name)) {
			return
		}
	}
	u.out.Append(old.Clone())
}

func (u *unmerger) remove(l *contentline.Line) {
	u.out.RemoveFunc(func(have *contentline.Line) bool { return have == l })
}
