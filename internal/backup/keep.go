package backup

import "time"

// Keep says which backups of a folder stay: the latest and all of the 24 hours
// before it, and the latest of each of so many days, weeks and months that have
// one. Time is counted back from the latest backup, not from now: where no new
// ones are made, for whatever reason, the old ones stay.
type Keep struct {
	Daily, Weekly, Monthly int
}

// expendable returns those of all, the latest first, that need not stay.
func (k Keep) expendable(all []Entry) (out []Entry) {
	rules := []*rule{
		{left: k.Daily, period: func(t time.Time) [2]int { return [2]int{t.Year(), t.YearDay()} }},
		{left: k.Weekly, period: func(t time.Time) [2]int { year, week := t.ISOWeek(); return [2]int{year, week} }},
		{left: k.Monthly, period: func(t time.Time) [2]int { return [2]int{t.Year(), int(t.Month())} }},
	}
	for _, e := range all {
		stays := all[0].Time.Sub(e.Time) < 24*time.Hour
		for _, r := range rules {
			stays = r.wants(e.Time) || stays
		}
		if !stays {
			out = append(out, e)
		}
	}
	return out
}

// rule keeps the latest of each period.
type rule struct {
	left   int
	period func(time.Time) [2]int
	last   [2]int
}

// wants is asked about times that go back.
func (r *rule) wants(t time.Time) bool {
	p := r.period(t)
	if r.left == 0 || p == r.last {
		return false
	}
	r.last = p
	r.left--
	return true
}
