package ical

import (
	"crypto/sha256"
	"io"
	"strconv"
	"strings"

	"ksync/internal/contentline"
)

// Head is what a calendar says of itself.
type Head struct {
	ProdID string
	Name   string // "" for none
	Color  string // "" for none
}

// lines are the properties of a calendar. NAME is RFC 7986 §5.1, and nobody reads it; X-WR-CALNAME everybody does.
func (h Head) lines() []*contentline.Line {
	lines := []*contentline.Line{contentline.New("", "VERSION", "2.0"), contentline.New("", "PRODID", contentline.Escape(h.ProdID))}
	for _, l := range []struct{ name, value string }{{"NAME", h.Name}, {"X-WR-CALNAME", h.Name}, {"X-APPLE-CALENDAR-COLOR", h.Color}} {
		if l.value != "" {
			lines = append(lines, contentline.New("", l.name, contentline.Escape(l.value)))
		}
	}
	return lines
}

// Merger writes many calendar objects as one calendar (RFC 5545 §3.4): each component byte for byte, each time zone
// once, before the first component that needs it. What belongs to the calendars that objects came in (METHOD, CALSCALE,
// names) is left out. Memory grows with the number of time zones alone.
//
// Objects that mean another zone by the same TZID would move if they shared one. Where the TZID is a name that says all,
// the definitions that clients write along differ only in how far back they go, and the first will do; any other zone
// gets a TZID of its own, which is the only thing that is ever changed.
type Merger struct {
	w     io.Writer
	zones map[definition]string // the TZID that a definition has here
	taken map[string]int        // TZIDs, each with the number that was last tried for another zone of that name
}

type definition struct {
	id     string
	digest [sha256.Size]byte
}

// NewMerger writes the beginning of the calendar. Nothing is buffered.
func NewMerger(w io.Writer, head Head) (*Merger, error) {
	m := &Merger{w: w, zones: map[definition]string{}, taken: map[string]int{}}
	text := []byte("BEGIN:VCALENDAR\r\n")
	for _, l := range head.lines() {
		text = append(text, l.Raw()...)
	}
	_, err := w.Write(text)
	return m, err
}

// Add writes the components of one calendar object. For a text that cannot be read it writes nothing and fails with an
// *Error or ErrLimit; every other error is that of the writer.
func (m *Merger) Add(data []byte) error {
	doc, err := parseDocument(data)
	if err != nil {
		return err
	}
	for _, c := range doc.Components() {
		if c.Name != "VCALENDAR" {
			continue
		}
		if err := m.join(c); err != nil {
			return err
		}
	}
	return nil
}

// End closes the calendar.
func (m *Merger) End() error {
	_, err := io.WriteString(m.w, "END:VCALENDAR\r\n")
	return err
}

func (m *Merger) join(calendar *contentline.Component) error {
	names, fresh := m.place(calendar)
	rename(calendar, names)
	for _, zone := range fresh {
		if err := writeComponent(m.w, zone); err != nil {
			return err
		}
	}
	for c := range calendar.Components() {
		if c.Name == "VTIMEZONE" {
			continue
		}
		if err := writeComponent(m.w, c); err != nil {
			return err
		}
	}
	return nil
}

// place gives the TZID that each of the calendar's zones has from now on, and the zones that are not written yet.
func (m *Merger) place(calendar *contentline.Component) (names map[string]string, fresh []*contentline.Component) {
	names = map[string]string{}
	zones := calendarZones(calendar)
	for _, zone := range zones {
		names[zoneID(zone)] = ""
	}
	for _, zone := range zones {
		id := zoneID(zone)
		if names[id] != "" {
			continue // the first of two counts
		}
		to, known := m.find(definition{id, sha256.Sum256(zone.Bytes())}, names)
		names[id] = to
		if known {
			continue
		}
		if to != id {
			zone.First("TZID").SetValue(to)
		}
		fresh = append(fresh, zone)
	}
	return names, fresh
}

// find gives a zone's TZID here, and says whether the zone is written already. A new one gets no TZID that another zone
// of its calendar has.
func (m *Merger) find(d definition, siblings map[string]string) (to string, known bool) {
	tried, taken := m.taken[d.id]
	if taken && named(d.id) != nil {
		return d.id, true
	}
	if to, known = m.zones[d]; known {
		return to, true
	}
	for to, tried = d.id, max(tried, 1); taken; {
		tried++
		to = d.id + "-" + strconv.Itoa(tried)
		_, taken = m.taken[to]
		_, sibling := siblings[to]
		taken = taken || sibling
	}
	m.taken[to] = max(m.taken[to], 1)
	m.taken[d.id] = tried
	m.zones[d] = to
	return to, false
}

// calendarZones leaves out those without a TZID, to which nothing can refer.
func calendarZones(calendar *contentline.Component) (zones []*contentline.Component) {
	for c := range calendar.Components() {
		if c.Name == "VTIMEZONE" && zoneID(c) != "" {
			zones = append(zones, c)
		}
	}
	return zones
}

func zoneID(zone *contentline.Component) string {
	if l := zone.First("TZID"); l != nil {
		return strings.TrimSpace(l.Value)
	}
	return ""
}

// rename makes times refer to the zones' new names.
func rename(c *contentline.Component, names map[string]string) {
	for l := range c.Lines() {
		id, ok := l.Param("TZID")
		if id = strings.TrimSpace(id); ok && names[id] != "" && names[id] != id {
			l.SetParam("TZID", names[id])
		}
	}
	for inner := range c.Components() {
		rename(inner, names)
	}
}

// writeComponent ends the last line if nothing does.
func writeComponent(w io.Writer, c *contentline.Component) error {
	data := c.Bytes()
	if n := len(data); data[n-1] != '\n' && data[n-1] != '\r' {
		data = append(data, "\r\n"...)
	}
	_, err := w.Write(data)
	return err
}
