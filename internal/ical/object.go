package ical

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"ksync/internal/contentline"
)

// Cond is the precondition that a text fails, RFC 4791 §5.3.2.1.
type Cond uint8

// The preconditions of a PUT.
const (
	NotData   Cond = iota + 1 // valid-calendar-data: no iCalendar can be read
	NotObject                 // valid-calendar-object-resource: readable, but not one object (§4.1)
)

// Error says why a text is no calendar object resource.
type Error struct {
	Cond   Cond
	Reason string
	Line   int // 0 where no line is to blame
}

// Error says it in one line, for a log; a client gets the condition.
func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("calendar object: line %d: %s", e.Line, e.Reason)
	}
	return "calendar object: " + e.Reason
}

// Object is a calendar object resource, RFC 4791 §4.1. It keeps the text it was read
// from; asking it questions does not change it and may happen at the same time.
type Object struct {
	Doc       *contentline.Document
	Calendar  *contentline.Component
	UID       string // "" where the text has none
	Component string // VEVENT, VTODO, …: all components but VTIMEZONE are of it
	// Master is the component without RECURRENCE-ID, nil where only instances are.
	Master    *contentline.Component
	Overrides []*contentline.Component // the other components, in order

	limits Limits
	zones  *Zones
	times  func() *series
}

// Parse reads one calendar object. It refuses with *Error only what cannot be read or
// is not one object; what else RFC 5545 forbids is taken as it is. ErrLimit says that
// there are too many lines, bytes or components.
func Parse(data []byte) (*Object, error) { return ParseLimits(data, Limits{}) }

// ParseLimits is Parse with bounds for this object and all questions put to it.
func ParseLimits(data []byte, lim Limits) (*Object, error) {
	doc, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	calendar, err := onlyCalendar(doc)
	if err != nil {
		return nil, err
	}
	o := &Object{Doc: doc, Calendar: calendar, limits: lim.withDefaults(), zones: newZones(calendar)}
	if err := o.take(); err != nil {
		return nil, err
	}
	o.times = sync.OnceValue(o.readTimes)
	return o, nil
}

func parseDocument(data []byte) (*contentline.Document, error) {
	doc, err := contentline.Parse(data, contentline.Limits{})
	if syntax, ok := errors.AsType[*contentline.SyntaxError](err); ok {
		return nil, &Error{NotData, syntax.Reason, syntax.Line}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	return doc, nil
}

// onlyCalendar: RFC 4791 §4.1 and RFC 5545 §3.4.
func onlyCalendar(doc *contentline.Document) (*contentline.Component, error) {
	top := doc.Components()
	var calendar *contentline.Component
	for _, c := range top {
		if c.Name == "VCALENDAR" {
			calendar = c
		}
	}
	switch {
	case calendar == nil:
		return nil, &Error{Cond: NotData, Reason: "no VCALENDAR"}
	case len(top) > 1:
		return nil, &Error{Cond: NotObject, Reason: "more than one VCALENDAR, or something beside it"}
	case calendar.First("METHOD") != nil: // RFC 4791 §4.1
		return nil, &Error{Cond: NotObject, Reason: "METHOD is for messages, not for stored objects"}
	}
	return calendar, nil
}

// take sorts the components. RFC 4791 §4.1: one type of component, one UID. A calendar
// with time zones only, or one where no component has a UID, breaks no more than that it
// lacks something: it is kept (design.md §5.7).
func (o *Object) take() error {
	strays := 0
	for c := range o.Calendar.Components() {
		if c.Name == "VTIMEZONE" {
			continue
		}
		if err := o.takeOne(c); err != nil {
			return err
		}
		if uidOf(c) == "" && c.First("RECURRENCE-ID") == nil {
			strays++
		}
	}
	if strays > 0 && o.UID != "" {
		return &Error{Cond: NotObject, Reason: "one component has a UID and another has none"}
	}
	return nil
}

func (o *Object) takeOne(c *contentline.Component) error {
	if o.Component == "" {
		o.Component = c.Name
	}
	uid := uidOf(c)
	instance := c.First("RECURRENCE-ID") != nil
	switch {
	case c.Name != o.Component:
		return &Error{Cond: NotObject, Reason: "components of several types"}
	case c.Name == "VCALENDAR":
		return &Error{Cond: NotObject, Reason: "a VCALENDAR inside a VCALENDAR"}
	case uid != "" && o.UID != "" && uid != o.UID:
		return &Error{Cond: NotObject, Reason: "components with several UIDs"}
	case len(o.Overrides) >= o.limits.Overrides:
		return ErrLimit
	}
	if uid != "" {
		o.UID = uid
	}
	if o.Master == nil && !instance {
		o.Master = c
	} else {
		o.Overrides = append(o.Overrides, c)
	}
	return nil
}

func uidOf(c *contentline.Component) string {
	if l := c.First("UID"); l != nil {
		return strings.TrimSpace(contentline.Unescape(l.Value))
	}
	return ""
}

// Bytes returns the text as it came.
func (o *Object) Bytes() []byte { return o.Doc.Bytes() }
