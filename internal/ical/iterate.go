package ical

import "slices"

// cursor walks the instances of one rule in order. It never holds more than the days
// of one period, and stops when its budget is spent.
type cursor struct {
	*pattern
	work   *budget
	coming int64 // the period to load next
	now    instances
	i      int
	left   int64 // instances that COUNT still allows; negative: no COUNT
	until  wall
	time   [3]int
	done   bool
}

// stepsToOpen are what it costs to make sense of a rule, however few instances it has.
const stepsToOpen = 16

// newCursor starts at the first instance. Instances after until are not given.
func newCursor(r *Rule, start wall, allDay bool, until wall, work *budget) *cursor {
	c := &cursor{pattern: newPattern(r, start, allDay), work: work, left: -1, until: min(until, maxWall)}
	if r.Count > 0 {
		c.left = r.Count
	}
	c.done = !work.spend(stepsToOpen) || c.never
	return c
}

// next returns the next instance at DTSTART or later.
func (c *cursor) next() (wall, bool) {
	for !c.done {
		if c.i == c.now.len() {
			c.load()
			continue
		}
		w := c.now.at(c.i)
		c.i++
		if c.left == 0 || w > c.until || !c.work.spend(1) {
			break
		}
		c.left--
		return w, true
	}
	c.done = true
	return 0, false
}

// load takes the next period; instances before DTSTART are none.
func (c *cursor) load() {
	k, before := c.coming, minWall
	if n := c.now.len(); n > 0 && c.days.skip == Forward {
		before = c.now.at(n - 1) // a day moved out of the last period may be in this one as well
	}
	if c.freq < Daily {
		if k = c.seekTime(k); k == noPeriod {
			c.done = true
			return
		}
		c.loadTime(k)
	} else {
		c.loadDays(k)
	}
	c.coming = k + 1
	c.i = 0
	if k <= 0 {
		c.i = c.now.search(c.start)
	}
	if before > minWall {
		c.i = max(c.i, c.now.search(before+1))
	}
}

func (c *cursor) loadDays(k int64) {
	from, to := c.dayRange(k)
	if from > c.until.day() || !c.work.spend(1+int(to-from)/16+len(c.setPos)/16) {
		c.done = true
		return
	}
	c.now.days = c.days.scan(c.now.days[:0], from, to)
	c.now.hours, c.now.minutes, c.now.seconds = c.hours, c.minutes, c.seconds
	c.now.thin(c.setPos)
}

// loadTime takes the period of one hour, minute or second.
func (c *cursor) loadTime(k int64) {
	c.work.spend(len(c.setPos) / 16)
	w := wall(c.origin + k*c.step())
	second := w.second()
	c.now.days = append(c.now.days[:0], w.day())
	c.time = [3]int{second / secondsPerHour, second / secondsPerMinute % 60, second % 60}
	c.now.hours, c.now.minutes, c.now.seconds = c.time[0:1], c.minutes, c.seconds
	if c.freq <= Minutely {
		c.now.minutes = c.time[1:2]
	}
	if c.freq == Secondly {
		c.now.seconds = c.time[2:3]
	}
	c.now.thin(c.setPos)
}

// seekTime returns the first period from k on that begins at an allowed hour, minute
// and second of an allowed day; it leaps over what is not.
func (c *cursor) seekTime(k int64) int64 {
	for c.work.spend(1) {
		w := wall(c.origin + k*c.step())
		if w > c.until {
			return noPeriod
		}
		to, ok := c.leap(w)
		if ok {
			return k
		}
		k = -floorDiv(c.origin-int64(to), c.step()) // rounded up
	}
	return noPeriod
}

// leap reports whether a period may begin at w, else where to look next.
func (c *cursor) leap(w wall) (to wall, ok bool) {
	day := w.midnight()
	if !c.days.any() && len(c.days.scan(c.now.days[:0], w.day(), w.day()+1)) == 0 {
		return c.leapDay(w), false
	}
	second := w.second()
	h, m, s := second/secondsPerHour, second/secondsPerMinute%60, second%60
	if v := ceil(c.hours, h, 24); v != h {
		return day + wall(v*secondsPerHour), false
	}
	if v := ceil(c.minutes, m, 60); c.freq <= Minutely && v != m {
		return day + wall(h*secondsPerHour+v*secondsPerMinute), false
	}
	if v := ceil(c.seconds, s, 60); c.freq == Secondly && v != s {
		return day + wall(h*secondsPerHour+m*secondsPerMinute+v), false
	}
	return w, true
}

