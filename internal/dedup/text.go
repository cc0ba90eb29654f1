package dedup

import (
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// takeItems adds the items of a list that the result does not have to its first line of that name.
func (m *merger) takeItems(u unit) {
	have := m.listing(u.line.Name)
	if have == nil {
		m.add(u)
		m.state[u.ref] = Added
		return
	}
	m.state[u.ref] = Identical
	for _, item := range vcard.Items(u.line) {
		if key := plain(item); !have.held[key] {
			have.held[key] = true
			have.items = append(have.items, contentline.Escape(item))
			m.state[u.ref] = Added
		}
	}
	if m.state[u.ref] == Added {
		have.line.SetValue(strings.Join(have.items, ","))
	}
}

// listing is the items of a list property in the result.
type listing struct {
	line  *contentline.Line // the first, which gets more
	items []string          // of that line
	held  map[string]bool   // of all lines, in plain form
}

// listing reads a list of the result once; nil if there is none yet.
func (m *merger) listing(property string) *listing {
	if known := m.lists[property]; known != nil {
		return known
	}
	line := m.out.First(property)
	if line == nil {
		return nil
	}
	all := &listing{line: line, items: contentline.SplitUnescaped(line.Value, ','), held: map[string]bool{}}
	for _, l := range m.out.All(property) {
		for _, item := range vcard.Items(l) {
			all.held[plain(item)] = true
		}
	}
	for n := len(all.items); n > 0 && strings.TrimSpace(all.items[n-1]) == ""; n-- {
		all.items = all.items[:n-1]
	}
	m.lists[property] = all
	return all
}

// takeNote puts a text that the result does not contain on a new line of its note.
func (m *merger) takeNote(u unit) {
	have := m.out.First("NOTE")
	if have == nil {
		m.add(u)
		m.state[u.ref] = Added
		return
	}
	if m.notes == nil {
		for _, l := range m.out.All("NOTE") {
			m.notes = append(m.notes, plain(vcard.Text(l)))
		}
	}
	said := plain(vcard.Text(u.line))
	for _, text := range m.notes {
		if text == said {
			m.state[u.ref] = Identical
			return
		} else if within(said, text) {
			m.state[u.ref] = Notation
			return
		}
	}
	have.SetValue(have.Value + `\n` + u.line.Value)
	m.notes[0] += " " + said
	m.state[u.ref] = Added
}

// within says whether a text stands in another one as whole words: "tea" is not said by "steak".
func within(said, text string) bool {
	return strings.Contains(text, said) && strings.Contains(spaced(text), spaced(said))
}

func spaced(text string) string { return " " + strings.Join(words(text), " ") + " " }
