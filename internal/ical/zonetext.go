package ical

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ksync/internal/contentline"
)

// What is told of a zone: nobody asks for clocks before the first year. The last 28
// years, in which a rule meets each date that it can fall on, show what goes on for
// ever; they are behind all that the database lists year by year.
const (
	zoneFirstYear = 1970
	zoneRuleYear  = 2101
	zoneRuleYears = 28
)

// ZoneText writes a zone as iCalendar, with one VTIMEZONE (RFC 5545 §3.6.5). What
// happens in the same way every year is a rule, all else is told by its dates.
func ZoneText(tzid string, loc *time.Location) []byte {
	start := time.Date(zoneFirstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	changes := clockChanges(loc, start)
	first := clockChangeAt(loc, start)
	first.from, first.wall = first.to, start // as if it had always been so
	parts := []zonePart{{clockChange: first}}
	for _, rule := range yearlyRules(changes) {
		parts = append(parts, rule.part(&changes))
	}
	for _, c := range changes {
		same := func(p zonePart) bool { return p.rule == "" && p.kind() == c.kind() && p.wall != start }
		if i := slices.IndexFunc(parts, same); i >= 0 {
			parts[i].others = append(parts[i].others, c.clock())
		} else {
			parts = append(parts, zonePart{clockChange: c})
		}
	}
	slices.SortStableFunc(parts, func(a, b zonePart) int { return a.wall.Compare(b.wall) })
	zone := contentline.NewComponent("VTIMEZONE")
	zone.Append(contentline.New("", "TZID", tzid))
	for _, p := range parts {
		zone.AppendComponent(p.component())
	}
	calendar := contentline.NewComponent("VCALENDAR")
	calendar.Append(contentline.New("", "VERSION", "2.0"))
	calendar.Append(contentline.New("", "PRODID", "-//ksyncd//EN"))
	calendar.AppendComponent(zone)
	return calendar.Bytes()
}

// clockChange is a moment at which clocks are set.
type clockChange struct {
	wall     time.Time // what they show before, as if that were UTC
	from, to int       // seconds east of UTC
	name     string
	summer   bool
}

// kind is a change without its date.
func (c clockChange) kind() clockChange {
	c.wall = time.Time{}
	return c
}

func (c clockChange) clock() string { return c.wall.Format("20060102T150405") }

func clockChangeAt(loc *time.Location, at time.Time) clockChange {
	_, from := at.Add(-time.Second).In(loc).Zone()
	name, to := at.In(loc).Zone()
	wall := at.UTC().Add(time.Duration(from) * time.Second)
	return clockChange{wall, from, to, name, at.In(loc).IsDST()}
}

// clockChanges goes from bound to bound. In the years of a zone's last rule the time
// package has bounds at which nothing changes, and one on the last day of leap years
// that it does not get past; no rule changes clocks on that day.
func clockChanges(loc *time.Location, at time.Time) (list []clockChange) {
	before := clockChangeAt(loc, at)
	for {
		_, end := at.In(loc).ZoneBounds()
		if end.IsZero() || end.Year() >= zoneRuleYear+zoneRuleYears {
			return list
		}
		if !end.After(at) {
			end = at.Add(24 * time.Hour)
		}
		c := clockChangeAt(loc, end)
		if c.to != before.to || c.name != before.name || c.summer != before.summer {
			list = append(list, c)
		}
		at, before = end, c
	}
}

// yearlyRule is a change on the one such day of the week among seven days, which
// are counted back from the end of the year: leap days are before all of them.
type yearlyRule struct {
	clockChange // the first that is looked at
	days        []int
}

// yearDay is BYYEARDAY's, from the end.
func (c clockChange) yearDay() int {
	return c.wall.YearDay() - time.Date(c.wall.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay() - 1
}

// yearlyRules are those that hold in each of the last years.
func yearlyRules(changes []clockChange) (rules []yearlyRule) {
	for _, c := range changes {
		if c.wall.Year() < zoneRuleYear {
			continue
		}
		i := slices.IndexFunc(rules, func(r yearlyRule) bool { return r.alike(c) })
		if i < 0 {
			i, rules = len(rules), append(rules, yearlyRule{clockChange: c})
		}
		rules[i].days = append(rules[i].days, c.yearDay())
	}
	return slices.DeleteFunc(rules, func(r yearlyRule) bool {
		return len(r.days) != zoneRuleYears || slices.Max(r.days)-slices.Min(r.days) != 6
	})
}

func (r yearlyRule) alike(c clockChange) bool {
	const day = secondsPerDay
	return r.wall.Weekday() == c.wall.Weekday() && r.wall.Unix()%day == c.wall.Unix()%day && r.kind() == c.kind()
}

// part takes the changes that follow the rule without a year between out of the list.
func (r yearlyRule) part(changes *[]clockChange) zonePart {
	least := slices.Min(r.days)
	year := zoneRuleYear + zoneRuleYears
	first := r.clockChange
	follows := func(c clockChange) bool {
		return c.wall.Year() == year-1 && r.alike(c) && c.yearDay() >= least && c.yearDay() <= least+6
	}
	for i := len(*changes) - 1; i >= 0; i-- {
		if c := (*changes)[i]; follows(c) {
			first, year = c, year-1
			*changes = slices.Delete(*changes, i, i+1)
		}
	}
	return zonePart{clockChange: first, rule: r.rrule(least)}
}

// rrule names the day as people do, where it can be named so.
func (r yearlyRule) rrule(least int) string {
	weekday := strings.ToUpper(r.wall.Weekday().String()[:2])
	first := time.Date(zoneRuleYear+1, 1, least+1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 0, 6)
	text := fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;", first.Month())
	switch {
	case last.Month() != first.Month():
		return "FREQ=YEARLY;BYYEARDAY=" + sevenFrom(least) + ";BYDAY=" + weekday
	case last.AddDate(0, 0, 1).Month() != last.Month():
		return text + "BYDAY=-1" + weekday
	case first.Day()%7 == 1:
		return text + fmt.Sprintf("BYDAY=%d%s", first.Day()/7+1, weekday)
	}
	return text + "BYMONTHDAY=" + sevenFrom(first.Day()) + ";BYDAY=" + weekday
}

func sevenFrom(n int) string {
	list := make([]string, 7)
	for i := range list {
		list[i] = strconv.Itoa(n + i)
	}
	return strings.Join(list, ",")
}

// zonePart is one STANDARD or DAYLIGHT.
type zonePart struct {
	clockChange
	rule   string
	others []string
}

func (p zonePart) component() *contentline.Component {
	name := "STANDARD"
	if p.summer {
		name = "DAYLIGHT"
	}
	c := contentline.NewComponent(name)
	c.Append(contentline.New("", "DTSTART", p.clock()))
	if p.rule != "" {
		c.Append(contentline.New("", "RRULE", p.rule))
	}
	if len(p.others) > 0 {
		c.Append(contentline.New("", "RDATE", strings.Join(p.others, ",")))
	}
	c.Append(contentline.New("", "TZNAME", p.name))
	c.Append(contentline.New("", "TZOFFSETFROM", utcOffset(p.from)))
	c.Append(contentline.New("", "TZOFFSETTO", utcOffset(p.to)))
	return c
}

// utcOffset is RFC 5545 §3.3.14.
func utcOffset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	text := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}
