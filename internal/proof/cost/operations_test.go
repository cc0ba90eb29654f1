//go:build unix

package cost_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/contentline"
	"ksync/internal/csvcard"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/internal/vcard"
	"ksync/store"
)

// inMarch is a month, now is where kSync's window begins.
var (
	now     = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	inMarch = ical.Range{Start: now, End: now.AddDate(0, 1, 0)}
	century = ical.Range{Start: now.AddDate(-5, 0, 0), End: now.AddDate(100, 0, 0)}
)

// asked is an operation on a calendar object, which a request reads first.
func asked(name string, ask func(*ical.Object)) operation {
	return operation{name, func(data []byte) {
		if o, err := ical.Parse(data); err == nil {
			ask(o)
		}
	}}
}

func onCalendars() []operation {
	matched := func(f ical.CompFilter) func(*ical.Object) {
		return func(o *ical.Object) {
			ical.CompFilter{Name: "VCALENDAR", Comps: []ical.CompFilter{f}}.Match(o, time.UTC)
		}
	}
	rendered := func(s ical.Selection) func(*ical.Object) {
		return func(o *ical.Object) { _, _ = o.Render(s, time.UTC) } // ErrLimit is an answer, too
	}
	never := contentline.TextMatch{Text: "\u00dfnever", Collation: contentline.UnicodeCasemap}.Keyed()
	negated := contentline.TextMatch{Text: "\u00dfnever", Collation: contentline.UnicodeCasemap, Negate: true}.Keyed()
	return []operation{
		{"lines", func(data []byte) {
			if doc, err := contentline.Parse(data, contentline.Limits{}); err == nil {
				doc.Bytes()
			}
		}},
		{"PUT", func(data []byte) { _, _ = caldav.Kind().Check(&store.Collection{Kind: store.Calendar}, data) }},
		asked("range of kSync", matched(ical.CompFilter{Name: "VEVENT", Range: &ical.Range{Start: now}})),
		asked("range of a month", matched(ical.CompFilter{Name: "VEVENT", Range: &ical.Range{Start: now.AddDate(3000, 0, 0), End: now.AddDate(3000, 1, 0)}})),
		asked("range of alarms", matched(ical.CompFilter{Name: "VEVENT", Comps: []ical.CompFilter{{Name: "VALARM", Range: &ical.Range{Start: now.AddDate(3000, 0, 0)}}}})),
		asked("range of a property", matched(ical.CompFilter{Name: "VEVENT", Props: []ical.PropFilter{
			{Name: "DTEND", Range: &ical.Range{Start: now.AddDate(3000, 0, 0), End: now.AddDate(3000, 1, 0)}}}})),
		asked("100 conditions", matched(ical.CompFilter{Name: "VEVENT", Comps: []ical.CompFilter{{Name: "VNONE", IsNotDefined: true}},
			Props: conditions(99, ical.PropFilter{Name: "NOTE", Text: &negated})})),
		asked("100 conditions of a parameter", matched(ical.CompFilter{Name: "VEVENT",
			Props: []ical.PropFilter{{Name: "NOTE", Params: conditions(99, ical.ParamFilter{Name: "A", IsNotDefined: true})}, {Name: "A", Text: &never}}})),
		asked("100 texts of a parameter", matched(ical.CompFilter{Name: "VEVENT", Props: []ical.PropFilter{
			{Name: "NOTE", Params: conditions(99, ical.ParamFilter{Name: "A", Text: &negated})}}})),
		asked("100 ranges", matched(ical.CompFilter{Name: "VEVENT", Props: conditions(99, ical.PropFilter{Name: "DTSTART", Range: &century})})),
		asked("instances", func(o *ical.Object) {
			for range o.Instances(century, time.UTC, ical.Limits{}) {
				continue
			}
		}),
		asked("expand a month", rendered(ical.Selection{Expand: &inMarch})),
		asked("expand a century", rendered(ical.Selection{Expand: &century})),
		asked("limit-recurrence-set", rendered(ical.Selection{LimitRecurrence: &inMarch})),
		asked("limit-freebusy-set", rendered(ical.Selection{LimitFreeBusy: &inMarch})),
		asked("select", rendered(ical.Selection{Comp: &ical.CompSelect{Name: "VCALENDAR", Comps: []ical.CompSelect{
			{Name: "VEVENT", Props: []ical.PropSelect{{Name: "NOTE", NoValue: true}, {Name: "A", NoValue: true}}}}}})),
		asked("free-busy", func(o *ical.Object) { _, _ = o.FreeBusy(century, time.UTC) }),
		{"zone", func(data []byte) { _, _, _ = ical.ParseZone(data) }},
		{"jCal and back", func(data []byte) {
			if json, err := ical.ToJCal(data); err == nil {
				_, _ = ical.FromJCal(json)
			}
		}},
		{"split", func(data []byte) { _, _ = ical.Split(data) }},
		{"merge", func(data []byte) {
			if m, err := ical.NewMerger(io.Discard, ical.Head{}); err == nil {
				_ = m.Add(data)
			}
		}},
	}
}

