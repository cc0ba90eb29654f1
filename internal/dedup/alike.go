package dedup

import (
	"slices"
	"strings"
	"unicode"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// Two lines of one normal form may still differ in what stands beside the value: a label, the service of a chat handle,
// an address as it is printed. What the result's line does not say, it is given; what it says otherwise is left behind,
// and listed. Where the two then mean different things, they are two.

// asides are the parameters that say something of their own: an address as it is printed (RFC 6350 §6.3.1), its place
// and zone (§5.10, §5.11), what to sort by (§5.9), and whose handle at which service Apple's programs mean.
func asides() []string {
	return []string{"LABEL", "GEO", "TZ", "SORT-AS", "X-GEO", "X-TZ", "X-SORT-AS", "X-SERVICE-TYPE", "X-USER", "X-USERID", "X-DISPLAYNAME"}
}

// alike finds the line of the result that says what the value does. Of several, one that also has its label.
func (m *merger) alike(u unit) *contentline.Line {
	var found *contentline.Line
	for _, l := range m.held[u.key] {
		switch {
		case !covers(l, u.line):
		case u.label() != "" && m.labels(l, u.label()):
			return l
		case found == nil:
			found = l
		}
	}
	return found
}

// covers says whether a line means all that one of the same normal form does.
func covers(have, l *contentline.Line) bool {
	switch l.Name {
	case "TEL":
		return dialled(have) == dialled(l) && len(missing(remark(l), remark(have))) == 0
	case "IMPP":
		return sameAside(have, l, "X-SERVICE-TYPE")
	case "X-SOCIALPROFILE": // its TYPE is the service, and the value is a name that is taken at many
		there := vcard.Types(have)
		return sameAside(have, l, "X-USER") && sameAside(have, l, "X-USERID") && (len(there) == 0 || len(missing(vcard.Types(l), there)) == 0)
	}
	return true
}

func missing(of, in []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(s string) bool { return s == "pref" || slices.Contains(in, s) })
}

// sameAside says whether two lines do not contradict each other in a parameter.
func sameAside(a, b *contentline.Line, name string) bool {
	x, okX := a.Param(name)
	y, okY := b.Param(name)
	return !okX || !okY || strings.EqualFold(plain(x), plain(y))
}

// remark is the words in a number: whom one reaches, or when.
func remark(l *contentline.Line) []string {
	text := fold(vcard.Text(l))
	if _, rest, ok := strings.Cut(text, ":"); ok && strings.HasPrefix(text, "tel:") {
		text = rest
	}
	found := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.DeleteFunc(found, func(w string) bool { return slices.Contains(extensionMarks(), w) })
}

// dialled is what is dialled besides the number: a prefix that hides the caller, a tone after a pause.
func dialled(l *contentline.Line) string {
	text, _ := cutExtension(vcard.Text(l))
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("*#,", r) {
			return r
		}
		return -1
	}, text)
}

// join puts what a value says besides its normal form to the line of the result that says the same.
func (m *merger) join(have *contentline.Line, u unit) {
	m.unite(have, u)
	m.adopt(have, u)
	for _, w := range u.with {
		m.attach(have, u, w)
	}
	if have.Name == "EMAIL" && !namesMailbox(have, u.line) {
		m.leave(u, u.line.Name, u.line.Value)
	}
}

// namesMailbox says whether a mailbox has all words of another one: "Eva Muster <eva@x.example>".
func namesMailbox(have, l *contentline.Line) bool {
	return len(missing(words(fold(vcard.Text(l))), words(fold(vcard.Text(have))))) == 0
}

// attach gives a line of the result what goes with one that says the same, unless it has such already. A duplicate's
// label is for lines that nothing says the kind of.
func (m *merger) attach(have *contentline.Line, u unit, w *contentline.Line) {
	if w.Name == "X-ABLABEL" && m.labels(have, vcard.Text(w)) {
		return
	}
	if there := m.beside(have, w.Name); there != nil || w.Name == "X-ABLABEL" && u.ref.Card != 0 && len(vcard.Types(have)) > 0 {
		if there == nil || there.Value != w.Value {
			m.leave(u, w.Name, vcard.Text(w))
		}
		return
	}
	if have.Group == "" {
		group := m.newGroup()
		m.groups[group] = true
		have.SetGroup(group)
	}
	w = w.Clone()
	w.SetGroup(have.Group)
	m.out.Append(w)
}

// beside is the line of a name in the group of a line of the result.
func (m *merger) beside(l *contentline.Line, name string) *contentline.Line {
	if l.Group == "" {
		return nil
	}
	for _, o := range m.out.All(name) {
		if strings.EqualFold(o.Group, l.Group) {
			return o
		}
	}
	return nil
}

// oneLine says whether one line can say what two of the reference do.
func (m *merger) oneLine(kept, u unit) bool {
	switch {
	case kept.label() != "" && u.label() != "" && bareLabel(kept.label()) != bareLabel(u.label()), !covers(kept.line, u.line), u.line.Name == "EMAIL" && !namesMailbox(kept.line, u.line):
		return false
	case isFax(kept.line) != isFax(u.line) && len(vcard.Types(kept.line)) > 0 && len(vcard.Types(u.line)) > 0:
		return false
	}
	return !slices.ContainsFunc(asides(), func(name string) bool { return !sameAside(kept.line, u.line, name) })
}

func isFax(l *contentline.Line) bool { return slices.Contains(vcard.Types(l), "fax") }

// adopt gives a line the asides that it has not.
func (m *merger) adopt(have *contentline.Line, u unit) {
	for _, name := range asides() {
		said, ok := u.line.Param(name)
		if !ok || plain(said) == "" {
			continue
		}
		switch there, ok := have.Param(name); {
		case !ok || plain(there) == "":
			have.SetParam(name, u.line.ParamValues(name)...)
		case !strings.EqualFold(plain(there), plain(said)):
			m.leave(u, name, said)
		}
	}
}

// leaveAsides lists what stands beside a value that is left behind.
func (m *merger) leaveAsides(u unit) {
	for _, name := range asides() {
		if said, _ := u.line.Param(name); plain(said) != "" {
			m.leave(u, name, said)
		}
	}
}

// leaveLabel lists what a value is called that stays behind the chosen one.
func (m *merger) leaveLabel(chosen, u unit) {
	if label := u.label(); label != "" && bareLabel(label) != bareLabel(chosen.label()) {
		m.leave(u, "X-ABLABEL", label)
	}
}

// labels says whether a line of the result is called so, by a label or by its type: Apple's own label for homes is
// _$!<Home>!$_.
func (m *merger) labels(l *contentline.Line, label string) bool {
	bare := bareLabel(label)
	if types := vcard.Types(l); slices.Contains(types, bare) || bare == "mobile" && slices.Contains(types, "cell") {
		return true
	}
	there := m.beside(l, "X-ABLABEL")
	return there != nil && bareLabel(vcard.Text(there)) == bare
}

func bareLabel(label string) string {
	label = strings.ToLower(plain(label))
	return strings.TrimSuffix(strings.TrimPrefix(label, "_$!<"), ">!$_")
}

// leave lists something that a card says of a value, and the result otherwise.
func (m *merger) leave(u unit, property, said string) {
	m.left = append(m.left, Value{Ref: u.ref, Property: property, Text: said, Raw: said, State: NotTaken, Key: u.key})
}
