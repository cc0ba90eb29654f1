package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
)

// property is one property of the table, with its values.
type property struct {
	Name  string
	Rows  []line
	Was   string // the field that names what is taken unless somebody chooses: only another value is a choice
	Taken string // its value
}

// line is one value and who says it.
type line struct {
	Kind  string // work, mobile, …
	Token string // names the value; "" when it cannot be left out
	Drop  bool
	Cells []cell // of the columns
}

// cell is what one record says.
type cell struct {
	Of      string // name of the record
	Says    bool
	Text    string
	Picture string
	State   string // duplicates.state.<State>; "" for what only the reference says
	Pick    string // name of the choice that it is one of; "" for none
	Token   string
	Picked  bool
}

// Blue reports whether merging adds nothing because of the value.
func (c cell) Blue() bool { return c.State == "identical" || c.State == "same" }

// resultLine is one value of the merged record.
type resultLine struct {
	Name, Kind, Text, Picture string
	Added                     bool
}

// value is one row of a preview by the name that forms give it.
type value struct {
	property string
	token    string
	cells    []dedup.Ref
	standing bool // it is in the result unless somebody chooses otherwise
}

// values are those of a preview.
type values []value

// valuesOf names the values of a preview in which nothing was chosen.
func valuesOf(p duplicates.Preview) values {
	var all values
	seen := map[string]int{}
	for _, f := range p.Fields {
		for _, row := range f.Rows {
			one := value{property: f.Property}
			for _, cell := range row.Cells {
				if cell.State == 0 {
					continue
				}
				one.cells = append(one.cells, cell.At)
				one.standing = one.standing || stands(cell)
				if one.token == "" {
					one.token = token(f.Property, cell.Text, seen)
				}
			}
			all = append(all, one)
		}
	}
	return all
}

// stands reports whether a value is in the result.
func stands(c duplicates.Cell) bool {
	return c.State == dedup.Added || c.At.Card == 0 && (c.State == dedup.OnlyHere || c.State == dedup.Identical)
}

// token names a value by what it says; the second that says the same by that, too.
func token(property, text string, seen map[string]int) string {
	sum := sha256.Sum256([]byte(property + "\x00" + text))
	name := hex.EncodeToString(sum[:6])
	seen[name]++
	if n := seen[name]; n > 1 {
		name = fmt.Sprintf("%s.%d", name, n)
	}
	return name
}

// called reports whether a property is one of those by which people choose a name.
func called(property string) bool { return property == "FN" || property == "N" }

// choices are what of the decision differs from what would be done anyway.
func (all values) choices(d decision) dedup.Choices {
	c := dedup.Choices{Pick: map[string]dedup.Ref{}}
	for _, v := range all {
		if slices.Contains(d.Drops, v.token) && !dedup.Naming(v.property) {
			c.Drop = append(c.Drop, v.cells...)
		}
		if slices.Contains(d.Picks, v.property+" "+v.token) && !v.standing && dedup.One(v.property) {
			property := v.property
			if dedup.Naming(property) {
				property = "N"
			}
			c.Pick[property] = v.cells[0]
		}
	}
	return c
}

// token is the name of a value of any preview of these cards.
func (all values) token(at dedup.Ref) string {
	for _, v := range all {
		if slices.Contains(v.cells, at) {
			return v.token
		}
	}
	return ""
}

// taken is the name of the value of a property that is in the result unless somebody chooses.
func (all values) taken(property string) string {
	for _, v := range all {
		if v.property == property && v.standing {
			return v.token
		}
	}
	return ""
}

// table puts the records side by side.
func (v *visit) table(c *comparison, p duplicates.Preview, names values) {
	for _, f := range p.Fields {
		one := property{Name: v.propertyName(f.Property)}
		choose := f.One && len(f.Rows) > 1 && (called(f.Property) || !dedup.Naming(f.Property))
		for _, row := range f.Rows {
			one.Rows = append(one.Rows, v.line(c, f, row, names, choose))
		}
		if choose {
			one.Rows = beside(one.Rows)
			one.Was, one.Taken = "was-"+f.Property, names.taken(f.Property)
		}
		c.Properties = append(c.Properties, one)
	}
	v.arrange(c, p)
}

