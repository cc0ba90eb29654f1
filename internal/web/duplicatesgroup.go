package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
	"ksync/store"
)

// decision is what a person chose for a group: in the address of its page while
// they look, in the form when they merge.
type decision struct {
	search
	Group     string
	Reference int      // place in the group; -1: none chosen yet
	Out       []int    // places of the records that are left alone
	Picks     []string // "<property> <value>", of what has one value
	Drops     []string // values
}

// decision reads it. Values are named by what they say, so a choice holds when
// another record becomes the reference, or one is changed elsewhere; one that
// names nothing any more means nothing.
func (v *visit) decision() decision {
	values := v.r.Form
	d := decision{search: v.search(), Group: v.param("id"), Reference: -1, Drops: values["drop"]}
	if n, err := strconv.Atoi(values.Get("reference")); err == nil && n >= 0 {
		d.Reference = n
	}
	for _, out := range values["out"] {
		if n, err := strconv.Atoi(out); err == nil && n != d.Reference {
			d.Out = append(d.Out, n)
		}
	}
	for name, value := range values {
		if property, ok := strings.CutPrefix(name, "pick-"); ok && value[0] != values.Get("was-"+property) {
			d.Picks = append(d.Picks, property+" "+value[0])
		}
	}
	slices.Sort(d.Picks)
	return d
}

// maxAddress bounds an address; what does not fit is shown without one.
const maxAddress = 4000

// address is the page that shows the decision.
func (d decision) address() string {
	more := url.Values{"drop": d.Drops, "reference": {strconv.Itoa(d.Reference)}}
	for _, n := range d.Out {
		more.Add("out", strconv.Itoa(n))
	}
	for _, p := range d.Picks {
		property, value, _ := strings.Cut(p, " ")
		more.Set("pick-"+property, value)
	}
	path := d.To(pathGroups + "/" + d.Group)
	if strings.Contains(path, "?") {
		return path + "&" + more.Encode()
	}
	return path + "?" + more.Encode()
}

// comparison is what the page of a group shows.
type comparison struct {
	decision
	How        string // how sure it is: duplicates.lane.<How>
	Around     duplicates.Around
	Records    []contact // of the group
	Columns    []contact // those that are compared: the reference first
	Reasons    []reason
	Properties []property
	Result     []resultLine
	Touched    []string
	Warnings   []string
	Before     bool // it was hidden before
	CameBack   bool
	Banner     *banner
	Calm       bool     // nothing was chosen yet: the heading has the focus
	Refused    *refusal // why these records cannot be merged, not even in a preview; nil: they can
}

// Name is what the group is called.
func (c comparison) Name() string { return c.Columns[0].Name }

// Beside is the address of another group, "" for none.
func (c comparison) Beside(id string) string {
	if id == "" {
		return ""
	}
	return c.To(pathGroups + "/" + id)
}

// Back is the list.
func (c comparison) Back() string { return c.To(pathDuplicates) }

// Some reports whether records can be left alone.
func (c comparison) Some() bool { return len(c.Records) > 2 }

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

func groupPage(v *visit) error {
	d := v.decision()
	c, err := v.compare(d)
	if errors.Is(err, store.ErrNotFound) {
		return v.noGroup(d)
	}
	if err != nil {
		return err
	}
	if r := c.Refused; r != nil {
		v.wrong("", r.key, r.values...)
		return v.show(r.status, "duplicates-group", c)
	}
	return v.page("duplicates-group", c)
}

// noGroup leads to the list: the group was merged or hidden elsewhere, or one of
// its cards is another one now.
func (v *visit) noGroup(d decision) error {
	told := []string{"merged", v.r.Form.Get("merged"), "hidden", v.r.Form.Get("hidden"), "undone", v.r.Form.Get("undone")}
	path := d.To(pathDuplicates, told...)
	if path != d.To(pathDuplicates) {
		return v.to(path)
	}
	return v.noted(path, "done.duplicates-gone")
}

