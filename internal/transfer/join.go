package transfer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"strings"

	"ksync/internal/contentline"
	"ksync/internal/ical"
	"ksync/store"
)

// calendar writes all objects of a calendar as one VCALENDAR (RFC 5545 §3.4),
// each component byte for byte, each time zone once, before the first that needs
// it. An object that means another zone by the same TZID follows in a VCALENDAR
// of its own: joining it would move its events.
func (x *exporting) calendar(ctx context.Context, c store.Collection, w *bufio.Writer) error {
	j := joiner{w: w, zones: map[string][sha256.Size]byte{}}
	if err := j.begin(c); err != nil {
		return err
	}
	var apart []string
	err := x.each(ctx, c, func(o store.Object) error {
		doc, err := contentline.Parse(o.Bytes, contentline.Limits{})
		if err != nil {
			x.done.Left = append(x.done.Left, Item{File: label(c), UID: o.UID, Collection: c.URI, Outcome: Failed, Reason: reason(err)})
			return nil
		}
		for _, calendar := range doc.Components() {
			if !j.fits(calendar) {
				apart = append(apart, o.URI)
				return nil
			}
		}
		for _, calendar := range doc.Components() {
			if err := j.join(calendar); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := writeLines(w, []byte("END:VCALENDAR\r\n")); err != nil {
		return err
	}
	return x.apart(ctx, c, apart, w)
}

// apart writes objects as they are stored.
func (x *exporting) apart(ctx context.Context, c store.Collection, uris []string, w *bufio.Writer) error {
	for _, uri := range uris {
		found, err := x.Store.ObjectsByURI(ctx, c.Account, c.ID, []string{uri}, true)
		if err != nil {
			return err
		}
		for _, o := range found {
			if err := writeLines(w, bytes.TrimPrefix(o.Bytes, []byte("\ufeff"))); err != nil {
				return err
			}
		}
	}
	return nil
}

// joiner writes one VCALENDAR out of many.
type joiner struct {
	w     *bufio.Writer
	zones map[string][sha256.Size]byte // digest of the VTIMEZONE that stands for a TZID
}

func (j *joiner) begin(c store.Collection) error {
	lines := []*contentline.Line{
		contentline.New("", "BEGIN", vcalendarName),
		contentline.New("", "VERSION", "2.0"),
		contentline.New("", "PRODID", "-//ksyncd//export//EN"),
	}
	if c.DisplayName != "" {
		lines = append(lines, contentline.New("", "NAME", contentline.Escape(c.DisplayName)), // RFC 7986 §5.1
			contentline.New("", "X-WR-CALNAME", contentline.Escape(c.DisplayName)))
	}
	if c.Color != "" {
		lines = append(lines, contentline.New("", "X-APPLE-CALENDAR-COLOR", contentline.Escape(c.Color)))
	}
	for _, l := range lines {
		if err := writeLines(j.w, l.Raw()); err != nil {
			return err
		}
	}
	return nil
}

// fits tells whether each of the calendar's zones is new, the same as before,
// or one whose name says all: then the rules that clients write along only
// differ in how far back they go.
func (j *joiner) fits(calendar *contentline.Component) bool {
	for c := range calendar.Components() {
		if c.Name != "VTIMEZONE" {
			continue
		}
		id := zoneID(c)
		if have, ok := j.zones[id]; ok && have != sha256.Sum256(c.Bytes()) && new(ical.Zones).Location(id) == nil {
			return false
		}
	}
	return true
}

func (j *joiner) join(calendar *contentline.Component) error {
	for c := range calendar.Components() {
		if c.Name == "VTIMEZONE" {
			id := zoneID(c)
			if _, ok := j.zones[id]; ok {
				continue
			}
			j.zones[id] = sha256.Sum256(c.Bytes())
		}
		if err := writeLines(j.w, c.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func zoneID(zone *contentline.Component) string {
	if l := zone.First("TZID"); l != nil {
		return strings.TrimSpace(l.Value)
	}
	return ""
}
