package ical

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrRule says that a text is no recurrence rule, or one that is not evaluated, see
// rscale.go.
var ErrRule = errors.New("not a recurrence rule")

// Freq is the FREQ part of a rule.
type Freq uint8

// The frequencies of RFC 5545 §3.3.10, shortest first.
const (
	Secondly Freq = iota + 1
	Minutely
	Hourly
	Daily
	Weekly
	Monthly
	Yearly
)

var freqs = map[string]Freq{
	"SECONDLY": Secondly, "MINUTELY": Minutely, "HOURLY": Hourly, "DAILY": Daily,
	"WEEKLY": Weekly, "MONTHLY": Monthly, "YEARLY": Yearly,
}

var weekdays = map[string]time.Weekday{
	"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday,
	"TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday,
}

// WeekdayNum is one value of BYDAY; N is 0 where no ordinal is given.
type WeekdayNum struct {
	N   int
	Day time.Weekday
}

// Rule is a recurrence rule, RFC 5545 §3.3.10. Values that are out of range stay in
// their list, where they match nothing.
type Rule struct {
	Freq                                               Freq
	Interval                                           int64
	Count                                              int64 // 0: no COUNT
	Until                                              Until
	BySecond, ByMinute, ByHour                         []int
	ByDay                                              []WeekdayNum
	ByMonthDay, ByYearDay, ByWeekNo, ByMonth, BySetPos []int
	WeekStart                                          time.Weekday
	Skip                                               Skip
	Unknown                                            []string // parts of no known name, as written
}

// Until is the UNTIL part: a date, a time in the zone of DTSTART, or a time in UTC,
// whatever DTSTART is (clients.md 5.9: Apple writes other types than DTSTART's).
// Its zero value is no limit.
type Until struct {
	wall wall
	kind kind
}

// IsZero says that there is no UNTIL.
func (u Until) IsZero() bool { return u.kind == noTime }

// ParseRule reads an RRULE or EXRULE value. It takes lower case, blanks, empty
// parts, and keeps parts it does not know; an unknown FREQ, a value that is not a
// number, and what of RFC 7529 is not evaluated (see rscale.go) give ErrRule.
func ParseRule(s string) (Rule, error) {
	r := Rule{Interval: 1, WeekStart: time.Monday}
	for part := range strings.SplitSeq(s, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToUpper(strings.TrimSpace(name))
		value = strings.ToUpper(strings.TrimSpace(value))
		known, err := r.set(name, value)
		if err != nil {
			return Rule{}, fmt.Errorf("%w: %s: %w", ErrRule, name, err)
		}
		if !known {
			r.Unknown = append(r.Unknown, part)
		}
	}
	if r.Freq == 0 {
		return Rule{}, fmt.Errorf("%w: no FREQ", ErrRule)
	}
	if !r.settleSkip() {
		return Rule{}, fmt.Errorf("%w: SKIP: not supported with these parts", ErrRule)
	}
	return r, nil
}

// set takes one part; it reports whether the name is known.
func (r *Rule) set(name, value string) (known bool, err error) {
	switch name {
	case "FREQ":
		r.Freq, err = oneOf(freqs, value)
	case "INTERVAL":
		r.Interval, err = positive(value)
	case "COUNT":
		r.Count, err = positive(value)
	case "UNTIL":
		r.Until, err = parseUntil(value)
	case "WKST":
		r.WeekStart, err = oneOf(weekdays, value)
	case "BYDAY":
		r.ByDay, err = parseByDay(value)
	case "RSCALE":
		if value != "GREGORIAN" { // RFC 7529 §4.1
			err = errors.New("calendar not supported")
		}
	case "SKIP":
		r.Skip, err = oneOf(skips, value)
	default:
		list := r.list(name)
		if list == nil {
			return false, nil
		}
		*list, err = parseInts(value)
	}
	return true, err
}

func (r *Rule) list(name string) *[]int {
	switch name {
	case "BYSECOND":
		return &r.BySecond
	case "BYMINUTE":
		return &r.ByMinute
	case "BYHOUR":
		return &r.ByHour
	case "BYMONTHDAY":
		return &r.ByMonthDay
	case "BYYEARDAY":
		return &r.ByYearDay
	case "BYWEEKNO":
		return &r.ByWeekNo
	case "BYMONTH":
		return &r.ByMonth
	case "BYSETPOS":
		return &r.BySetPos
	}
	return nil
}

func oneOf[V any](table map[string]V, value string) (V, error) {
	v, ok := table[value]
	if !ok {
		return v, errors.New("unknown value")
	}
	return v, nil
}

// maxNumber bounds INTERVAL and COUNT, far beyond any date up to year 9999.
const maxNumber = 1 << 40

// positive reads COUNT and INTERVAL. Some clients write 0 for "once" and "every":
// that is 1 here.
func positive(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return min(max(n, 1), maxNumber), err
}

func parseUntil(s string) (Until, error) {
	w, k, ok := parseMoment(s)
	if !ok {
		return Until{}, errors.New("not a date")
	}
	return Until{wall: w, kind: k}, nil
}

// maxList bounds the values of one part; the largest list that says something is
// BYYEARDAY with 366 days counted from both ends.
const maxList = 732

func parseInts(s string) ([]int, error) {
	var list []int
	for v := range strings.SplitSeq(s, ",") {
		v = strings.TrimSpace(v)
		n, err := strconv.Atoi(v)
		if err != nil {
			return nil, errors.New("not a number")
		}
		if list = append(list, n); len(list) > maxList {
			return nil, errors.New("too many values")
		}
	}
	return list, nil
}

func parseByDay(s string) ([]WeekdayNum, error) {
	var list []WeekdayNum
	for v := range strings.SplitSeq(s, ",") {
		v = strings.TrimSpace(v)
		if len(v) < 2 {
			return nil, errors.New("not a day of the week")
		}
		day, err := oneOf(weekdays, v[len(v)-2:])
		if err != nil {
			return nil, err
		}
		n := 0
		if ordinal := strings.TrimSpace(v[:len(v)-2]); ordinal != "" {
			if n, err = strconv.Atoi(ordinal); err != nil || n == 0 {
				return nil, errors.New("not an ordinal")
			}
		}
		if list = append(list, WeekdayNum{n, day}); len(list) > maxList {
			return nil, errors.New("too many values")
		}
	}
	return list, nil
}
