package contentline

import (
	"slices"
	"strings"
)

// JSONForm is a JSON format for content lines: what jCal (RFC 7265) and jCard (RFC 7095) do not have in common. The
// common part is that a component is ["name", [property, …], [component, …]] and a property is
// ["name", {parameters}, "type", value, …].
//
// Nothing that a text says is lost on the way to JSON and back. What is not of the type it should be goes as
// "unknown", which is the value as it stands in the line (RFC 7265 §5.1, RFC 7095 §5.1).
type JSONForm struct {
	// Property tells what is known of a property (upper case); the zero Shape is one that is not known.
	Property func(name string) Shape
	// Types are the value types, by lower-case name.
	Types map[string]ValueType
	// Leaf is set where components hold no others and have no place for them (RFC 7095 §3.2).
	Leaf bool
	// Groups says that lines have groups, told by a parameter (RFC 7095 §3.4.1); else a group is a part of the name.
	Groups bool
	// ListParams are parameters (upper case) whose quoted value may be a list: TYPE="work,voice" of RFC 6350 §8.
	ListParams []string
	// TypeParam prints a type, which is in lower case, as the VALUE parameter has it.
	TypeParam func(string) string
}

// Shape is what is known of a property's values.
type Shape struct {
	// Types are those that a value may have, the default first. Of the others one is taken if the line has no VALUE
	// and all values are of it: DTSTART:20261121 is a date.
	Types []string
	List  bool // several values, at commas
	Parts bool // a structured value, at semicolons
	Lists bool // parts are lists themselves, at commas
}

// ValueType turns values of one type into JSON and back.
type ValueType struct {
	// Append writes what one value, as it stands in a line, is in JSON, or says false if it is not of the type.
	Append func(b []byte, text string) ([]byte, bool)
	// Text is the way back: false if JSON of this kind is no such value.
	Text func(v *JSONValue) (string, bool)
}

const (
	unknownType = "unknown"
	groupParam  = "group"
	valueParam  = "VALUE"
	// keptValueParam holds a VALUE that is not true of the value, so that it is not lost either.
	keptValueParam = "X-KSYNC-VALUE"
)

// Bytes prints c as JSON. Bytes that are no UTF-8 become U+FFFD; lines that are no properties are left out.
func (f *JSONForm) Bytes(c *Component) []byte { return f.component(make([]byte, 0, c.size()*3/2), c) }

func (f *JSONForm) component(b []byte, c *Component) []byte {
	b = append(AppendJSONString(append(b, '['), lowerName(c.Name)), ",["...)
	first := true
	for l := range c.Lines() {
		b = comma(b, &first)
		b = f.property(b, l)
	}
	b = append(b, ']')
	inner := slices.Collect(c.Components())
	if len(inner) == 0 && f.Leaf {
		return append(b, ']')
	}
	b = append(b, ",["...)
	first = true
	for _, c := range inner {
		b = comma(b, &first)
		b = f.component(b, c)
	}
	return append(b, "]]"...)
}

func comma(b []byte, first *bool) []byte {
	if *first {
		*first = false
		return b
	}
	return append(b, ',')
}

func (f *JSONForm) property(b []byte, l *Line) []byte {
	name := l.Name
	if !f.Groups && l.Group != "" {
		name = l.Group + "." + name
	}
	b = append(AppendJSONString(append(b, '['), lowerName(name)), ',')
	value, typ, fits := f.value(l)
	b = append(f.params(b, l, fits), ',')
	b = append(AppendJSONString(b, typ), ',')
	return append(append(b, value...), ']')
}

// value gives the values, separated by commas, and their type. fits says that a VALUE parameter is told by the type.
func (f *JSONForm) value(l *Line) (b []byte, typ string, fits bool) {
	shape := f.Property(l.Name)
	types, asked := shape.Types, askedType(l)
	if asked != "" {
		types = []string{asked}
	}
	if slices.ContainsFunc(l.Params, quotedPrintable) {
		types = nil // vCalendar 1.0: escapes are below the encoding
	}
	for _, typ := range types {
		t, ok := f.Types[typ]
		if !ok {
			return AppendJSONString(nil, l.Value), typ, true
		}
		if b, ok := shape.of(typ).append(nil, t, l.Value); ok {
			return b, typ, true
		}
	}
	return AppendJSONString(nil, l.Value), unknownType, asked == "" || asked == unknownType
}

