package web

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

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
	path := d.To(groupAddress(d.Group))
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
	Refused    *refusal // why these records cannot be merged like that; nil: they can
}

// Name is what the group is called.
func (c comparison) Name() string { return c.Columns[0].Name }

// Beside is the address of another group, "" for none.
func (c comparison) Beside(id string) string {
	if id == "" {
		return ""
	}
	return c.To(groupAddress(id))
}

// Back is the list.
func (c comparison) Back() string { return c.To(pathDuplicates) }

// Some reports whether records can be left alone.
func (c comparison) Some() bool { return len(c.Records) > 2 }

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
	if c.Banner, err = v.banner(d.search); err != nil {
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
	if !previewed(err) {
		return err
	}
	values := valuesOf(p)
	if r.Choices = values.choices(c.decision); len(r.Choices.Pick)+len(r.Choices.Drop) > 0 {
		if p, err = v.site.Duplicates.Preview(v.ctx(), v.person.Account.ID, r); !previewed(err) {
			return err
		}
	}
	v.table(c, p, values)
	if err != nil {
		return err
	}
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

// previewed reports whether there is a preview: also of what would be too
// large, so that a person sees what to leave out.
func previewed(err error) bool {
	_, large := errors.AsType[*duplicates.TooLarge](err)
	return err == nil || large
}
