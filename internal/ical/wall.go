package ical

import "time"

// wall is a time on a clock without a zone: seconds since 1970-01-01T00:00:00 as
// that clock shows them. Recurrence rules count on this clock, zones turn the
// result into an instant (RFC 5545 §3.3.10).
type wall int64

const (
	secondsPerMinute = 60
	secondsPerHour   = 3600
	secondsPerDay    = 86400
)

// The years that RFC 5545 §3.3.4 can write end with 9999; nothing is expanded
// beyond.
var (
	minWall = wallOf(1, 1, 1)
	maxWall = wallOf(10000, 1, 1) - 1
)

// wallOf returns midnight of a date of the proleptic Gregorian calendar.
func wallOf(year, month, day int) wall {
	return wall(dayNumber(year, month, day) * secondsPerDay)
}

func wallAt(t time.Time) wall {
	return wallOf(t.Year(), int(t.Month()), t.Day()) +
		wall(t.Hour()*secondsPerHour+t.Minute()*secondsPerMinute+t.Second())
}

// day returns the number of the day since 1970-01-01.
func (w wall) day() int64 { return floorDiv(int64(w), secondsPerDay) }

// second returns the second of the day.
func (w wall) second() int { return int(int64(w) - w.day()*secondsPerDay) }

// midnight returns the start of w's day.
func (w wall) midnight() wall { return wall(w.day() * secondsPerDay) }

func (w wall) date() (year, month, day int) { return dateOf(w.day()) }

// dayNumber counts days since 1970-01-01. Years begin in March here, so that the
// leap day is the last of its year; 400 years have 146,097 days.
func dayNumber(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + int64(day) - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// dateOf is the inverse of dayNumber.
func dateOf(n int64) (year, month, day int) {
	n += 719468
	era := floorDiv(n, 146097)
	doe := n - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy-(153*mp+2)/5) + 1
	month = int(mp) + 3
	year = int(yoe + era*400)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// weekdayOf returns the day of the week of a day number; 1970-01-01 was a Thursday.
func weekdayOf(n int64) time.Weekday { return time.Weekday(floorMod(n+4, 7)) }

// weekStart returns the first day of the week that n is in.
func weekStart(n int64, wkst time.Weekday) int64 {
	return n - floorMod(int64(weekdayOf(n))-int64(wkst), 7)
}

// weekYear returns the year whose week n is in: the one with at least four days of
// that week (RFC 5545 §3.3.10, BYWEEKNO).
func weekYear(n int64, wkst time.Weekday) int {
	year, _, _ := dateOf(weekStart(n, wkst) + 3)
	return year
}

// firstWeek returns the first day of week 1 of a year.
func firstWeek(year int, wkst time.Weekday) int64 {
	return weekStart(dayNumber(year, 1, 4), wkst)
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysInYear(year int) int {
	if leap(year) {
		return 366
	}
	return 365
}

func daysInMonth(year, month int) int {
	switch month {
	case 2:
		return daysInYear(year) - 337
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
