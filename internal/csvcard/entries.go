package csvcard

import (
	"slices"
	"strings"

	"ksync/internal/contentline"
)

// entryLines writes a value that has a type. Google puts several of one type into one cell.
func (b *builder) entryLines(e *entry) {
	if !e.filled() {
		return
	}
	switch e.Name {
	case "ADR":
		b.adr(e)
		return
	case "NOTE":
		b.custom(e)
		return
	}
	for v := range strings.SplitSeq(e.value, googleSeparator) {
		switch v = strings.TrimSpace(v); e.Name {
		case "X-ABDATE":
			b.event(e, v)
		case "X-ABRELATEDNAMES":
			b.labelled(b.group(), e.Name, contentline.Escape(v), relation(e.kind()))
		case "IMPP":
			b.impp(e, v)
		case "URL":
			b.typed(e, v)
		default:
			b.typed(e, contentline.Escape(v))
		}
	}
}

// kind is what the file says of the value: a cell, else the column.
func (e *entry) kind() string {
	if e.label != "" {
		return e.label
	}
	return e.Type
}

func (b *builder) typed(e *entry, value string) {
	kind := e.kind()
	if kind == "" {
		b.line("", e.Name, value)
		return
	}
	types, label := typesOf(kind)
	var params []contentline.Param
	if types != nil {
		params = []contentline.Param{{Name: "TYPE", Values: types}}
	}
	if label == "" {
		b.line("", e.Name, value, params...)
		return
	}
	b.labelled(b.group(), e.Name, value, label, params...)
}

// labelled writes a value with words of its own, as Apple and DAVx5 do.
func (b *builder) labelled(group, name, value, label string, params ...contentline.Param) {
	b.line(group, name, value, params...)
	b.line(group, "X-ABLabel", contentline.Escape(label))
}

// types are those of RFC 2426 §3.2.1, §3.3.1, for the classes of words.
var types = map[string]string{
	"home": "HOME", "work": "WORK", "mobile": "CELL", "main": "PREF", "fax": "FAX", "pager": "PAGER", "car": "CAR", "other": "",
	"phone": "", "email": "", "street": "",
}

// typesOf gives the types that all the words stand for, or else the words as a label. A star in front marks what is
// preferred.
func typesOf(kind string) (found []string, label string) {
	rest, preferred := strings.CutPrefix(kind, "* ")
	if preferred {
		found = append(found, "PREF")
	}
	if strings.EqualFold(rest, "isdn") {
		return append(found, "ISDN"), ""
	}
	for _, word := range strings.Fields(normalise(rest)) {
		typ, ok := typeOf(word)
		if !ok {
			return found, rest
		}
		if typ != "" && !slices.Contains(found, typ) {
			found = append(found, typ)
		}
	}
	return found, ""
}

func typeOf(word string) (string, bool) {
	for _, class := range []string{"home", "work", "mobile", "main", "fax", "pager", "car", "other", "phone", "email", "street"} {
		if slices.Contains(classes()[class], word) {
			return types[class], true
		}
	}
	return "", false
}

// adr is RFC 2426 §3.2.1. An address that is in one piece only becomes the street.
func (b *builder) adr(e *entry) {
	address := make([]string, 7)
	for i, part := range e.address {
		address[i] = strings.Join(part, "\n")
	}
	if strings.Join(address, "") == "" {
		address[2] = e.formatted
	}
	b.typed(e, escaped(address, ";"))
}

// custom is a field that a person has invented.
func (b *builder) custom(e *entry) {
	if e.label == "" {
		b.text("NOTE", e.value)
		return
	}
	b.note(e.label, e.value)
}

// event writes a date; what is none becomes a note.
func (b *builder) event(e *entry, cell string) {
	value, omitted, ok := date(cell, b.dayFirst)
	switch {
	case !ok:
		b.note(strings.TrimSpace("Date "+e.kind()), cell)
	case omitted:
		b.labelled(b.group(), e.Name, value, relation(e.kind()), contentline.Param{Name: "X-APPLE-OMIT-YEAR", Values: []string{"1604"}})
	case value != "":
		b.labelled(b.group(), e.Name, value, relation(e.kind()))
	}
}

// relation is the label that Apple gives a well-known date or person; every client shows it in its own language.
func relation(kind string) string {
	known := []string{"Anniversary", "Spouse", "Manager", "Assistant", "Child", "Mother", "Father", "Parent", "Brother", "Sister", "Friend", "Partner", "Other"}
	for _, k := range known {
		if strings.EqualFold(kind, k) {
			return "_$!<" + k + ">!$_"
		}
	}
	if kind == "" {
		return "_$!<Other>!$_"
	}
	return kind
}

// impp is RFC 4770: a URI, of the service where the cell is only a name.
func (b *builder) impp(e *entry, v string) {
	scheme := strings.ReplaceAll(normalise(e.service), " ", "")
	if name, _, ok := strings.Cut(v, ":"); !ok || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz") != "" {
		if scheme == "" || strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			scheme = "x-apple"
		}
		v = scheme + ":" + v
	}
	var params []contentline.Param
	if e.service != "" {
		params = append(params, contentline.Param{Name: "X-SERVICE-TYPE", Values: []string{e.service}})
	}
	found, label := typesOf(e.kind())
	if found != nil {
		params = append(params, contentline.Param{Name: "TYPE", Values: found})
	}
	if label != "" {
		b.labelled(b.group(), "IMPP", v, label, params...)
		return
	}
	b.line("", "IMPP", v, params...)
}
