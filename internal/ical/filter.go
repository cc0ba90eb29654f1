package ical

import (
	"slices"
	"strings"
	"time"

	"ksync/internal/contentline"
)

// Range is a time range, RFC 4791 §9.9; a zero end is open.
type Range struct{ Start, End time.Time }

// CompFilter is RFC 4791 §9.7.1. All its conditions must hold for one component.
type CompFilter struct {
	Name         string
	IsNotDefined bool
	Range        *Range
	Props        []PropFilter
	Comps        []CompFilter
}

// PropFilter is RFC 4791 §9.7.2. Its conditions must hold for one property.
type PropFilter struct {
	Name         string
	IsNotDefined bool
	Range        *Range
	Text         *contentline.TextMatch
	Params       []ParamFilter
}

// ParamFilter is RFC 4791 §9.7.3.
type ParamFilter struct {
	Name         string
	IsNotDefined bool
	Text         *contentline.TextMatch
}

// Match reports whether an object passes f, which is the filter of VCALENDAR. Floating
// times and dates are read in the given location (RFC 4791 §7.3), UTC if nil. Where a
// limit ends the search, or a time cannot be read, it matches: clients delete what is
// not listed.
func (f CompFilter) Match(o *Object, floating *time.Location) bool {
	if !f.ofCalendar() {
		return false
	}
	return o.query(floating).calendar(&f, o.Calendar)
}

// Matcher returns what tells of stored objects, one after another, whether they pass f.
// It says what Match says of the whole object, without reading what f does not ask for;
// and no to what is no calendar.
func (f CompFilter) Matcher(floating *time.Location) func(object string) bool {
	names := contentline.Names{}
	if !f.addNames(names) {
		return func(object string) bool {
			o, err := Parse([]byte(object))
			return err == nil && f.Match(o, floating)
		}
	}
	if !f.ofCalendar() {
		return func(string) bool { return false }
	}
	reader := contentline.NewReader(contentline.Limits{}, names)
	q := &query{series: &series{}, texts: contentline.Texts{Few: true}} // without a range nothing is asked of times
	return func(object string) bool {
		doc, err := reader.Read(object)
		if err != nil {
			return false
		}
		q.texts.Reset()
		calendar := doc.Sole("VCALENDAR")
		return calendar != nil && q.calendar(&f, calendar)
	}
}

func (f *CompFilter) ofCalendar() bool {
	return strings.EqualFold(f.Name, "VCALENDAR") && !f.IsNotDefined
}

func (q *query) calendar(f *CompFilter, calendar *contentline.Component) bool {
	return q.properties(f.Props, calendar, nil) && q.components(f.Comps, calendar, nil)
}

// addNames adds the properties that f asks for. It says no where a range asks for times.
func (f CompFilter) addNames(names contentline.Names) bool {
	if f.Range != nil {
		return false
	}
	for _, p := range f.Props {
		if p.Range != nil {
			return false
		}
		names[contentline.UpperName(p.Name)] = true
	}
	return !slices.ContainsFunc(f.Comps, func(c CompFilter) bool { return !c.addNames(names) })
}

// Match on the objects of a query's components: every filter needs a component that
// passes, or none of that name for is-not-defined.
func (q *query) components(filters []CompFilter, parent *contentline.Component, e *entry) bool {
	for i := range filters {
		if !q.some(&filters[i], parent, e) {
			return false
		}
	}
	return true
}

func (q *query) some(f *CompFilter, parent *contentline.Component, e *entry) bool {
	for c := range parent.Components() {
		if !strings.EqualFold(c.Name, f.Name) {
			continue
		}
		if f.IsNotDefined {
			return false
		}
		if q.component(f, c, e) {
			return true
		}
	}
	return f.IsNotDefined
}

// component decides on one component; e is the entry that it is inside of, if any.
func (q *query) component(f *CompFilter, c *contentline.Component, parent *entry) bool {
	e := q.byComp[c]
	if e == nil {
		e = parent
	}
	if !q.properties(f.Props, c, e) || !q.components(f.Comps, c, e) {
		return false
	}
	return f.Range == nil || q.inRange(c, e, f.Range.bounds())
}

// inRange: RFC 4791 §9.9. It leaves undefined what a range means for components
// other than these: no condition.
func (q *query) inRange(c *contentline.Component, e *entry, r interval) bool {
	switch c.Name {
	case "VEVENT", "VTODO", "VJOURNAL":
		return e == nil || q.touches(e, r, (*instance).interval)
	case "VFREEBUSY":
		return e == nil || q.busy(e, r)
	case "VALARM":
		return e == nil || q.alarm(c, e, r)
	}
	return true
}