// beside puts values that exclude each other on one line, unless a record has
// two of them.
func beside(rows []line) []line {
	one := line{Kind: rows[0].Kind, Cells: slices.Clone(rows[0].Cells)}
	for _, row := range rows[1:] {
		for i, c := range row.Cells {
			switch {
			case !c.Says:
			case one.Cells[i].Says:
				return rows
			default:
				one.Cells[i] = c
			}
		}
	}
	return []line{one}
}

// arrange puts the name first, as it is called. Its parts follow only where it
// is them that a person chooses by.
func (v *visit) arrange(c *comparison, p duplicates.Preview) {
	of := func(name string) int {
		return slices.IndexFunc(p.Fields, func(f duplicates.Field) bool { return f.Property == name })
	}
	fn, n := of("FN"), of("N")
	if fn < 0 {
		return
	}
	name := c.Properties[fn]
	var others []property
	for i, one := range c.Properties {
		if i != fn && (i != n || len(p.Fields[fn].Rows) == 1 && len(p.Fields[n].Rows) > 1) {
			others = append(others, one)
		}
	}
	c.Properties = append([]property{name}, others...)
}

// maxValue bounds what a page shows of one value, in characters.
const maxValue = 400

func (v *visit) line(c *comparison, f duplicates.Field, row duplicates.Row, names values, choose bool) line {
	var l line
	offered := false // one choice for those that say the same
	for i, said := range row.Cells {
		one := cell{Of: c.Columns[i].Name, Says: said.State != 0}
		if one.Says {
			v.say(&one, c.Columns[i], f, said)
			one.Token = names.token(said.At)
			if choose && !offered {
				one.Pick, one.Picked, offered = "pick-"+f.Property, stands(said), true
			}
			if l.Kind == "" {
				l.Kind = v.kindName(said.Types, said.Label)
			}
			if !choose && !dedup.Naming(f.Property) {
				l.Token = one.Token
			}
			l.Drop = l.Drop || said.State == dedup.Dropped
		}
		l.Cells = append(l.Cells, one)
	}
	return l
}

// say writes one value.
func (v *visit) say(one *cell, r contact, f duplicates.Field, said duplicates.Cell) {
	one.Text = clipped(v.valueText(f.Property, ownText(r, said.Value)), maxValue)
	if f.Property == "PHOTO" {
		one.Picture = r.Picture
	}
	if one.Text == "" {
		one.Text = v.propertyName(f.Property)
	}
	if said.State != dedup.OnlyHere {
		one.State = said.State.String()
	}
}

// ownText is what a record says itself: a preview has what the reference will
// say, with the items and notes of the others.
func ownText(r contact, said duplicates.Value) string {
	for _, own := range r.Values {
		if said.At.Card == 0 && own.At.Line == said.At.Line && own.Property == said.Property {
			return own.Text
		}
	}
	return said.Text
}

// united are properties of which the reference says all that there is.
func united(property string) bool {
	return property == "NOTE" || property == "CATEGORIES" || property == "NICKNAME"
}

// result is the merged record, value by value.
func (v *visit) result(c *comparison, p duplicates.Preview) {
	own, grown := map[string]bool{}, map[string]bool{}
	for _, m := range p.Merged {
		own[m.Property] = own[m.Property] || m.At.Card == 0
		grown[m.Property] = grown[m.Property] || m.At.Card != 0 && united(m.Property)
	}
	for _, m := range p.Merged {
		if united(m.Property) && own[m.Property] && m.At.Card != 0 || m.Property == "N" {
			continue
		}
		one := resultLine{Name: v.propertyName(m.Property), Kind: v.kindName(m.Types, m.Label), Text: clipped(v.valueText(m.Property, m.Text), maxValue), Added: m.At.Card != 0 || grown[m.Property]}
		if m.Property == "PHOTO" {
			one.Picture = c.Columns[m.At.Card].Picture
		}
		if one.Text == "" && one.Picture == "" {
			one.Text = v.T("duplicates.there")
		}
		c.Result = append(c.Result, one)
	}
}