// compare makes the page of a group as it is now.
func (v *visit) compare(d decision) (*comparison, error) {
	account := v.person.Account.ID
	g, err := v.site.Duplicates.Group(v.ctx(), account, d.Group)
	if err != nil {
		return nil, err
	}
	books, err := v.addressBooks()
	if err != nil {
		return nil, err
	}
	c := &comparison{decision: d, How: g.Lane.String(), Reasons: v.reasons(g), Before: g.HiddenBefore, CameBack: g.CameBack}
	c.settle(g)
	for i, m := range g.Members {
		r := v.contact(i, m, books)
		r.Reference, r.Suggested, r.Out = i == c.Reference, i == g.Reference, slices.Contains(c.Out, i)
		c.Records = append(c.Records, r)
	}
	request, order := c.request(refsOf(g.Members))
	for _, i := range order {
		c.Columns = append(c.Columns, c.Records[i])
	}
	if err := v.fill(c, request); err != nil {
		r, ok := v.refusalOf(err)
		if !ok {
			return nil, err
		}
		c.Refused = &r
	}
	if c.Around, err = v.site.Duplicates.Around(v.ctx(), account, d.query(), d.Group); err != nil {
		return nil, err
	}
	if c.Banner, err = v.banner(d.search, ""); err != nil {
		return nil, err
	}
	return c, v.nameForm()
}

// settle puts what was not chosen, or cannot be meant, in order.
func (c *comparison) settle(g duplicates.Group) {
	c.Calm = c.Reference < 0
	if c.Reference < 0 || c.Reference >= len(g.Members) {
		c.Reference = g.Reference
	}
	c.Out = slices.DeleteFunc(c.Out, func(n int) bool { return n == c.Reference || n < 0 || n >= len(g.Members) })
	slices.Sort(c.Out)
	c.Out = slices.Compact(c.Out)
	if len(g.Members)-len(c.Out) < 2 {
		c.Out = nil
	}
}

func refsOf(members []duplicates.Member) []duplicates.Ref {
	refs := make([]duplicates.Ref, len(members))
	for i, m := range members {
		refs[i] = m.Ref
	}
	return refs
}

// request is the merge that the decision asks for, without choices of values,
// and which places its cards have in the group.
func (d decision) request(cards []duplicates.Ref) (duplicates.Request, []int) {
	r := duplicates.Request{Reference: cards[d.Reference]}
	order := []int{d.Reference}
	for i, c := range cards {
		if i != d.Reference && !slices.Contains(d.Out, i) {
			r.Duplicates = append(r.Duplicates, c)
			order = append(order, i)
		}
	}
	return r, order
}

// fill works out what the merge would do.
func (v *visit) fill(c *comparison, r duplicates.Request) error {
	p, err := v.site.Duplicates.Preview(v.ctx(), v.person.Account.ID, r)
	if err != nil {
		return err
	}
	values := valuesOf(p)
	if r.Choices = values.choices(c.decision); len(r.Choices.Pick)+len(r.Choices.Drop) > 0 {
		if p, err = v.site.Duplicates.Preview(v.ctx(), v.person.Account.ID, r); err != nil {
			return err
		}
	}
	v.table(c, p, values)
	v.result(c, p)
	for _, m := range p.Touched {
		c.Touched = append(c.Touched, clipped(m.Name, maxText))
	}
	for _, w := range p.Warnings {
		if w.Kind == duplicates.WarnNoName && len(r.Choices.Pick) > 0 || w.Kind == duplicates.WarnShared {
			continue // the name was chosen; a UID says nothing to a person
		}
		c.Warnings = append(c.Warnings, v.T("duplicates.warning."+strings.ReplaceAll(string(w.Kind), "_", "-"), "Detail", clipped(w.Detail, maxText)))
	}
	return nil
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
	own := map[string]bool{}
	for _, m := range p.Merged {
		own[m.Property] = own[m.Property] || m.At.Card == 0
	}
	for _, m := range p.Merged {
		if united(m.Property) && own[m.Property] && m.At.Card != 0 || m.Property == "N" {
			continue
		}
		one := resultLine{Name: v.propertyName(m.Property), Kind: v.kindName(m.Types, m.Label), Text: clipped(v.valueText(m.Property, m.Text), maxValue), Added: m.At.Card != 0}
		if m.Property == "PHOTO" {
			one.Picture = c.Columns[m.At.Card].Picture
		}
		if one.Text == "" && one.Picture == "" {
			one.Text = v.T("duplicates.there")
		}
		c.Result = append(c.Result, one)
	}
}
