package ical

import (
	"strings"
	"time"
)

// kind is what a date value is, RFC 5545 §3.3.4 and §3.3.5.
type kind uint8

const (
	noTime    kind = iota // absent or unreadable
	dateKind              // DATE
	localKind             // DATE-TIME, floating or with a TZID
	utcKind               // DATE-TIME with Z
)

// moment is a date or a time as an object writes it. A nil zone is floating: it
// takes the location that the reader is in.
type moment struct {
	wall wall
	kind kind
	zone *time.Location
}

func (m moment) ok() bool { return m.kind != noTime }

// fixed says that no reader's location moves it.
func (m moment) fixed() bool { return m.kind == utcKind || m.kind == localKind && m.zone != nil }

// in returns the clock that m is on.
func (m moment) in(floating *time.Location) *time.Location {
	switch {
	case m.kind == utcKind:
		return time.UTC
	case m.zone != nil && m.kind == localKind:
		return m.zone
	}
	return floating
}

// instant returns seconds since 1970 in UTC.
func (m moment) instant(floating *time.Location) int64 {
	c := clock{loc: m.in(floating)}
	return c.instant(m.wall)
}

// parseMoment reads DATE and DATE-TIME values. Beyond RFC 5545 it takes lower case,
// ISO 8601 dashes and colons, a time without seconds, 24:00, and the leap second 60
// (§3.3.12: as 59 where leap seconds are not supported).
func parseMoment(s string) (wall, kind, bool) {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, "-:") {
		s = strings.NewReplacer("-", "", ":", "").Replace(s)
	}
	date, ok := parseDate(s)
	if !ok {
		return 0, noTime, false
	}
	if s = s[8:]; s == "" {
		return date, dateKind, true
	}
	return parseClock(date, s)
}

func parseDate(s string) (wall, bool) {
	if len(s) < 8 {
		return 0, false
	}
	y, ok1 := digits(s[:4])
	m, ok2 := digits(s[4:6])
	d, ok3 := digits(s[6:8])
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m) {
		return 0, false
	}
	return wallOf(y, m, d), true
}

// parseClock reads the T… of a DATE-TIME; what follows the time but is no Z is
// ignored ("20131009T170000T" is in the wild).
func parseClock(date wall, s string) (wall, kind, bool) {
	if s[0] != 'T' && s[0] != 't' && s[0] != ' ' || len(s) < 5 {
		return 0, noTime, false
	}
	h, ok1 := digits(s[1:3])
	m, ok2 := digits(s[3:5])
	sec, rest := 0, s[5:]
	if len(rest) >= 2 {
		if n, ok := digits(rest[:2]); ok {
			sec, rest = min(n, 59), rest[2:]
		}
	}
	if !ok1 || !ok2 || h > 24 || m > 59 {
		return 0, noTime, false
	}
	k := localKind
	if rest != "" && (rest[0] == 'Z' || rest[0] == 'z') {
		k = utcKind
	}
	return date + wall(h*secondsPerHour+m*secondsPerMinute+sec), k, true
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// span is a duration, RFC 5545 §3.3.6: days are nominal (a day is as long as its
// date), the rest is exact.
type span struct {
	days    int64
	seconds int64
}

func (s span) zero() bool { return s == span{} }

// upper returns a bound on its exact length; a date may last 48 hours where a zone
// crosses the date line.
func (s span) upper() int64 {
	if s.days != 0 {
		return max((s.days+1)*secondsPerDay+s.seconds, 0)
	}
	return max(s.seconds, 0)
}

// back is the bound for one that is negative.
func (s span) back() int64 { return span{-s.days, -s.seconds}.upper() }

// maxSpan bounds a duration to what fits between the years 1 and 9999.
const maxSpan = 10000 * 366 * secondsPerDay

// parseSpan reads a DURATION value; signs, blanks and units in any order are taken.
func parseSpan(s string) (span, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	sign := int64(1)
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		s, sign = rest, -1
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	s, ok := strings.CutPrefix(s, "P")
	if !ok || s == "" {
		return span{}, false
	}
	d, ok := parseUnits(s)
	d.days *= sign
	d.seconds *= sign
	return d, ok
}

func parseUnits(s string) (d span, ok bool) {
	n, has := int64(0), false
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' {
			n, has = min(n*10+int64(c-'0'), maxSpan), true
			continue
		}
		if c == 'T' && !has {
			continue
		}
		if !has || !d.add(c, n) {
			return span{}, false
		}
		n, has, ok = 0, false, true
	}
	return d, ok && !has
}

func (s *span) add(unit byte, n int64) bool {
	switch unit {
	case 'W':
		s.days += 7 * n
	case 'D':
		s.days += n
	case 'H':
		s.seconds += n * secondsPerHour
	case 'M':
		s.seconds += n * secondsPerMinute
	case 'S':
		s.seconds += n
	default:
		return false
	}
	s.days = min(s.days, maxSpan/secondsPerDay)
	s.seconds = min(s.seconds, maxSpan)
	return true
}
