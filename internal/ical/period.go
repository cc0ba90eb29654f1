package ical

import (
	"math"
	"slices"
	"sort"
)

// pattern is a rule bound to its DTSTART: what the rule leaves out is taken from
// there (RFC 5545 §3.3.10), and time is cut into periods, one per INTERVAL.
type pattern struct {
	freq     Freq
	interval int64
	start    wall
	days     dayFilter
	origin   int64 // of period 0: year, month, first day of week, day, or second
	unit     int64 // seconds, for the frequencies below a day
	hours    []int
	minutes  []int
	seconds  []int
	setPos   []int
	never    bool
}

func newPattern(r *Rule, start wall, allDay bool) *pattern {
	p := &pattern{freq: r.Freq, interval: max(r.Interval, 1), start: start,
		days: newDayFilter(r), setPos: distinct(r.BySetPos)}
	if allDay {
		p.wholeDays()
	}
	p.fillDays(r)
	p.fillTimes(r, allDay)
	p.setOrigin()
	p.never = p.days.impossible() || len(p.hours)*len(p.minutes)*len(p.seconds) == 0 || !p.meets()
	return p
}

// distinct is a list without repetitions, which every period would be searched for; nil stays nil.
func distinct(list []int) []int {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// wholeDays makes a rule by the hour one by the day, for a DTSTART that has no time.
func (p *pattern) wholeDays() {
	if p.freq >= Daily {
		return
	}
	seconds := p.interval * unitOf(p.freq)
	p.freq, p.interval = Daily, max(seconds/secondsPerDay, 1)
	if seconds%secondsPerDay != 0 {
		p.interval = 1
	}
}

// fillDays takes from DTSTART which day of a longer period is meant.
func (p *pattern) fillDays(r *Rule) {
	_, month, day := p.start.date()
	f := &p.days
	narrowed := f.byMonthDay || f.byDay || f.byWeek || f.yearDays != nil
	switch {
	case p.freq == Yearly && f.byWeek && !f.byMonthDay && !f.byDay && f.yearDays == nil,
		p.freq == Weekly && !narrowed:
		f.byDay, f.weekdays = true, 1<<weekdayOf(p.start.day())
	case p.freq == Yearly && r.ByMonth == nil && (!narrowed || p.onlyMonthDay()):
		f.months = 1 << month
		if !narrowed {
			f.byMonthDay, f.monthDays = true, 1<<day
		}
	case p.freq >= Monthly && !narrowed:
		f.byMonthDay, f.monthDays = true, 1<<day
	}
}

// onlyMonthDay: FREQ=YEARLY;BYMONTHDAY=29 does not say which month, so it is
// DTSTART's (RFC 5545 §3.3.10: "Information, not contained in the rule, … are derived
// from the Start Time"), unless DTSTART is not on such a day: then the set is undefined by
// RFC 5545 §3.8.5.3, and the wider reading, every month, hides nothing.
func (p *pattern) onlyMonthDay() bool {
	f := &p.days
	if f.byDay || f.byWeek || f.yearDays != nil {
		return false
	}
	year, month, day := p.start.date()
	back := daysInMonth(year, month) - day + 1
	return f.monthDays>>day&1 == 1 || f.monthDaysBack>>back&1 == 1
}

// fillTimes: RFC 5545 §3.3.10: BYHOUR, BYMINUTE and BYSECOND must be ignored when
// DTSTART is a DATE.
func (p *pattern) fillTimes(r *Rule, allDay bool) {
	second := p.start.second()
	p.hours = times(r.ByHour, 23, second/secondsPerHour, p.freq <= Hourly)
	p.minutes = times(r.ByMinute, 59, second/secondsPerMinute%60, p.freq <= Minutely)
	p.seconds = times(r.BySecond, 60, second%60, p.freq == Secondly)
	if allDay {
		p.hours, p.minutes, p.seconds = []int{0}, []int{0}, []int{0}
	}
}

// times sorts a list; without one it is DTSTART's value, or every value where the
// frequency itself runs through them. 60 is the leap second, read as 59.
func times(list []int, limit, value int, every bool) []int {
	if list == nil {
		if !every {
			return []int{value}
		}
		all := make([]int, min(limit, 59)+1)
		for i := range all {
			all[i] = i
		}
		return all
	}
	var set []int
	for _, v := range list {
		if v >= 0 && v <= limit {
			set = append(set, min(v, 59))
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

func unitOf(f Freq) int64 {
	switch f {
	case Hourly:
		return secondsPerHour
	case Minutely:
		return secondsPerMinute
	}
	return 1
}

func (p *pattern) setOrigin() {
	if p.freq == Daily && p.interval == 1 && p.setPos == nil && !p.days.any() {
		p.freq = Monthly // the same days, found a month at a time
	}
	if p.freq < Daily {
		p.unit = unitOf(p.freq)
		p.origin = floorDiv(int64(p.start), p.unit) * p.unit
		return
	}
	p.origin = p.coordinate(p.start)
	if p.days.byWeek && p.freq == Yearly && p.interval > 1 && len(p.days.scan(nil, p.start.day(), p.start.day()+1)) == 0 {
		// DTSTART is in no week that counts: INTERVAL is then counted from its calendar year.
		year, _, _ := p.start.date()
		p.origin = int64(year)
	}
}

// coordinate places a wall time on the axis that periods are counted on.
func (p *pattern) coordinate(w wall) int64 {
	year, month, _ := w.date()
	switch p.freq {
	case Yearly:
		if p.days.byWeek {
			year = weekYear(w.day(), p.days.weekStart)
		}
		return int64(year)
	case Monthly:
		return int64(year)*12 + int64(month) - 1
	case Weekly:
		return weekStart(w.day(), p.days.weekStart)
	case Daily:
		return w.day()
	}
	return int64(w)
}

// step is the distance between periods on that axis.
func (p *pattern) step() int64 {
	switch {
	case p.freq == Weekly:
		return 7 * p.interval
	case p.freq < Daily:
		return p.unit * p.interval
	}
	return p.interval
}

// period returns the number of the last period that begins at w or before.
func (p *pattern) period(w wall) int64 {
	return floorDiv(p.coordinate(w)-p.origin, p.step())
}

// dayRange returns the days of a period of a day or more.
func (p *pattern) dayRange(k int64) (from, to int64) {
	at := p.origin + k*p.step()
	switch p.freq {
	case Yearly:
		year := int(min(at, 10001))
		if p.days.byWeek {
			return firstWeek(year, p.days.weekStart), firstWeek(year+1, p.days.weekStart)
		}
		return dayNumber(year, 1, 1), dayNumber(year+1, 1, 1)
	case Monthly:
		at = min(at, 10001*12)
		return dayNumber(int(at/12), int(at%12)+1, 1), dayNumber(int((at+1)/12), int((at+1)%12)+1, 1)
	case Weekly:
		return at, at + 7
	}
	return at, at + 1
}

// meets says whether a rule by hours, minutes or seconds ever reaches a time of day
// that it allows: the times reached are those of DTSTART plus multiples of the
// greatest common divisor of INTERVAL and the day.
func (p *pattern) meets() bool {
	if p.freq >= Daily {
		return true
	}
	g := int(gcd(p.step(), secondsPerDay))
	r := int(floorMod(p.origin, int64(g)))
	minutes, seconds := p.minutes, p.seconds
	if p.freq == Hourly {
		minutes = []int{0}
	}
	if p.freq != Secondly {
		seconds = []int{0}
	}
	var residues [60]bool // of the seconds, where they can repeat
	for _, s := range seconds {
		residues[s%min(g, 60)] = true
	}
	for _, h := range p.hours {
		for _, m := range minutes {
			if s := int(floorMod(int64(r-h*secondsPerHour-m*secondsPerMinute), int64(g))); s < 60 && residues[s] {
				return true
			}
		}
	}
	return false
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// constant says that every period has the same number of instances, so that periods
// can be counted without looking at them.
func (p *pattern) constant() bool {
	f := &p.days
	switch {
	case p.freq == Weekly:
		return f.months == allMonths && !f.byMonthDay && !f.byWeek && f.yearDays == nil
	case p.freq == Daily:
		return f.any()
	case p.freq < Daily:
		return f.any() && len(p.hours) == 24 &&
			(p.freq == Hourly || len(p.minutes) == 60) && (p.freq != Secondly || len(p.seconds) == 60)
	}
	return false
}

// instances are those of one period in order: the product of its days and times,
// thinned by BYSETPOS. They are computed when asked for, since a rule can have
// 31 million a year.
type instances struct {
	days                    []int64
	hours, minutes, seconds []int
	positions               []int
	thinned                 bool
}

func (s *instances) len() int {
	if s.thinned {
		return len(s.positions)
	}
	return s.product()
}

func (s *instances) product() int {
	return len(s.days) * len(s.hours) * len(s.minutes) * len(s.seconds)
}

func (s *instances) at(i int) wall {
	if s.thinned {
		i = s.positions[i]
	}
	i, sec := i/len(s.seconds), s.seconds[i%len(s.seconds)]
	i, m := i/len(s.minutes), s.minutes[i%len(s.minutes)]
	i, h := i/len(s.hours), s.hours[i%len(s.hours)]
	return wall(s.days[i]*secondsPerDay + int64(h*secondsPerHour+m*secondsPerMinute+sec))
}

// search returns the index of the first instance not before w.
func (s *instances) search(w wall) int {
	return sort.Search(s.len(), func(i int) bool { return s.at(i) >= w })
}

// thin keeps the BYSETPOS-th instances, counted from 1 or back from -1.
func (s *instances) thin(setPos []int) {
	if s.thinned = setPos != nil; !s.thinned {
		return
	}
	s.positions = s.positions[:0]
	total := s.product()
	for _, n := range setPos {
		if n < 0 {
			n += total + 1
		}
		if n >= 1 && n <= total {
			s.positions = append(s.positions, n-1)
		}
	}
	slices.Sort(s.positions)
	s.positions = slices.Compact(s.positions)
}

const noPeriod = math.MaxInt64
