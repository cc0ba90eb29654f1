package dedup

import (
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// takeItems adds the items of a list that the result does not have to its first line of that name.
func (m *merger) takeItems(u unit) {
	have := m.listing(u.line.Name)
	fresh := have.fresh(u.line)
	_, isText := textual(u.line)
	switch {
	case have.there && len(fresh) == 0:
		m.state[u.ref] = Identical
		return
	case have.line == nil, !isText:
		m.add(u)
		delete(m.lists, u.line.Name)
	default:
		have.items = append(have.items, fresh...)
		have.line.Set(have.line.Name, strings.Join(have.items, ","), have.params)
	}
	m.state[u.ref] = Added
}

// listing is the items of a list property in the result.
type listing struct {
	there  bool
	line   *contentline.Line   // the first that more can be added to, nil if there is none
	params []contentline.Param // of that line
	items  []string            // of that line
	held   map[string]bool     // of all lines, in plain form
}

// listing reads a list of the result once.
func (m *merger) listing(property string) *listing {
	if known := m.lists[property]; known != nil {
		return known
	}
	all := &listing{held: map[string]bool{}}
	for _, l := range m.out.All(property) {
		all.there = true
		for _, item := range vcard.Items(l) {
			all.held[plain(item)] = true
		}
		if written, ok := textual(l); ok && all.line == nil {
			all.line, all.params = l, written.Params
			all.items = contentline.SplitUnescaped(closed(written.Value), ',')
		}
	}
	for n := len(all.items); n > 0 && strings.TrimSpace(all.items[n-1]) == ""; n-- {
		all.items = all.items[:n-1]
	}
	m.lists[property] = all
	return all
}

// fresh are the items of a line that no other has, escaped. From then on they are held.
func (all *listing) fresh(l *contentline.Line) (items []string) {
	for _, item := range vcard.Items(l) {
		if key := plain(item); !all.held[key] {
			all.held[key] = true
			items = append(items, contentline.Escape(item))
		}
	}
	return items
}

// noted is a note of the result.
type noted struct {
	line *contentline.Line
	text string // in plain form
}

// takeNote puts a text that the result does not contain on a new line of its note.
func (m *merger) takeNote(u unit) {
	if m.notes == nil {
		m.readNotes()
	}
	said := plain(vcard.Text(u.line))
	for _, have := range m.notes {
		if have.text == said {
			m.state[u.ref] = Identical
			return
		} else if within(said, have.text) {
			m.state[u.ref] = Notation
			return
		}
	}
	m.state[u.ref] = Added
	if len(m.notes) > 0 && addText(m.notes[0].line, u.line) {
		m.notes[0].text += " " + said
		return
	}
	if len(m.notes) == 0 {
		m.removeEmpty("NOTE") // or a client that shows the first one shows nothing
	}
	m.notes = append(m.notes, noted{m.add(u), said})
}

func (m *merger) readNotes() {
	m.notes = []noted{}
	for _, l := range m.out.All("NOTE") {
		if text := plain(vcard.Text(l)); text != "" {
			m.notes = append(m.notes, noted{l, text})
		}
	}
}

// addText puts the text of another line below that of a line. It does not where one of them is no text.
func addText(to, more *contentline.Line) bool {
	have, isText := textual(to)
	added, alsoText := textual(more)
	if !isText || !alsoText {
		return false
	}
	to.Set(to.Name, closed(have.Value)+`\n`+added.Value, have.Params)
	return true
}

// textual is a copy of a line to which text can be added, and which can be added to text: without the encodings and
// charsets of vCard 2.1, which some programs write in 3.0. ok is false for base64, in which it would be lost.
func textual(l *contentline.Line) (written *contentline.Line, ok bool) {
	written = vcard.Modern(l)
	_, encoded := written.Param("ENCODING")
	return written, !encoded
}

// closed is a value that another one can follow: a backslash at its end would escape what comes then.
func closed(value string) string {
	if slashes := len(value) - len(strings.TrimRight(value, `\`)); slashes%2 == 1 {
		return value + `\`
	}
	return value
}

// within says whether a text stands in another one as whole words: "tea" is not said by "steak". Signs alone must stand
// alone. What is within a text stays so when more is added to it.
func within(said, text string) bool {
	if strings.Contains(" "+text+" ", " "+said+" ") {
		return true
	}
	inWords := spaced(said)
	return strings.TrimSpace(inWords) != "" && strings.Contains(text, said) && strings.Contains(spaced(text), inWords)
}

func spaced(text string) string { return " " + strings.Join(words(text), " ") + " " }