// conditions are n of one kind, or as many as a filter may have.
func conditions[F any](n int, f F) (list []F) {
	for range n {
		list = append(list, f)
	}
	return list
}

func onCards() []operation {
	asked := func(name string, ask func(*vcard.Card)) operation {
		return operation{name, func(data []byte) {
			if c, err := vcard.Parse(data); err == nil {
				ask(c)
			}
		}}
	}
	never := contentline.TextMatch{Text: "\u00dfnever", Collation: contentline.UnicodeCasemap}.Keyed()
	return []operation{
		{"PUT", func(data []byte) { _, _ = carddav.Kind().Check(&store.Collection{Kind: store.AddressBook}, data) }},
		asked("as 3.0", func(c *vcard.Card) { c.Serve(vcard.V3) }),
		asked("as 4.0", func(c *vcard.Card) { c.Serve(vcard.V4) }),
		asked("100 conditions", func(c *vcard.Card) {
			vcard.Filter{Props: conditions(100, vcard.PropFilter{Name: "NOTE", Texts: []contentline.TextMatch{never}})}.Match(c)
		}),
		asked("100 texts of one property", func(c *vcard.Card) {
			vcard.Filter{Props: []vcard.PropFilter{{Name: "NOTE", Texts: conditions(99, never)}}}.Match(c)
		}),
		asked("100 parameters of one property", func(c *vcard.Card) {
			vcard.Filter{Props: []vcard.PropFilter{{Name: "TEL", Params: conditions(99, vcard.ParamFilter{Name: "TYPE", Text: &never})}}}.Match(c)
		}),
		asked("100 texts of a parameter", func(c *vcard.Card) {
			vcard.Filter{Props: []vcard.PropFilter{{Name: "NOTE", Params: conditions(99, vcard.ParamFilter{Name: "A", Text: &never})}}}.Match(c)
		}),
		asked("select", func(c *vcard.Card) { c.Select([]vcard.PropSelect{{Name: "NOTE", NoValue: true}, {Name: "g.NOTE"}}) }),
		asked("jCard and back", func(c *vcard.Card) {
			if json, err := vcard.ToJCard(c.Serve(vcard.V4)); err == nil {
				_, _ = vcard.FromJCard(json)
			}
		}),
		{"split", func(data []byte) { _, _ = vcard.Split(data) }},
		{"join", func(data []byte) { _ = vcard.Join(io.Discard, data) }},
	}
}

func onDocuments() []operation {
	filter := func(k *dav.Kind) func([]byte) {
		return func(data []byte) {
			if e, err := davxml.Read(bytes.NewReader(data), davxml.DefaultLimits); err == nil {
				_, _ = k.Filter(&store.Collection{Kind: k.Store}, e)
			}
		}
	}
	return []operation{
		{"properties", func(data []byte) {
			e, err := davxml.Read(bytes.NewReader(data), davxml.DefaultLimits)
			for level := 0; err == nil && e != nil && level < 40; level++ {
				for _, c := range e.Children[:min(len(e.Children), 100_000)] {
					c.Raw()
				}
				if len(e.Children) != 1 {
					return
				}
				e = e.Children[0]
			}
		}},
		{"calendar-query", filter(caldav.Kind())},
		{"addressbook-query", filter(carddav.Kind())},
	}
}

func onJSONs() []operation {
	return []operation{
		{"jCal", func(data []byte) {
			if text, err := ical.FromJCal(data); err == nil {
				_, _ = ical.Parse(text)
			}
		}},
		{"jCard", func(data []byte) {
			if text, err := vcard.FromJCard(data); err == nil {
				_, _ = vcard.Parse(text)
			}
		}},
		{"jCard of a calendar's form", func(data []byte) {
			_, _ = vcard.FromJCard([]byte(strings.Replace(string(data), "vcalendar", "vcard", 1)))
		}},
	}
}

func onTables() []operation {
	return []operation{{"import", func(data []byte) {
		t, err := csvcard.Read(data)
		if err != nil {
			return
		}
		for c := range t.Cards() {
			_ = fmt.Sprint(c.Line)
		}
	}}}
}
