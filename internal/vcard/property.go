package vcard

import (
	"slices"
	"strings"

	"ksync/internal/contentline"
)

// property is a line under conversion: changes are collected and printed once, as a line may hold a photo.
type property struct {
	line        *contentline.Line
	name, value string
	params      []contentline.Param
	changed     bool
}

func propertyOf(l *contentline.Line) *property {
	return &property{line: l, name: l.Name, value: l.Value, params: l.Params}
}

// flush prints the line if anything changed.
func (p *property) flush() {
	if p.changed {
		p.line.Set(p.name, p.value, p.params)
	}
}

func (p *property) rename(name string) {
	p.name, p.changed = name, true
}

func (p *property) setValue(v string) {
	if v != p.value {
		p.value, p.changed = v, true
	}
}

// param returns the values of the named parameter joined by commas, as SORT-AS and LABEL may come unquoted.
func (p *property) param(name string) (string, bool) {
	i := p.index(name)
	if i < 0 {
		return "", false
	}
	return strings.Join(p.params[i].Values, ","), true
}

// is says whether the named parameter has that value, in any case.
func (p *property) is(name, value string) bool {
	v, ok := p.param(name)
	return ok && strings.EqualFold(v, value)
}

func (p *property) index(name string) int {
	return slices.IndexFunc(p.params, func(q contentline.Param) bool { return q.Name == name })
}

func (p *property) setParam(name string, values ...string) {
	q := contentline.Param{Name: name, Values: values}
	p.changed = true
	if i := p.index(name); i >= 0 {
		p.params = slices.Clone(p.params)
		p.params[i] = q
		return
	}
	p.params = append(slices.Clip(p.params), q)
}

func (p *property) dropParam(name string) {
	named := func(q contentline.Param) bool { return q.Name == name }
	if slices.ContainsFunc(p.params, named) {
		p.params, p.changed = slices.DeleteFunc(slices.Clone(p.params), named), true
	}
}

func (p *property) renameParam(from, to string) {
	if i := p.index(from); i >= 0 {
		p.params, p.changed = slices.Clone(p.params), true
		p.params[i].Name = to
	}
}

// types returns the values of all TYPE parameters. Some writers of 4.0 quote the list: TYPE="work,voice".
func (p *property) types() []string {
	var types []string
	for _, q := range p.params {
		if q.Name != "TYPE" {
			continue
		}
		types = append(types, typesOf(q)...)
	}
	return types
}

// typesOf are those of one TYPE parameter, of which a quoted value may be a list.
func typesOf(q contentline.Param) []string {
	types := make([]string, 0, len(q.Values))
	for _, v := range q.Values {
		types = slices.AppendSeq(types, strings.SplitSeq(v, ","))
	}
	return types
}

// takeType removes the type, in any case, and says whether it was there.
func (p *property) takeType(name string) bool {
	types := p.types()
	had := len(types)
	rest := slices.DeleteFunc(types, func(t string) bool { return strings.EqualFold(t, name) })
	if len(rest) == had {
		return false
	}
	p.setTypes(rest)
	return true
}

func (p *property) addType(name string) {
	types := p.types()
	if !slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, name) }) {
		p.setTypes(append(types, name))
	}
}

// setTypes leaves one TYPE parameter, where the first was.
func (p *property) setTypes(types []string) {
	if len(types) == 0 {
		p.dropParam("TYPE")
		return
	}
	at := p.index("TYPE")
	if at < 0 {
		p.setParam("TYPE", types...)
		return
	}
	kept := slices.Clone(p.params[:at+1])
	kept[at] = contentline.Param{Name: "TYPE", Values: types}
	for _, q := range p.params[at+1:] {
		if q.Name != "TYPE" {
			kept = append(kept, q)
		}
	}
	p.params, p.changed = kept, true
}
