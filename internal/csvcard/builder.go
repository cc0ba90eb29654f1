package csvcard

import (
	"slices"
	"strconv"
	"strings"

	"ksync/internal/contentline"
)

// builder gathers the cells of one row and writes them as a card of version 3.0, which everybody reads. It is used for
// row after row.
type builder struct {
	dayFirst bool
	texts    map[string][]string // by property, parts of N and ORG included ("N.given")
	slots    []entry             // by the columns' slots
	entries  []*entry            // those that the row has, in order
	items    int                 // groups so far
	card     []byte
}

// entry is a value that has a type, gathered from all columns of one slot.
type entry struct {
	Property
	value, label, service string
	address               [7][]string
	formatted             string
}

func (b *builder) reset() {
	clear(b.texts)
	for _, e := range b.entries {
		*e = entry{}
	}
	b.entries, b.items, b.card = b.entries[:0], 0, nil
}

func (b *builder) empty() bool {
	return len(b.texts) == 0 && !slices.ContainsFunc(b.entries, (*entry).filled)
}

func (e *entry) filled() bool {
	return e.value != "" || e.formatted != "" || slices.ContainsFunc(e.address[:], func(part []string) bool { return part != nil })
}

// place is where the cells of a column go: to a text, or to the entry of a slot.
type place struct {
	Property
	text string
	slot int
	part int // of an address, -1 for none
}

// places gives each column its place. Columns of one key share a slot; what has none stands alone, but for addresses.
func places(columns []Column) (all []place, slots int) {
	type part struct {
		slot int
		name string
	}
	shared, taken := map[Property]int{}, map[part]bool{} // of two columns that say the same each has its own slot
	for _, c := range columns {
		p := place{Property: c.Property, slot: slots, part: slices.Index(parts["ADR"][:7], c.Property.Part)}
		_, typed := parts[p.Name]
		if !typed || p.Name == "N" || p.Name == "ORG" {
			p.text = Property{Name: p.Name, Part: p.Part}.String()
			all = append(all, p)
			continue
		}
		id := Property{Name: p.Name, Key: p.Key}
		if p.Key == "" {
			id.Type = p.Type
		}
		known, again := shared[id]
		if again && (p.Name == "ADR" || p.Key != "" && !taken[part{known, p.Part}]) {
			p.slot = known
		} else {
			shared[id] = slots
			slots++
		}
		taken[part{p.slot, p.Part}] = true
		all = append(all, p)
	}
	return all, slots
}

func (b *builder) add(p *place, cell string) {
	if p.text != "" {
		b.text(p.text, cell)
		return
	}
	e := b.entry(p)
	switch {
	case p.Part == "label":
		e.label = cell
	case p.Part == "service":
		e.service = cell
	case p.Part == "formatted":
		e.formatted = cell
	case p.Name == "ADR" && p.part >= 0:
		e.address[p.part] = append(e.address[p.part], cell)
	default:
		e.value = cell
	}
}

// entry is that of the place's slot.
func (b *builder) entry(p *place) *entry {
	e := &b.slots[p.slot]
	if e.Name == "" { // the row's first of it
		e.Property = p.Property
		b.entries = append(b.entries, e)
	}
	return e
}

func (b *builder) bytes() []byte {
	b.card = append(make([]byte, 0, 256), "BEGIN:VCARD\r\nVERSION:3.0\r\n"...)
	b.names()
	for _, name := range lists {
		if v := b.texts[name]; v != nil {
			b.line("", name, escaped(v, ","))
		}
	}
	b.chosen()
	b.categories()
	b.birthday()
	b.photo()
	for _, e := range b.entries {
		b.entryLines(e)
	}
	if notes := b.texts["NOTE"]; notes != nil {
		b.line("", "NOTE", contentline.Escape(strings.Join(notes, "\n")))
	}
	return append(b.card, "END:VCARD\r\n"...)
}

func (b *builder) line(group, name, value string, params ...contentline.Param) {
	b.card = contentline.AppendLine(b.card, group, name, value, params...)
}

