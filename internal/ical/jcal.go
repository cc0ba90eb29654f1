package ical

import (
	"errors"
	"fmt"
	"strings"

	"ksync/internal/contentline"
)

// jCal is RFC 7265. Types and default types are those of RFC 5545 and the RFCs that add to it.
var jCal = &contentline.JSONForm{
	Property: func(name string) contentline.Shape { return jCalShapes[name] },
	Types: map[string]contentline.ValueType{
		"binary":      contentline.RawValue,     // RFC 7265 §3.6.1
		"boolean":     contentline.BooleanValue, // RFC 7265 §3.6.2
		"cal-address": contentline.RawValue,     // RFC 7265 §3.6.3
		"date":        contentline.Rewritten(extendedDate, basic),
		"date-time":   contentline.Rewritten(extendedTime, basic),
		"duration":    contentline.Rewritten(durationText, same),
		"float":       contentline.FloatValue,   // RFC 7265 §3.6.7
		"integer":     contentline.IntegerValue, // RFC 7265 §3.6.8
		"period":      {Append: appendPeriod, Text: periodText},
		"recur":       {Append: appendRecur, Text: recurText},
		"text":        contentline.TextValue, // RFC 7265 §3.6.11
		"time":        contentline.Rewritten(extendedClock, basic),
		"unknown":     contentline.RawValue,
		"uri":         contentline.RawValue, // RFC 7265 §3.6.13
		"utc-offset":  contentline.Rewritten(extendedOffset, basic),
	},
	TypeParam: contentline.UpperName,
}

var (
	textShape   = contentline.Shape{Types: []string{"text"}}
	textsShape  = contentline.Shape{Types: []string{"text"}, List: true}
	uriShape    = contentline.Shape{Types: []string{"uri"}}
	peopleShape = contentline.Shape{Types: []string{"cal-address"}}
	timeShape   = contentline.Shape{Types: []string{"date-time", "date"}}
	timesShape  = contentline.Shape{Types: []string{"date-time", "date", "period"}, List: true}
	numberShape = contentline.Shape{Types: []string{"integer"}}
	spanShape   = contentline.Shape{Types: []string{"duration"}}
	ruleShape   = contentline.Shape{Types: []string{"recur"}}
	offsetShape = contentline.Shape{Types: []string{"utc-offset"}}
)

// jCalShapes has every property with a default type. What is not here is "unknown" unless it has a VALUE.
var jCalShapes = map[string]contentline.Shape{
	// RFC 5545 §3.7, §3.8
	"CALSCALE": textShape, "METHOD": textShape, "PRODID": textShape, "VERSION": textShape, "ATTACH": uriShape, "CATEGORIES": textsShape,
	"CLASS": textShape, "COMMENT": textShape, "DESCRIPTION": textShape, "LOCATION": textShape, "PERCENT-COMPLETE": numberShape,
	"GEO":      {Types: []string{"float"}, Parts: true}, // RFC 7265 §3.4.1.2
	"PRIORITY": numberShape, "RESOURCES": textsShape, "STATUS": textShape, "SUMMARY": textShape,
	"COMPLETED": timeShape, "DTEND": timeShape, "DUE": timeShape, "DTSTART": timeShape, "DURATION": spanShape,
	"FREEBUSY": {Types: []string{"period"}, List: true}, "TRANSP": textShape,
	"TZID": textShape, "TZNAME": textShape, "TZOFFSETFROM": offsetShape, "TZOFFSETTO": offsetShape, "TZURL": uriShape,
	"ATTENDEE": peopleShape, "CONTACT": textShape, "ORGANIZER": peopleShape, "RECURRENCE-ID": timeShape, "RELATED-TO": textShape,
	"URL": uriShape, "UID": textShape, "EXDATE": timesShape, "EXRULE": ruleShape, "RDATE": timesShape, "RRULE": ruleShape,
	"ACTION": textShape, "REPEAT": numberShape, "TRIGGER": {Types: []string{"duration", "date-time"}},
	"CREATED": timeShape, "DTSTAMP": timeShape, "LAST-MODIFIED": timeShape, "SEQUENCE": numberShape,
	"REQUEST-STATUS": {Types: []string{"text"}, Parts: true}, // RFC 7265 §3.4.1.3
	// RFC 7986
	"NAME": textShape, "REFRESH-INTERVAL": spanShape, "SOURCE": uriShape, "COLOR": textShape,
	// RFC 7808, RFC 7953, RFC 9073, RFC 9074, RFC 9253
	"TZUNTIL": timeShape, "TZID-ALIAS-OF": textShape, "BUSYTYPE": textShape, "LOCATION-TYPE": textsShape, "PARTICIPANT-TYPE": textShape,
	"RESOURCE-TYPE": textShape, "CALENDAR-ADDRESS": peopleShape, "ACKNOWLEDGED": timeShape, "PROXIMITY": textShape,
	"CONCEPT": uriShape, "REFID": textShape,
}

// JCal tells a calendar, or any part of one, as jCal (RFC 7265).
func JCal(c *contentline.Component) []byte { return jCal.Bytes(c) }

// ToJCal tells the one calendar of a text as jCal. The error is that of Parse for a text that is no calendar.
func ToJCal(data []byte) ([]byte, error) {
	doc, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	for _, c := range doc.Components() {
		if c.Name == "VCALENDAR" {
			return JCal(c), nil
		}
	}
	return nil, &Error{Cond: NotData, Reason: "no VCALENDAR"}
}

// FromJCal gives the calendar as text. The error is an *Error, or ErrLimit.
func FromJCal(data []byte) ([]byte, error) {
	c, err := jCal.Read(data, contentline.Limits{})
	switch {
	case errors.Is(err, contentline.ErrTooLarge):
		return nil, fmt.Errorf("%w: %w", ErrLimit, err)
	case err != nil:
		return nil, &Error{Cond: NotData, Reason: err.Error()}
	}
	encodings(c)
	return c.Bytes(), nil
}

// encodings gives binary values the ENCODING that RFC 5545 §3.3.1 wants and jCal leaves out.
func encodings(c *contentline.Component) {
	for l := range c.Lines() {
		v, _ := l.Param("VALUE")
		if _, has := l.Param("ENCODING"); strings.EqualFold(v, "BINARY") && !has {
			l.SetParam("ENCODING", "BASE64")
		}
	}
	for inner := range c.Components() {
		encodings(inner)
	}
}
