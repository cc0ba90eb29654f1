package ical

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ksync/internal/contentline"
)

// Item is one object of an import.
type Item struct {
	UID   string
	Bytes []byte
	Err   error // why it cannot be stored
}

// importLimits let a whole calendar pass; one object has the limits of Parse.
var importLimits = contentline.Limits{MaxBytes: 256 << 20, MaxLines: 1 << 22}

// Split makes storable objects of any stream of VCALENDARs: one for each UID, with the
// VTIMEZONEs that it names, without METHOD and what belongs to the calendar as a whole.
// A component without UID gets one that its content decides, so that importing a file
// twice gives the same. Components of one UID that cannot be revisions or instances of
// one thing (another type, another start) become objects of their own. The error is
// *Error where BEGIN and END do not nest or nothing is a calendar, or ErrLimit.
func Split(data []byte) ([]Item, error) {
	doc, err := contentline.Parse(data, importLimits)
	if syntax, ok := err.(*contentline.SyntaxError); ok {
		return nil, &Error{NotData, syntax.Reason, syntax.Line}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	s := splitter{zones: map[zoneKey]*contentline.Component{}, groups: map[string]*group{}, taken: map[string]int{},
		heads: map[*contentline.Component]head{}}
	if !s.collect(doc.Components(), nil) {
		return nil, &Error{Cond: NotData, Reason: "no VCALENDAR"}
	}
	return s.items(len(data))
}

type splitter struct {
	zones  map[zoneKey]*contentline.Component
	groups map[string]*group // by UID
	order  []*group
	taken  map[string]int // UIDs made from the same content
	heads  map[*contentline.Component]head
}

// zoneKey is the TZID of a zone and the calendar that it stands in, nil for the first of that name wherever it stands: two
// calendars may mean different zones by one name.
type zoneKey struct {
	calendar *contentline.Component
	id       string
}

// head is what a calendar says of itself, looked for once: it has as many lines to look through as components.
type head struct {
	version        string
	product, scale *contentline.Line // nil for none
}

// group is what becomes one object.
type group struct {
	uid      string
	calendar *contentline.Component // where the first of them was; nil outside of any
	comps    []*contentline.Component
	homes    []*contentline.Component // the calendar of each
	byID     map[string]int           // place in comps, by RECURRENCE-ID
}

// collect sorts components into groups; it reports whether there was a calendar, or a
// component of one.
func (s *splitter) collect(list []*contentline.Component, calendar *contentline.Component) (found bool) {
	for _, c := range list {
		switch {
		case c.Name == "VCALENDAR":
			found = true
			s.collect(collect(c), c)
		case c.Name == "VTIMEZONE":
			s.addZone(c, calendar)
		case calendar != nil || c.Name == "VEVENT" || c.Name == "VTODO" || c.Name == "VJOURNAL":
			found = true
			s.add(c, calendar)
		}
	}
	return found
}

// addZone keeps the first of each name, in its calendar and in all.
func (s *splitter) addZone(zone, calendar *contentline.Component) {
	if zone.First("TZID") == nil {
		return
	}
	for _, key := range []zoneKey{{calendar, zoneID(zone)}, {nil, zoneID(zone)}} {
		if s.zones[key] == nil {
			s.zones[key] = zone
		}
	}
}

// add puts a component to the others of its UID, or starts a group.
func (s *splitter) add(c, calendar *contentline.Component) {
	uid := uidOf(c)
	if uid == "" {
		uid = s.contentUID(c.Bytes())
		setUID(c, uid)
	}
	g := s.groups[uid]
	if g != nil && !g.fits(c) {
		uid = s.contentUID([]byte(uid + "\n" + c.Name + "\n" + valueOf(c, "DTSTART")))
		setUID(c, uid)
		g = s.groups[uid]
	}
	if g == nil {
		g = &group{uid: uid, calendar: calendar, byID: map[string]int{}}
		s.groups[uid] = g
		s.order = append(s.order, g)
	}
	g.add(c, calendar)
}

// contentUID makes a UID in the form of a UUID (RFC 9562 §5.8) from a hash.
func (s *splitter) contentUID(content []byte) string {
	h := sha256.Sum256(content)
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	x := hex.EncodeToString(h[:16])
	uid := x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
	if n := s.taken[uid]; n > 0 {
		s.taken[uid] = n + 1
		return s.contentUID([]byte(uid + strconv.Itoa(n)))
	}
	s.taken[uid] = 1
	return uid
}

func setUID(c *contentline.Component, uid string) {
	if l := c.First("UID"); l != nil {
		l.SetValue(uid)
		return
	}
	c.Append(contentline.New("", "UID", uid))
}

func valueOf(c *contentline.Component, name string) string {
	if l := c.First(name); l != nil {
		return strings.TrimSpace(l.Value)
	}
	return ""
}

// fits says whether c can be an instance or a revision of what is there.
func (g *group) fits(c *contentline.Component) bool {
	if c.Name != g.comps[0].Name {
		return false
	}
	i, ok := g.byID[""]
	return !ok || c.First("RECURRENCE-ID") != nil || valueOf(g.comps[i], "DTSTART") == valueOf(c, "DTSTART")
}

// add keeps one component for each instance: the last of the highest SEQUENCE.
func (g *group) add(c, calendar *contentline.Component) {
	id := valueOf(c, "RECURRENCE-ID")
	if i, ok := g.byID[id]; ok {
		if sequence(c) >= sequence(g.comps[i]) {
			g.comps[i], g.homes[i] = c, calendar
		}
		return
	}
	g.byID[id] = len(g.comps)
	g.comps, g.homes = append(g.comps, c), append(g.homes, calendar)
}

func sequence(c *contentline.Component) int {
	n, _ := strconv.Atoi(valueOf(c, "SEQUENCE"))
	return n
}

func (s *splitter) items(input int) ([]Item, error) {
	items := make([]Item, 0, len(s.order))
	// Time zones are repeated in every object; a file that is mostly that is an attack.
	left := DefaultLimits.Bytes + 16*input
	for _, g := range s.order {
		calendar := s.calendar(g)
		item := Item{UID: g.uid, Bytes: calendar.Bytes()}
		if left -= len(item.Bytes); left < 0 {
			return nil, fmt.Errorf("import: %w", ErrLimit)
		}
		item.Err = g.check(calendar, item.Bytes)
		items = append(items, item)
	}
	return items, nil
}

// check is Parse of what was parsed before. A component that stood in a calendar nests as deep as it did, so that only
// a text that may have too many lines has to be read again.
func (g *group) check(calendar *contentline.Component, text []byte) error {
	if g.calendar == nil || len(text) > contentline.DefaultLimits().MaxLines {
		_, err := Parse(text)
		return err
	}
	return (&Object{Calendar: calendar, limits: DefaultLimits}).take()
}

// calendar makes the calendar of a group.
func (s *splitter) calendar(g *group) *contentline.Component {
	calendar, old := contentline.NewComponent("VCALENDAR"), s.head(g.calendar)
	calendar.Append(contentline.New("", "VERSION", "2.0"))
	if old.product != nil {
		calendar.Append(old.product.Clone())
	} else {
		calendar.Append(contentline.New("", "PRODID", "-//ksyncd//import//EN"))
	}
	if old.scale != nil {
		calendar.Append(old.scale.Clone())
	}
	for _, key := range g.zones() {
		zone := s.zones[key]
		if zone == nil {
			zone = s.zones[zoneKey{nil, key.id}]
		}
		if zone != nil {
			calendar.AppendComponent(zone)
		}
	}
	for _, c := range g.comps {
		if old.version == "1.0" {
			upgrade(c)
		}
		calendar.AppendComponent(c)
	}
	return calendar
}

func (s *splitter) head(calendar *contentline.Component) head {
	if calendar == nil {
		return head{}
	}
	h, ok := s.heads[calendar]
	if !ok {
		h = head{valueOf(calendar, "VERSION"), calendar.First("PRODID"), calendar.First("CALSCALE")}
		s.heads[calendar] = h
	}
	return h
}

// zones returns the zones that a group names, by TZID: of two that have the same, the one of the first component.
func (g *group) zones() []zoneKey {
	seen := map[string]*contentline.Component{}
	for i, c := range g.comps {
		zonesOf(c, g.homes[i], seen)
	}
	list := make([]zoneKey, 0, len(seen))
	for id, calendar := range seen {
		list = append(list, zoneKey{calendar, id})
	}
	slices.SortFunc(list, func(a, b zoneKey) int { return cmp.Compare(a.id, b.id) })
	return list
}

func zonesOf(c, calendar *contentline.Component, seen map[string]*contentline.Component) {
	for l := range c.Lines() {
		id, ok := l.Param("TZID")
		if _, again := seen[strings.TrimSpace(id)]; ok && !again {
			seen[strings.TrimSpace(id)] = calendar
		}
	}
	for inner := range c.Components() {
		zonesOf(inner, calendar, seen)
	}
}
