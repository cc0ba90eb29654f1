package dedup

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// Ref names a value: the line of a card, both counted from 0. Card 0 is the reference, the others are the duplicates
// in the order they were given. Lines are those of the card in the reference's version; see [Plan].
type Ref struct{ Card, Line int }

// State is what becomes of a value.
type State uint8

// The states.
const (
	OnlyHere  State = iota + 1 // the reference has it alone
	Identical                  // in the reference and in others
	Notation                   // a duplicate's, written otherwise than the reference has it
	Added                      // a duplicate's that the merge takes over
	Conflict                   // of a property with one value, where another one is kept
	Dropped                    // by choice
	NotTaken                   // goes with a value that is not taken
)

// String is the state's name in APIs.
func (s State) String() string {
	return [...]string{"", "only_here", "identical", "same", "added", "conflict", "dropped", "not_taken"}[s]
}

// Value is one value of one card, with what becomes of it.
type Value struct {
	Ref      Ref
	Property string
	Text     string // as a reader sees it; "" for photos and the like
	Raw      string // as it stands in the card
	Types    []string
	Label    string
	State    State
	Key      string // equal for values that say the same
}

// Choices are what a person decides about a merge. The zero value takes the suggestions.
type Choices struct {
	Pick map[string]Ref // of a property with one value, such as BDAY; "N" picks the whole name
	Drop []Ref          // values that shall not be in the result
}

// Options are the settings of a merge.
type Options struct {
	Region  string // for telephone numbers without a country
	REV     string // the new REV, with which PRODID names this program; "" leaves the reference's
	Choices Choices
}

// Plan is a merge that has not been stored: what to show, and the result.
type Plan struct {
	Values   []Value // of all cards in order: the reference's first
	Merged   []byte  // the reference's UID and version; its lines byte for byte where nothing was to be changed
	Added    []Value // what the duplicates add
	NotTaken []Value // what the result does not say: of properties with one value, and labels of what it says otherwise
}

// ErrGroup is returned for group cards, which are about nobody and merge with none.
var ErrGroup = errors.New("dedup: a group is no contact")

// ErrLines is returned for cards that have more lines than are merged: MaxLines in all.
var ErrLines = errors.New("dedup: too many lines")

// MaxLines bounds the lines of the cards of one merge: all of them are shown to a person, and held. Forty cards of fifty
// lines are within it.
const MaxLines = 2000

// Merge plans the merge of duplicates into the reference, whose bytes are not changed. All values of all cards are in
// the result, but those that Choices drop and those in NotTaken. The error is ErrGroup, ErrLines or that of an unreadable card.
func Merge(reference *vcard.Card, duplicates []*vcard.Card, o Options) (*Plan, error) {
	if reference.Group {
		return nil, ErrGroup
	}
	version := vcard.V3
	if reference.Version == vcard.V4 {
		version = vcard.V4
	}
	m := merger{o: o, version: version, plan: &Plan{}, state: map[Ref]State{}, held: map[string][]*contentline.Line{}, lists: map[string]*listing{}, replaced: map[*contentline.Line]bool{}}
	m.firm = Normalise(reference, o.Region).name.kind == firm
	cards := append([]*vcard.Card{reference}, duplicates...)
	m.sources = cards
	if Lines(cards...) > MaxLines {
		return nil, ErrLines
	}
	for i, c := range cards {
		if c.Group {
			return nil, ErrGroup
		}
		converted, err := inVersion(c, version)
		if err != nil {
			return nil, err
		}
		m.cards = append(m.cards, units(converted, i, o.Region))
		if i == 0 {
			m.out = converted
		} else {
			m.embed(converted)
		}
	}
	written := m.written()
	m.run()
	m.describe(written)
	m.plan.Merged = m.out.Bytes()
	if len(duplicates) == 0 && len(o.Choices.Drop) == 0 && o.REV == "" && reference.Version == version {
		m.plan.Merged = bytes.Clone(reference.Bytes())
	}
	return m.plan, nil
}

// embed takes over the cards that stand inside a duplicate, as an AGENT's do: RFC 2426 §3.5.4.
func (m *merger) embed(c *contentline.Component) {
	for inner := range c.Components() {
		same := func(have *contentline.Component) bool { return bytes.Equal(have.Bytes(), inner.Bytes()) }
		if !slices.ContainsFunc(slices.Collect(m.out.Components()), same) {
			m.out.AppendComponent(inner.Clone())
		}
	}
}

// Lines counts the lines of cards.
func Lines(cards ...*vcard.Card) int {
	n := 0
	for _, c := range cards {
		for range c.Component.Lines() {
			n++
		}
	}
	return n
}

// inVersion returns a copy of the card in a version, which may be edited.
func inVersion(c *vcard.Card, version string) (*contentline.Component, error) {
	data, err := c.Convert(version)
	if err != nil {
		return nil, err
	}
	card, err := vcard.Parse(bytes.Clone(data))
	if err != nil {
		return nil, err
	}
	return card.Component, nil
}