// leapDay returns the start of the next day, or of the next month when w's month does
// not count.
func (c *cursor) leapDay(w wall) wall {
	year, month, _ := w.date()
	if c.days.months>>month&1 == 1 {
		return w.midnight() + secondsPerDay
	}
	return wallOf(year, month, 1) + wall(daysInMonth(year, month))*secondsPerDay
}

// ceil returns the first value of a sorted list that is v or more, else over, which
// carries to the unit above.
func ceil(list []int, v, over int) int {
	i, _ := slices.BinarySearch(list, v)
	if i == len(list) {
		return over
	}
	return list[i]
}

// seek skips the instances before w. Without COUNT it jumps; with COUNT it counts
// periods, and jumps where every period counts the same.
func (c *cursor) seek(w wall) {
	if w <= c.start || c.done {
		return
	}
	if c.left >= 0 {
		c.seekCounted(w)
		return
	}
	from := w
	if c.days.skip == Forward {
		from -= secondsPerDay // the first of a month may have been moved there from the one before
	}
	c.coming = max(c.period(from), 0)
	for next := true; next; next = !c.done && c.i == c.now.len() && c.coming <= c.period(w) {
		c.load()
		c.i = max(c.i, c.now.search(w))
	}
}

func (c *cursor) seekCounted(w wall) {
	for c.load(); !c.done; c.load() {
		end := max(c.now.search(w), c.i)
		c.left -= int64(end - c.i)
		if c.i = end; c.left <= 0 {
			c.done = true
			return
		}
		if end < c.now.len() {
			return
		}
		if c.constant() {
			c.skipPeriods(c.period(w) - c.coming)
		}
	}
}

// skipPeriods leaves out n periods of constant length.
func (c *cursor) skipPeriods(n int64) {
	if n <= 0 {
		return
	}
	c.left -= n * int64(c.now.len())
	c.coming += n
	c.done = c.left <= 0 || c.now.len() == 0
}

// first returns the first instance at w or later of a rule without COUNT.
func (c *cursor) first(w wall) (wall, bool) {
	c.coming, c.i, c.now.days, c.done = 0, 0, c.now.days[:0], c.never
	c.now.thin(c.setPos)
	c.seek(w)
	return c.next()
}

// last returns the last instance of a rule that ends by COUNT or by the cursor's
// until; false when there is none, or the budget ended before.
func (c *cursor) last() (wall, bool) {
	if c.left >= 0 {
		return c.lastCounted()
	}
	low, ok := c.first(c.until - wall(2*c.length()))
	if !ok {
		low, ok = c.first(c.start)
	}
	for high := c.until; ok && low < high; {
		middle := low + (high-low+1)/2
		if w, later := c.first(middle); later {
			low = w
		} else {
			high = middle - 1
		}
	}
	return low, ok && !c.work.spent()
}

func (c *cursor) lastCounted() (w wall, ok bool) {
	for c.load(); !c.done; c.load() {
		n := int64(c.now.len() - c.i)
		if c.left <= n {
			return c.now.at(c.i + int(c.left) - 1), true
		}
		c.left -= n
		if size := int64(c.now.len()); size > 0 && c.constant() {
			c.skipPeriods((c.left - 1) / size)
		}
	}
	return 0, false
}

// length returns about how many seconds a period has, INTERVAL included.
func (c *cursor) length() int64 {
	switch c.freq {
	case Yearly:
		return min(c.interval, 10000) * 366 * secondsPerDay
	case Monthly:
		return min(c.interval, 120000) * 31 * secondsPerDay
	case Weekly, Daily:
		return min(c.step(), 10000*366) * secondsPerDay
	}
	return min(c.step(), 10000*366*secondsPerDay)
}