// lists are properties of several values in one line.
var lists = []string{"NICKNAME", "TITLE", "ROLE", "UID"}

// chosen writes the X- properties that a person chose.
func (b *builder) chosen() {
	var names []string
	for name := range b.texts {
		if strings.HasPrefix(name, "X-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		b.line("", name, escaped(b.texts[name], ","))
	}
}

func escaped(values []string, separator string) string {
	if len(values) == 1 {
		return contentline.Escape(values[0])
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = contentline.Escape(v)
	}
	return strings.Join(out, separator)
}

// names writes FN, N and ORG. RFC 2426 §3.1.1, §3.1.2: a card has both names.
func (b *builder) names() {
	var n [5]string
	some := false
	for i, part := range nameParts {
		n[i] = strings.Join(b.texts[part], " ")
		some = some || n[i] != ""
	}
	fn := strings.Join(b.texts["FN"], " ")
	if fn == "" && some {
		fn = strings.Join(strings.Fields(strings.Join([]string{n[3], n[1], n[2], n[0], n[4]}, " ")), " ")
	}
	if fn == "" {
		fn = b.anyName()
	} else if !some {
		n[1], n[0] = cutLast(fn)
	}
	b.line("", "FN", contentline.Escape(fn))
	b.line("", "N", escaped(n[:], ";"))
	if name, unit := b.texts["ORG.name"], b.texts["ORG.unit"]; name != nil || unit != nil {
		b.line("", "ORG", strings.TrimSuffix(escaped([]string{strings.Join(name, ", "), strings.Join(unit, ", ")}, ";"), ";"))
	}
}

var nameParts = [5]string{"N.family", "N.given", "N.additional", "N.prefix", "N.suffix"}

// cutLast takes the last word of a name for the family's.
func cutLast(name string) (given, family string) {
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}

// anyName is what the person would look for when there is no name.
func (b *builder) anyName() string {
	for _, name := range []string{"NICKNAME", "ORG.name", "ORG.unit", "TITLE"} {
		if v := b.texts[name]; v != nil {
			return v[0]
		}
	}
	for _, e := range b.entries {
		if e.value != "" {
			return e.value
		}
	}
	return "?"
}

// categories are parted by ":::" in Google's files, by ";" in Outlook's. Google's own groups begin with a star.
func (b *builder) categories() {
	var all []string
	for _, cell := range b.texts["CATEGORIES"] {
		separator := ";"
		if strings.Contains(cell, googleSeparator) {
			separator = googleSeparator
		} else if !strings.Contains(cell, ";") {
			separator = ","
		}
		for c := range strings.SplitSeq(cell, separator) {
			if c = strings.TrimSpace(c); c != "" && !strings.HasPrefix(c, "* ") && !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	if all != nil {
		b.line("", "CATEGORIES", escaped(all, ","))
	}
}

const googleSeparator = " ::: "

// birthday keeps what is no date as a note.
func (b *builder) birthday() {
	for i, cell := range b.texts["BDAY"] {
		value, omitted, ok := date(cell, b.dayFirst)
		switch {
		case !ok || i > 0 && value != "":
			b.note("Birthday", cell)
		case omitted:
			b.line("", "BDAY", value, contentline.Param{Name: "X-APPLE-OMIT-YEAR", Values: []string{"1604"}})
		case value != "":
			b.line("", "BDAY", value)
		}
	}
}

func (b *builder) note(label, text string) { b.text("NOTE", label+": "+text) }

func (b *builder) text(name, cell string) {
	if b.texts == nil {
		b.texts = map[string][]string{}
	}
	b.texts[name] = append(b.texts[name], cell)
}

func (b *builder) photo() {
	for _, cell := range b.texts["PHOTO"] {
		if strings.HasPrefix(cell, "https://") || strings.HasPrefix(cell, "http://") {
			b.line("", "PHOTO", cell, contentline.Param{Name: "VALUE", Values: []string{"uri"}})
		} else {
			b.note("Photo", cell)
		}
	}
}

// group names the next group of lines.
func (b *builder) group() string {
	b.items++
	return "item" + strconv.Itoa(b.items)
}
