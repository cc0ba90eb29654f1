package ical

import "time"

// dayFilter holds the parts of a rule that say which days count. All parts must
// agree: with the period scanned (a year for YEARLY, a month for MONTHLY, …) that is
// both what RFC 5545 §3.3.10 calls "expand" and what it calls "limit".
type dayFilter struct {
	months            uint16 // bit m: month m counts
	monthDays         uint32 // bit d: day d of the month
	monthDaysBack     uint32 // bit d: d-th day from the end of the month
	yearDays          *[2][6]uint64
	weeks, weeksBack  uint64
	weekdays          uint8         // bit d: any such day of the week
	ordinals          *[2][7]uint64 // bit n: the n-th such day of the week, and from the end
	ordinalsInYear    bool
	byMonthDay, byDay bool
	byWeek            bool
	weekStart         time.Weekday
	skip              Skip
}

const allMonths = 1<<13 - 2

func newDayFilter(r *Rule) dayFilter {
	f := dayFilter{months: allMonths, weekStart: r.WeekStart, skip: r.Skip}
	if r.ByMonth != nil {
		f.months = uint16(bits(r.ByMonth, 12))
	}
	if r.ByMonthDay != nil {
		f.byMonthDay = true
		f.monthDays = uint32(bits(r.ByMonthDay, 31))
		f.monthDaysBack = uint32(bitsBack(r.ByMonthDay, 31))
	}
	if r.ByWeekNo != nil {
		f.byWeek = true
		f.weeks, f.weeksBack = bits(r.ByWeekNo, 53), bitsBack(r.ByWeekNo, 53)
	}
	if r.ByYearDay != nil {
		f.yearDays = yearDayBits(r.ByYearDay)
	}
	f.setByDay(r)
	return f
}

// setByDay: RFC 5545 §3.3.10: an ordinal means the nth such day of the month or year;
// it must not be used elsewhere, nor with BYWEEKNO, and is not looked at there.
func (f *dayFilter) setByDay(r *Rule) {
	ordinals := r.Freq >= Monthly && !(r.Freq == Yearly && r.ByWeekNo != nil)
	f.ordinalsInYear = r.Freq == Yearly && r.ByMonth == nil
	for _, d := range r.ByDay {
		f.byDay = true
		if d.N != 0 && ordinals {
			f.addOrdinal(d)
		} else {
			f.weekdays |= 1 << d.Day
		}
	}
}

// addOrdinal leaves out what no year has.
func (f *dayFilter) addOrdinal(d WeekdayNum) {
	if f.ordinals == nil {
		f.ordinals = new([2][7]uint64)
	}
	switch {
	case d.N > 0 && d.N <= 53:
		f.ordinals[0][d.Day] |= 1 << d.N
	case d.N < 0 && d.N >= -53:
		f.ordinals[1][d.Day] |= 1 << -d.N
	}
}

// bits sets the bit of each value from 1 to limit.
func bits(list []int, limit int) (set uint64) {
	for _, v := range list {
		if v >= 1 && v <= limit {
			set |= 1 << v
		}
	}
	return set
}

// bitsBack does so for the values counted from the end.
func bitsBack(list []int, limit int) (set uint64) {
	for _, v := range list {
		if v <= -1 && v >= -limit {
			set |= 1 << -v
		}
	}
	return set
}

func yearDayBits(list []int) *[2][6]uint64 {
	set := new([2][6]uint64)
	for _, v := range list {
		switch {
		case v >= 1 && v <= 366:
			set[0][v/64] |= 1 << (v % 64)
		case v <= -1 && v >= -366:
			set[1][-v/64] |= 1 << (-v % 64)
		}
	}
	return set
}

// any says that no part limits the days.
func (f *dayFilter) any() bool {
	return f.months == allMonths && !f.byMonthDay && !f.byDay && !f.byWeek && f.yearDays == nil
}

// impossible says that BYMONTH and BYMONTHDAY never meet, as in 30 February.
func (f *dayFilter) impossible() bool {
	if !f.byMonthDay || f.months == 0 {
		return f.months == 0
	}
	if f.skip != Omit && f.monthDays != 0 {
		return false
	}
	for month := 1; month <= 12; month++ {
		n := daysInMonth(2000, month)
		if f.months>>month&1 == 1 && (f.monthDays|f.monthDaysBack)&(1<<(n+1)-1) != 0 {
			return false
		}
	}
	return true
}

// scan appends the days in [from, to) that count.
func (f *dayFilter) scan(days []int64, from, to int64) []int64 {
	for from < to {
		year, month, day := dateOf(from)
		length := daysInMonth(year, month)
		end := min(to, from+int64(length-day)+1)
		if f.months>>month&1 == 1 {
			m := f.month(year, month)
			for n := from; n < end; n++ {
				if m.counts(n, day+int(n-from)) && (len(days) == 0 || days[len(days)-1] != n) {
					days = append(days, n)
				}
			}
			if f.skip == Forward && f.beyond(length) && f.movedCounts(end) {
				days = append(days, end)
			}
		}
		from = end
	}
	return days
}

// beyond says that a day is wanted which a month of that length has not.
func (f *dayFilter) beyond(length int) bool { return f.byMonthDay && f.monthDays>>(length+1) != 0 }

// movedCounts says whether BYDAY takes the day that SKIP has moved to.
func (f *dayFilter) movedCounts(n int64) bool {
	year, month, day := dateOf(n)
	m := f.month(year, month)
	return !f.byDay || m.weekdayCounts(weekdayOf(n), day)
}

func (f *dayFilter) month(year, month int) monthScan {
	return monthScan{f, year, month, daysInMonth(year, month), int(dayNumber(year, month, 1) - dayNumber(year, 1, 1))}
}

// monthScan is what stays the same while the days of one month are looked at.
type monthScan struct {
	f                   *dayFilter
	year, month, length int
	daysBefore          int // days of the year before this month
}

func (m *monthScan) counts(n int64, day int) bool {
	f := m.f
	moved := f.skip == Backward && day == m.length && f.beyond(day)
	if f.byMonthDay && !moved && f.monthDays>>day&1 == 0 && f.monthDaysBack>>(m.length-day+1)&1 == 0 {
		return false
	}
	if f.yearDays != nil && !m.yearDayCounts(day) {
		return false
	}
	if f.byDay && !m.weekdayCounts(weekdayOf(n), day) {
		return false
	}
	return !f.byWeek || f.weekCounts(n)
}

func (m *monthScan) yearDayCounts(day int) bool {
	forth := m.daysBefore + day
	back := daysInYear(m.year) - forth + 1
	return m.f.yearDays[0][forth/64]>>(forth%64)&1 == 1 || m.f.yearDays[1][back/64]>>(back%64)&1 == 1
}

func (m *monthScan) weekdayCounts(weekday time.Weekday, day int) bool {
	if m.f.weekdays>>weekday&1 == 1 {
		return true
	}
	if m.f.ordinals == nil {
		return false
	}
	length := m.length
	if m.f.ordinalsInYear {
		day, length = m.daysBefore+day, daysInYear(m.year)
	}
	forth, back := (day-1)/7+1, (length-day)/7+1
	return m.f.ordinals[0][weekday]>>forth&1 == 1 || m.f.ordinals[1][weekday]>>back&1 == 1
}

func (f *dayFilter) weekCounts(n int64) bool {
	year := weekYear(n, f.weekStart)
	first, next := firstWeek(year, f.weekStart), firstWeek(year+1, f.weekStart)
	forth, back := (n-first)/7+1, (next-n-1)/7+1
	return f.weeks>>forth&1 == 1 || f.weeksBack>>back&1 == 1
}