// written is what the cards say, by where, before any line of the reference's is edited.
func (m *merger) written() map[Ref]Value {
	all := map[Ref]Value{}
	for _, us := range m.cards {
		for _, u := range us {
			if u.class == identity || u.empty() {
				continue
			}
			v := Value{Ref: u.ref, Property: u.line.Name, Raw: u.line.Value, Types: vcard.Types(u.line), Label: u.label(), Key: u.key}
			switch u.line.Name {
			case "PHOTO", "LOGO", "SOUND", "KEY":
			case "N", "ADR", "ORG":
				if v.Text = components(u.line); v.Text == "" {
					v.Text, _ = u.line.Param("LABEL")
				}
			default:
				v.Text = vcard.Text(u.line)
			}
			all[u.ref] = v
		}
	}
	return all
}

// describe lists all values with what became of them.
func (m *merger) describe(written map[Ref]Value) {
	m.markOwn()
	result := m.sayings()
	for _, us := range m.cards {
		for _, u := range us {
			v, there := written[u.ref]
			if !there {
				continue
			}
			v.State = max(m.state[u.ref], OnlyHere)
			m.plan.Values = append(m.plan.Values, v)
			switch {
			case v.State == Added:
				m.plan.Added = append(m.plan.Added, v)
			case result.lacks(u, v.State):
				m.plan.NotTaken = append(m.plan.NotTaken, asWritten(v, m.sources[u.ref.Card]))
			}
		}
	}
	m.plan.NotTaken = append(m.plan.NotTaken, m.left...)
}

// asWritten gives a value that is left behind the name and form that its card has it in, which another version has not.
func asWritten(v Value, card *vcard.Card) Value {
	if card.Component.First(v.Property) != nil {
		return v
	}
	for _, names := range [][]string{{"KIND", "X-ABSHOWAS"}, {"ANNIVERSARY", "X-ANNIVERSARY"}, {"GENDER", "X-GENDER"}, {"DEATHDATE", "X-DEATHDATE"}} {
		if !slices.Contains(names, v.Property) {
			continue
		}
		for _, name := range names {
			if l := card.Component.First(name); l != nil {
				v.Property, v.Raw = name, l.Value
			}
		}
	}
	return v
}

// markOwn finds which of the reference's values others have, too.
func (m *merger) markOwn() {
	others := map[string]bool{}
	for _, us := range m.cards[1:] {
		for _, u := range us {
			others[u.key] = others[u.key] || m.state[u.ref] != Dropped
		}
	}
	for _, u := range m.cards[0] {
		if m.state[u.ref] == 0 && others[u.key] {
			m.state[u.ref] = Identical
		}
	}
}

// sayings are what a card says in properties that have one value: as written, and by key.
type sayings map[string]bool

// sayings are those of the result.
func (m *merger) sayings() sayings {
	all := sayings{}
	for l := range m.out.Lines() {
		switch classOf(l.Name) {
		case single, naming, private:
			all[asIs(l)], all[keyOf(l, m.o.Region)], all[spelled(l)] = true, true, true
		}
	}
	return all
}

func asIs(l *contentline.Line) string { return l.Name + "=" + l.Value }

// lacks says whether there is nothing of what the value says, or how it says it.
func (all sayings) lacks(u unit, s State) bool {
	if u.class != single && u.class != naming && u.class != private && u.class != attached || s == Dropped {
		return false
	}
	if s == Notation && dated(u.line.Name) && withTime(u.line) {
		return !all[spelled(u.line)]
	}
	return s == Conflict || s == NotTaken || s != Identical && !all[asIs(u.line)] && !all[u.key]
}

// withTime says whether a day has more to it: a time of day, a remark.
func withTime(l *contentline.Line) bool {
	day := digitsOf(parseDate(vcard.Text(l)).text())
	return len(spelled(l)) > len(l.Name)+len("=")+len(day)
}

// spelled is a value by its letters and digits; midnight, which programs write for a day, is none.
func spelled(l *contentline.Line) string {
	return l.Name + "=" + strings.TrimRight(strings.Join(words(fold(vcard.Text(l))), ""), "t0z")
}

// SuggestReference returns which card to merge into: the one that says most; of equals the one that was changed last.
func SuggestReference(cards []*vcard.Card) int {
	best := 0
	for i, c := range cards {
		if SubstanceOf(c).More(SubstanceOf(cards[best])) {
			best = i
		}
	}
	return best
}

// Substance is how much a card says, and when it was changed.
type Substance struct {
	values int
	rev    string
}

// SubstanceOf counts what a card says.
func SubstanceOf(c *vcard.Card) (s Substance) {
	for l := range c.Component.Lines() {
		switch classOf(l.Name) {
		case identity:
			if l.Name == "REV" {
				s.rev = strings.Clone(digitsOf(l.Value))
			}
		case attached, private:
		default:
			s.values++
		}
	}
	return s
}

// More says whether s is the better reference.
func (s Substance) More(o Substance) bool {
	return s.values > o.values || s.values == o.values && s.rev > o.rev
}

// Naming says whether a property is a part of the name, on which there is one decision: that of N.
func Naming(property string) bool { return classOf(property) == naming }

// One says whether a card has one value of a property: where cards differ, a person chooses. N stands for the whole name.
func One(property string) bool {
	k := classOf(property)
	return k == single || k == naming
}
