package dedup

import (
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// takeItems adds the items of a list that the result does not have to its first line of that name.
func (m *merger) takeItems(u unit) {
	have := m.out.First(u.line.Name)
	if have == nil {
		m.add(u)
		m.state[u.ref] = Added
		return
	}
	held := map[string]bool{}
	for _, l := range m.out.All(u.line.Name) {
		for _, item := range vcard.Items(l) {
			held[plain(item)] = true
		}
	}
	items := contentline.SplitUnescaped(have.Value, ',')
	for len(items) > 0 && strings.TrimSpace(items[len(items)-1]) == "" {
		items = items[:len(items)-1]
	}
	m.state[u.ref] = Identical
	for _, item := range vcard.Items(u.line) {
		if key := plain(item); !held[key] {
			held[key] = true
			items = append(items, contentline.Escape(item))
			m.state[u.ref] = Added
		}
	}
	if m.state[u.ref] == Added {
		have.SetValue(strings.Join(items, ","))
	}
}

// takeNote puts a text that the result does not contain on a new line of its note.
func (m *merger) takeNote(u unit) {
	have := m.out.First("NOTE")
	if have == nil {
		m.add(u)
		m.state[u.ref] = Added
		return
	}
	said := plain(vcard.Text(u.line))
	for _, l := range m.out.All("NOTE") {
		if text := plain(vcard.Text(l)); text == said {
			m.state[u.ref] = Identical
			return
		} else if strings.Contains(text, said) {
			m.state[u.ref] = Notation
			return
		}
	}
	have.SetValue(have.Value + `\n` + u.line.Value)
	m.state[u.ref] = Added
}