// touches reports whether any instance of an entry, seen as an interval, overlaps.
func (q *query) touches(e *entry, r interval, view func(*instance) interval) bool {
	if !e.set.start.ok() {
		return q.undated(e).overlaps(r)
	}
	for in := range q.instances(e, r.window()) {
		if view(&in).overlaps(r) {
			return true
		}
	}
	return q.work.spent() || e.set.incomplete && !e.hasRID || q.possible(e).overlaps(r)
}

// instances walks those of one entry: of an override its own, and the ones that follow
// it when its RANGE says so.
func (q *query) instances(e *entry, win window) func(func(instance) bool) {
	return func(yield func(instance) bool) {
		if e.hasRID && !yield(q.single(e)) || e.hasRID && !e.following {
			return
		}
		for _, m := range q.entries {
			if m.hasRID || !e.following && m != e {
				continue
			}
			for in := range q.generated(m, win) {
				if in.entry == e && !yield(in) {
					return
				}
			}
		}
	}
}

// busy: the rows of VFREEBUSY.
func (q *query) busy(e *entry, r interval) bool {
	if e.set.start.ok() && e.end.ok() {
		return q.touches(e, r, (*instance).interval)
	}
	periods, all := q.busyPeriods(e.comp)
	return !all || slices.ContainsFunc(periods, func(p interval) bool { return p.overlaps(r) })
}

func (q *query) properties(filters []PropFilter, c *contentline.Component, e *entry) bool {
	for i := range filters {
		if !q.property(&filters[i], c, e) {
			return false
		}
	}
	return true
}

func (q *query) property(f *PropFilter, c *contentline.Component, e *entry) bool {
	name := contentline.UpperName(f.Name)
	if f.Range != nil {
		return !f.IsNotDefined && q.propertyInRange(f, name, c, e)
	}
	for l := range c.Lines() {
		if l.Name == name && (f.IsNotDefined || q.passes(f, l)) {
			return !f.IsNotDefined
		}
	}
	return f.IsNotDefined
}

// passes decides on one property.
func (q *query) passes(f *PropFilter, l *contentline.Line) bool {
	if f.Text != nil && !f.Text.MatchText(q.texts.Value(l, text)) {
		return false
	}
	for i := range f.Params {
		if !q.paramPasses(&f.Params[i], l) {
			return false
		}
	}
	return true
}

// text is what a line says.
func text(l *contentline.Line) string { return contentline.Unescape(l.Value) }

// paramPasses looks for a text in any of the values; a negated one must be in none of them, as in vcard.
func (q *query) paramPasses(f *ParamFilter, l *contentline.Line) bool {
	name := contentline.UpperName(f.Name)
	_, defined := l.Param(name)
	if f.IsNotDefined || !defined {
		return f.IsNotDefined && !defined
	}
	if f.Text == nil {
		return true
	}
	for i, v := range l.ParamValues(name) {
		if f.Text.MatchText(q.texts.Param(l, name, i, v)) != f.Text.Negate {
			return !f.Text.Negate
		}
	}
	return f.Text.Negate
}

// propertyInRange: RFC 4791 §9.9: the start, end and due date are those of every
// instance, and the effective ones where DURATION stands for the end.
func (q *query) propertyInRange(f *PropFilter, name string, c *contentline.Component, e *entry) bool {
	r := f.Range.bounds()
	dated := e != nil && e.comp == c && e.set.start.ok()
	switch {
	case dated && name == "DTSTART" && !e.due:
		return q.passing(f, name, c) && q.touches(e, r, (*instance).startPoint)
	case dated && name == endName(c.Name) && (e.end.ok() || e.hasSpan):
		return (c.First(name) == nil || q.passing(f, name, c)) && q.touches(e, r, (*instance).endPoint)
	}
	zones := &reader{zones: q.zones}
	for l := range c.Lines() {
		if l.Name != name || !q.passes(f, l) {
			continue
		}
		if m := zones.moment(l); m.ok() && point(m.instant(q.floating)*1000, m.kind).overlaps(r) {
			return true
		}
	}
	return false
}

// passing says that some property of the name passes text and parameter conditions.
func (q *query) passing(f *PropFilter, name string, c *contentline.Component) bool {
	for l := range c.Lines() {
		if l.Name == name && q.passes(f, l) {
			return true
		}
	}
	return false
}

func (in *instance) startPoint() interval { return point(millis(in.start), in.set.start.kind) }

func (in *instance) endPoint() interval { return point(millis(in.end), in.set.start.kind) }

// point: start <= date-time and end > date-time; a date is its day.
func point(at int64, k kind) interval {
	if k == dateKind {
		return interval{at, at + 1000*secondsPerDay}
	}
	return interval{at, at + 1}
}
