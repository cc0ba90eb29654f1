package dav

import (
	"bytes"
	"io"
	"maps"
	"slices"

	"ksync/internal/davxml"
	"ksync/store"
)

// Prop is one live property: a row of a level's table.
type Prop struct {
	Name davxml.Name

	// Get writes the content of the property, and says false if this resource has
	// no such property.
	Get func(*davxml.Writer, *Resource) bool

	// Ask makes the Get of a property that takes arguments from the element in
	// the request (calendar-data, address-data).
	Ask func(*davxml.Element) (func(*davxml.Writer, *Resource) bool, error)

	// Set changes the collection; nil is a protected property. The element is nil
	// to remove the property.
	Set func(*store.Collection, *davxml.Element) error

	// Once takes the place of Set when the collection is made.
	Once func(*store.Collection, *davxml.Element) error

	// Attributes tells that clients hang attributes on the element, which are
	// then kept beside the value: Apple's symbolic-color, xml:lang of a text.
	Attributes bool

	// Whole tells that Get writes the element itself, as one with attributes needs.
	Whole bool

	All   bool // in DAV:allprop (RFC 4918 §9.1: those of RFC 4918 itself)
	Needs Needs
}

// Needs is what has to be loaded for a property.
type Needs uint8

// What is not loaded with every resource.
const (
	Bytes   Needs = 1 << iota // the object's bytes
	Dead                      // dead properties
	Usage                     // what the account holds
	Members                   // the collections of a home
	Row                       // what the store keeps of an object beside its name, ETag, size and bytes
)

// table is the properties of one level, of one kind.
type table struct {
	rows  []Prop
	index map[davxml.Name]int
}

type tableKey struct {
	level Level
	kind  *Kind
}

func newTable(parts ...[]Prop) *table {
	t := &table{index: map[davxml.Name]int{}}
	for _, rows := range parts {
		for _, row := range rows {
			t.index[row.Name] = len(t.rows)
			t.rows = append(t.rows, row)
		}
	}
	return t
}

func (t *table) find(n davxml.Name) *Prop {
	if i, ok := t.index[n]; ok {
		return &t.rows[i]
	}
	return nil
}

func (e *Engine) allTables() map[tableKey]*table {
	tables := map[tableKey]*table{
		{Root, nil}:      newTable(commonProps, rootProps),
		{Container, nil}: newTable(commonProps, rootProps),
		{Principal, nil}: newTable(commonProps, principalProps, e.homeSets()),
	}
	for _, k := range e.kinds {
		tables[tableKey{Container, k}] = newTable(commonProps, rootProps)
		tables[tableKey{Home, k}] = newTable(commonProps, quotaProps, homeProps, k.HomeProps)
		tables[tableKey{Collection, k}] = newTable(commonProps, quotaProps, collectionProps, k.CollectionProps)
		tables[tableKey{Object, k}] = newTable(commonProps, objectProps, k.ObjectProps)
	}
	return tables
}

// homeSets are one property a kind, each with exactly one href: of several,
// Apple takes any one (clients.md 4.2).
func (e *Engine) homeSets() []Prop {
	var rows []Prop
	for _, k := range e.kinds {
		rows = append(rows, Prop{Name: k.HomeSet, Get: func(w *davxml.Writer, r *Resource) bool {
			home := Target{Level: Home, Kind: k, Account: r.Account}
			if !r.Actor().may(Read, home, nil) {
				return false
			}
			w.Href(home.Href())
			return true
		}})
	}
	return rows
}

func (r *Resource) table() *table {
	return r.q.engine.tables[tableKey{r.Level, r.Kind}]
}

// mode is the kind of a PROPFIND (RFC 4918 §9.1).
type mode uint8

const (
	named   mode = iota // DAV:prop
	allProp             // DAV:allprop, with DAV:include
	namesOnly
)

// plan is a request for properties, made ready once for all the resources it
// will be answered for.
type plan struct {
	mode      mode
	asked     []*davxml.Element                               // DAV:prop, or DAV:include
	minimal   bool                                            // leave out what was not found (RFC 8144 §2.1)
	noRoot    bool                                            // leave out the resource asked (RFC 8144 §4)
	noObjects bool                                            // members of collections are not told
	nested    map[davxml.Name]func(*davxml.Writer, *Resource) // expand-property: content in place of the row's
	ready     map[tableKey]*selection
}

// selection is a plan applied to one table.
type selection struct {
	rows    []selected
	unknown []davxml.Name // dead properties, if anything
	all     bool          // every dead property
	needs   Needs
}

type selected struct {
	name  davxml.Name
	get   func(*davxml.Writer, *Resource) bool
	whole bool
}

