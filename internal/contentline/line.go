package contentline

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Param is a parameter of a content line. One without "=", as vCard 2.1 has them (TEL;CELL), has no Values.
type Param struct {
	Name   string   // upper case
	Values []string // unquoted, RFC 6868 decoded
}

// Line is one logical content line. Its fields are for reading: only the Set and Del methods keep the printed form in
// step. A Line is not safe for concurrent edits.
type Line struct {
	Group  string // vCard: what stands before the dot, as written; "" if none
	Name   string // upper case; "" for blank lines and for one without a colon, which only have their raw form
	Params []Param
	Value  string // unfolded, otherwise as written: escapes and QUOTED-PRINTABLE are left in (but not its soft line breaks)

	written  string // the name as it was spelt, for printing
	raw      string // exact bytes; "" for a new line that no component has yet
	dangling bool   // see scanner
}

// New makes a line that prints with the line end of the component it is put into. A line break in value becomes "\n".
func New(group, name, value string, params ...Param) *Line {
	l := &Line{Group: group, Name: UpperName(name), written: name, Value: oneLine(value), Params: params}
	l.print("\r\n")
	return l
}

// Param returns the first value of the named parameter ("" for one without values) and whether it is there.
func (l *Line) Param(name string) (string, bool) {
	for _, p := range l.Params {
		if p.Name == name {
			if len(p.Values) == 0 {
				return "", true
			}
			return p.Values[0], true
		}
	}
	return "", false
}

// ParamValues returns the values of all parameters of that name, so TYPE=a;TYPE=b,c gives three.
func (l *Line) ParamValues(name string) []string {
	var values []string
	for _, p := range l.Params {
		if p.Name != name {
			continue
		}
		if values == nil {
			values = slices.Clip(p.Values) // mostly there is one: share it
			continue
		}
		values = append(values, p.Values...)
	}
	return values
}

// Raw returns a copy of the line as it prints, with folds and line end.
func (l *Line) Raw() []byte { return []byte(l.raw) }

// ValidUTF8 says whether the raw form is UTF-8, which one folded inside a character is not even if its value is.
// SetValue(l.Value) folds such a line anew.
func (l *Line) ValidUTF8() bool { return utf8.ValidString(l.raw) }

// SetValue replaces the value, which must be escaped already. A line break in it becomes "\n".
func (l *Line) SetValue(v string) {
	l.Value = oneLine(v)
	l.edited()
}

// SetParam puts the parameter with these values in the place of all of that name, or last. No values make it bare.
func (l *Line) SetParam(name string, values ...string) {
	name = UpperName(name)
	p := Param{Name: name, Values: slices.Clone(values)}
	kept := make([]Param, 0, len(l.Params)+1)
	put := false
	for _, old := range l.Params {
		switch {
		case old.Name != name:
			kept = append(kept, old)
		case !put:
			kept = append(kept, p)
			put = true
		}
	}
	if !put {
		kept = append(kept, p)
	}
	l.Params = kept
	l.edited()
}

// Set changes name, value and parameters at once, which prints the line once. The spelling of an unchanged name stays.
func (l *Line) Set(name, value string, params []Param) {
	if !strings.EqualFold(name, l.Name) {
		l.Name, l.written = UpperName(name), name
	}
	l.Value, l.Params = oneLine(value), params
	l.edited()
}

// DelParam removes all parameters of that name. The line is printed anew only if there is one.
func (l *Line) DelParam(name string) {
	name = UpperName(name)
	named := func(p Param) bool { return p.Name == name }
	if !slices.ContainsFunc(l.Params, named) {
		return
	}
	l.Params = slices.DeleteFunc(slices.Clone(l.Params), named)
	l.edited()
}

// SetGroup sets the group, or removes it when g is "".
func (l *Line) SetGroup(g string) {
	l.Group = g
	l.edited()
}

// Clone returns an independent copy.
func (l *Line) Clone() *Line {
	c := *l
	return &c
}

// edited prints the line anew with the line end it had.
func (l *Line) edited() { l.print(lineEnd(l.raw)) }

// lineEnd is the line end of a raw line, CRLF if it has none or the doubled one.
func lineEnd(raw string) string {
	switch {
	case strings.HasSuffix(raw, "\r\n"):
		return "\r\n"
	case strings.HasSuffix(raw, "\n"):
		return "\n"
	case strings.HasSuffix(raw, "\r"):
		return "\r"
	}
	return "\r\n"
}
