package dedup

import (
	"slices"
	"strconv"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// merger makes one merge: out is the reference's copy that becomes the result.
type merger struct {
	o        Options
	version  string
	firm     bool          // the reference is a firm's card
	sources  []*vcard.Card // as they came; cards are theirs in the reference's version
	out      *contentline.Component
	cards    [][]unit
	held     map[string][]*contentline.Line // by key: the lines of out that say it, see alike
	replaced map[*contentline.Line]bool     // lines of the reference that are out
	groups   map[string]bool                // names in use, lower case
	ranks    map[string]int                 // by property: the last preference given out, 0 for none
	items    int                            // groups item1 to this are taken
	lists    map[string]*listing            // by property
	notes    []noted                        // what the NOTEs of the result say, the one that gets more first; nil: not read
	state    map[Ref]State
	left     []Value // what was said of values, and is not in the result
	plan     *Plan
}

func (m *merger) run() {
	m.drop()
	m.survey()
	if len(m.cards) > 1 {
		m.foldOwn()
		m.name()
		m.singles()
	}
	for _, u := range m.cards[0] {
		if !m.replaced[u.line] {
			m.held[u.key] = append(m.held[u.key], u.line)
		}
	}
	for _, us := range m.cards[1:] {
		for _, u := range us {
			if m.state[u.ref] == 0 && !u.empty() {
				m.take(u)
			}
		}
	}
	if len(m.cards) > 1 {
		m.complete()
	}
	if m.o.REV != "" {
		m.revise()
	}
}

// survey notes the groups and preferences of the reference.
func (m *merger) survey() {
	m.groups, m.ranks = map[string]bool{}, map[string]int{}
	for l := range m.out.Lines() {
		m.note(l)
	}
}

func (m *merger) note(l *contentline.Line) {
	if l.Group != "" {
		m.groups[strings.ToLower(l.Group)] = true
	}
	m.ranks[l.Name] = max(m.ranks[l.Name], preference(l))
}

// drop takes out what a person does not want, the reference's own values included.
func (m *merger) drop() {
	for _, us := range m.cards {
		for _, u := range us {
			if !slices.Contains(m.o.Choices.Drop, u.ref) || u.class == identity {
				continue
			}
			m.state[u.ref] = Dropped
			if u.ref.Card == 0 {
				m.remove(u)
			}
		}
	}
}

// remove takes a property of the reference and what belongs to it out.
func (m *merger) remove(u unit) {
	m.replaced[u.line] = true
	m.out.RemoveFunc(func(l *contentline.Line) bool { return l == u.line || slices.Contains(u.with, l) })
}

// foldOwn makes one of lines of the reference that say the same, unless each has a label of its own.
func (m *merger) foldOwn() {
	first := map[string]unit{}
	gone := map[*contentline.Line]bool{}
	for _, u := range m.cards[0] {
		if u.class != multiple || m.state[u.ref] == Dropped || !countsOnce(u.line.Name) {
			continue
		}
		kept, twice := first[u.key]
		if !twice {
			first[u.key] = u
			continue
		}
		if !m.oneLine(kept, u) {
			continue
		}
		m.join(kept.line, u)
		m.replaced[u.line], gone[u.line] = true, true
		for _, w := range u.with {
			gone[w] = true
		}
		m.state[u.ref] = Identical
	}
	if len(gone) > 0 {
		m.out.RemoveFunc(func(l *contentline.Line) bool { return gone[l] })
	}
}

// countsOnce names the properties of which a second line with the same value says nothing.
func countsOnce(property string) bool {
	switch property {
	case "TEL", "EMAIL", "URL", "IMPP", "ADR", "RELATED":
		return true
	}
	return false
}

// take adds a value of a duplicate, or finds that it is there already.
func (m *merger) take(u unit) {
	switch u.class {
	case identity, naming, single:
		return // decided elsewhere
	case private, attached:
		m.state[u.ref] = NotTaken // it describes a photo that was not taken, or nothing
	case list:
		m.takeItems(u)
	case note:
		m.takeNote(u)
	default:
		m.takeLine(u)
	}
}

func (m *merger) takeLine(u unit) {
	if have := m.alike(u); have != nil {
		m.state[u.ref] = sameState(have, u.line)
		m.join(have, u)
		return
	}
	m.held[u.key] = append(m.held[u.key], m.add(u))
	m.state[u.ref] = Added
}

func sameState(have, l *contentline.Line) State {
	if have.Value == l.Value {
		return Identical
	}
	return Notation
}

// add appends a property of a duplicate with what belongs to it, byte for byte unless its group or preference is
// taken already.
func (m *merger) add(u unit) *contentline.Line {
	l := u.line.Clone()
	group := m.freeGroup(u)
	if group != l.Group {
		l.SetGroup(group)
	}
	l.DelParam("PID") // RFC 6350 §5.5: it points into the card's own CLIENTPIDMAP
	m.yield(l)
	m.note(l)
	m.out.Append(l)
	for _, w := range u.with {
		w = w.Clone()
		if group != w.Group {
			w.SetGroup(group)
		}
		m.out.Append(w)
	}
	return l
}

// freeGroup is a group name that the result does not have, as like the old one as possible; "" for lines that need none.
func (m *merger) freeGroup(u unit) string {
	switch group := u.line.Group; {
	case group == "" || !m.groupTaken(group):
		return group
	case len(u.with) == 0 && !strings.Contains(u.line.Name, "."): // or its beginning would be a group
		return ""
	}
	return m.newGroup()
}

func (m *merger) newGroup() string {
	for {
		m.items++
		if name := "item" + strconv.Itoa(m.items); !m.groupTaken(name) {
			return name
		}
	}
}

func (m *merger) groupTaken(name string) bool { return m.groups[strings.ToLower(name)] }

// unite adds the types of a value to the line that says the same. A fax does not become a telephone by it.
func (m *merger) unite(have *contentline.Line, u unit) {
	types := vcard.Types(have)
	fax := isFax(have)
	added := false
	for _, t := range vcard.Types(u.line) {
		switch {
		case t == "" || slices.Contains(types, t), t == "pref", t == "internet", t == "voice":
			continue
		case t == "fax" && !fax, fax && (t == "cell" || t == "text" || t == "video"):
			continue
		}
		types, added = append(types, t), true
	}
	if added {
		m.setTypes(have, types)
	}
}

// setTypes writes the types in the manner of the version and of the card.
func (m *merger) setTypes(l *contentline.Line, types []string) {
	vcard.NameParams(l)
	if written, ok := l.Param("TYPE"); m.version == vcard.V3 && (!ok || written == strings.ToUpper(written)) {
		for i, t := range types {
			types[i] = strings.ToUpper(t)
		}
	}
	l.SetParam("TYPE", types...)
}

// yield takes the preference off a line if the result has a preferred one, and ranks it behind in 4.0.
func (m *merger) yield(l *contentline.Line) {
	last := m.ranks[l.Name]
	if last == 0 || preference(l) == 0 {
		return
	}
	if _, ranked := l.Param("PREF"); ranked && m.version == vcard.V4 {
		l.SetParam("PREF", strconv.Itoa(min(last+1, 100)))
		return
	}
	vcard.NameParams(l)
	l.DelParam("PREF")
	types := slices.DeleteFunc(slices.Clone(l.ParamValues("TYPE")), func(t string) bool { return strings.EqualFold(t, "pref") })
	if len(types) == 0 {
		l.DelParam("TYPE")
		return
	}
	l.SetParam("TYPE", types...)
}

// preference is the rank of a line, 1 for the first, 0 for none: TYPE=PREF (RFC 2426 §3.2.1), PREF=n (RFC 6350 §5.3).
func preference(l *contentline.Line) int {
	if slices.Contains(vcard.Types(l), "pref") {
		return 1
	}
	v, ok := l.Param("PREF")
	if !ok {
		return 0
	}
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return n
	}
	return 1
}