// on applies the plan to a resource's table.
func (p *plan) on(r *Resource) (*selection, error) {
	key := tableKey{r.Level, r.Kind}
	if s := p.ready[key]; s != nil {
		return s, nil
	}
	s, err := p.choose(r.table())
	if err != nil {
		return nil, err
	}
	if p.ready == nil {
		p.ready = map[tableKey]*selection{}
	}
	p.ready[key] = s
	return s, nil
}

func (p *plan) choose(t *table) (*selection, error) {
	s := &selection{}
	if p.mode != named {
		s.all, s.needs = true, Dead
		for i := range t.rows {
			row := &t.rows[i]
			// What takes arguments is no property (RFC 4791 §9.6).
			if row.Get != nil && (row.All || p.mode == namesOnly && row.Ask == nil) {
				s.add(row, row.Get)
			}
		}
	}
	for _, asked := range p.asked {
		if err := s.ask(t, asked); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *selection) ask(t *table, asked *davxml.Element) error {
	row := t.find(asked.Name)
	switch {
	case row == nil:
		s.unknown = append(s.unknown, asked.Name)
		s.needs |= Dead
	case row.Ask != nil:
		get, err := row.Ask(asked)
		if err != nil {
			return err
		}
		s.add(row, get)
	default:
		s.add(row, row.Get)
	}
	return nil
}

// add keeps the first of several requests for one property.
func (s *selection) add(row *Prop, get func(*davxml.Writer, *Resource) bool) {
	for _, have := range s.rows {
		if have.name == row.Name {
			return
		}
	}
	s.rows = append(s.rows, selected{row.Name, get, row.Whole})
	s.needs |= row.Needs
}

// write answers for one resource.
func (p *plan) write(m *davxml.Multistatus, r *Resource) error {
	s, err := p.on(r)
	if err != nil {
		return err
	}
	return m.Response(r.Href(), func(w *davxml.Writer) []davxml.Propstat {
		return p.fill(w, s, r)
	})
}

// fill writes the properties that are there, and tells those that are not.
func (p *plan) fill(w *davxml.Writer, s *selection, r *Resource) (others []davxml.Propstat) {
	var missing []davxml.Name
	for _, row := range s.rows {
		if p.value(w, row, r) {
			continue
		}
		if r.refused == (davxml.Condition{}) {
			missing = append(missing, row.name)
			continue
		}
		others = append(others, davxml.Propstat{Cond: r.refused, Names: []davxml.Name{row.name}})
		r.refused = davxml.Condition{}
	}
	for _, name := range s.unknown {
		if markup := r.Dead(name); markup != "" {
			w.Raw(markup)
		} else {
			missing = append(missing, name)
		}
	}
	if s.all {
		r.writeDead(w, p.mode == namesOnly)
	}
	if p.minimal {
		return others
	}
	return append(others, davxml.Propstat{Cond: davxml.NotFound, Names: missing})
}

func (p *plan) value(w *davxml.Writer, row selected, r *Resource) bool {
	if p.mode == namesOnly {
		scratch := davxml.NewWriter(io.Discard)
		if row.get == nil || !row.get(scratch, r) {
			return true // not told, and not missed either
		}
		w.Empty(row.name)
		return true
	}
	if expand := p.nested[row.name]; expand != nil && row.get != nil {
		return w.Property(row.name, func(w *davxml.Writer) bool { expand(w, r); return true })
	}
	if r.writeKept(w, row.name) {
		return true
	}
	if row.whole {
		return row.get(w, r)
	}
	return row.get != nil && w.Property(row.name, func(w *davxml.Writer) bool { return row.get(w, r) })
}

// writeDead writes the dead properties that no row of the table stands for.
func (r *Resource) writeDead(w *davxml.Writer, namesOnly bool) {
	for _, name := range slices.Sorted(maps.Keys(r.dead)) {
		n := davxml.FromClark(name)
		switch {
		case r.table().find(n) != nil:
		case namesOnly:
			w.Empty(n)
		default:
			w.Raw(r.dead[name])
		}
	}
}

// writeKept writes a live property as the client wrote it, attributes and all,
// unless its value has been changed since by other means than PROPPATCH.
func (r *Resource) writeKept(w *davxml.Writer, n davxml.Name) bool {
	if len(r.dead) == 0 {
		return false
	}
	row, markup := r.table().find(n), r.Dead(n)
	if row == nil || !row.Attributes || markup == "" || !r.says(row, davxml.TextOf(markup)) {
		return false
	}
	w.Raw(markup)
	return true
}

// says tells whether a property has that text now.
func (r *Resource) says(row *Prop, text string) bool {
	var now, then bytes.Buffer
	a, b := davxml.NewWriter(&now), davxml.NewWriter(&then)
	row.Get(a, r)
	b.Text(text)
	return a.Flush() == nil && b.Flush() == nil && bytes.Equal(now.Bytes(), then.Bytes())
}
