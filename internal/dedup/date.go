package dedup

import (
	"regexp"
	"strconv"
)

// date is a birthday: year 0 where only the day is known, all 0 for none.
type date struct{ year, month, day int }

func (d date) set() bool { return d.month != 0 }

var datePattern = regexp.MustCompile(`^\s*(\d{4}|--)-?(\d{2})-?(\d{2})(?:[T ].*)?\s*$`)

// parseDate reads BDAY in the forms of all versions; Apple's 1604 is no year. A time of day is dropped.
func parseDate(value string) date {
	m := datePattern.FindStringSubmatch(value)
	if m == nil {
		return date{}
	}
	var d date
	d.year, _ = strconv.Atoi(m[1]) // fails for "--": 0 is right
	d.month, _ = strconv.Atoi(m[2])
	d.day, _ = strconv.Atoi(m[3])
	if d.year == 1604 || d.year < 0 {
		d.year = 0
	}
	if d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 {
		return date{}
	}
	return d
}

// dateMatch is how two birthdays compare.
type dateMatch uint8

const (
	dateUnknown dateMatch = iota
	dateSame
	dateSameDay // one is without a year
	dateSlip    // one digit, or two swapped
	dateOther
	dateGeneration // so far apart that it may be parent and child
)

// generationYears is what lies at least between a parent and a child.
const generationYears = 15

func compareDates(a, b date) dateMatch {
	switch {
	case !a.set() || !b.set():
		return dateUnknown
	case a == b && a.year != 0:
		return dateSame
	case a.month == b.month && a.day == b.day && (a.year == 0 || b.year == 0):
		return dateSameDay
	case a.year == 0 || b.year == 0:
		return dateOther
	case a.month == b.day && a.day == b.month && a.year == b.year, edits(a.digits(), b.digits(), 1) == 1:
		return dateSlip
	case max(a.year-b.year, b.year-a.year) >= generationYears:
		return dateGeneration
	}
	return dateOther
}

func (d date) digits() string {
	return strconv.Itoa(d.year*10000 + d.month*100 + d.day)
}