// of is the shape of a property with values of that type. Of an unknown property's text it is only known that
// separators which are not escaped mean something.
func (s Shape) of(typ string) Shape {
	if len(s.Types) == 0 && typ == "text" {
		s.Parts, s.Lists = true, true
	}
	return s
}

// lowerName has A to Z in lower case and leaves others alone, as some would not come back: İ is i, and that is I.
func lowerName(s string) string { return asciiKey(s) }

func quotedPrintable(p Param) bool {
	return strings.Contains(p.Name, "QUOTED-PRINTABLE") ||
		slices.ContainsFunc(p.Values, func(v string) bool { return strings.EqualFold(v, "QUOTED-PRINTABLE") })
}

// askedType is that of the VALUE parameter, "" without one.
func askedType(l *Line) string {
	v, _ := l.Param(valueParam)
	return lowerName(v)
}

func (s Shape) append(b []byte, t ValueType, text string) ([]byte, bool) {
	if s.Parts {
		return s.appendParts(b, t, SplitUnescaped(text, ';'))
	}
	if !s.List {
		return t.Append(b, text)
	}
	return appendEach(b, t, SplitUnescaped(text, ','))
}

func appendEach(b []byte, t ValueType, values []string) ([]byte, bool) {
	ok := true
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		if b, ok = t.Append(b, v); !ok {
			return nil, false
		}
	}
	return b, true
}

// appendParts is RFC 7265 §3.4.1.3, RFC 7095 §3.3.1.3: an array of the parts, of which each may be an array; a single
// part is no array.
func (s Shape) appendParts(b []byte, t ValueType, parts []string) ([]byte, bool) {
	if len(parts) == 1 && len(s.values(parts[0])) == 1 {
		return t.Append(b, parts[0])
	}
	b, ok := append(b, '['), true
	for i, part := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		values := s.values(part)
		if len(values) > 1 {
			b = append(b, '[')
		}
		if b, ok = appendEach(b, t, values); !ok {
			return nil, false
		}
		if len(values) > 1 {
			b = append(b, ']')
		}
	}
	return append(b, ']'), true
}

func (s Shape) values(part string) []string {
	if s.Lists {
		return SplitUnescaped(part, ',')
	}
	return []string{part}
}

// params is RFC 7265 §3.4, RFC 7095 §3.4: names in lower case, several values as an array. One without values, as
// vCard 2.1 has them, is an empty array.
func (f *JSONForm) params(b []byte, l *Line, fits bool) []byte {
	b = append(b, '{')
	first := true
	if f.Groups && l.Group != "" {
		b = f.param(comma(b, &first), groupParam, []string{l.Group})
	}
	for _, p := range merged(l.Params) {
		name := p.Name
		switch {
		case f.Groups && name == "GROUP", name == valueParam && fits:
			continue
		case name == valueParam:
			name = keptValueParam
		}
		b = f.param(comma(b, &first), name, p.Values)
	}
	return append(b, '}')
}

// merged has one parameter of each name, with the values of all. There may be a thousand.
func merged(params []Param) []Param {
	if len(params) < 2 {
		return params
	}
	at := make(map[string]int, len(params))
	out := make([]Param, 0, len(params))
	for _, p := range params {
		i, again := at[p.Name]
		if !again {
			at[p.Name] = len(out)
			out = append(out, Param{p.Name, slices.Clone(p.Values)})
			continue
		}
		out[i].Values = append(out[i].Values, p.Values...)
	}
	return out
}

func (f *JSONForm) param(b []byte, name string, values []string) []byte {
	b = append(AppendJSONString(b, lowerName(name)), ':')
	if slices.Contains(f.ListParams, name) && len(values) > 0 {
		values = strings.Split(strings.Join(values, ","), ",")
	}
	if len(values) == 1 {
		return AppendJSONString(b, values[0])
	}
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendJSONString(b, v)
	}
	return append(b, ']')
}
