package ical

import "errors"

// ErrLimit says that a bound of Limits ended the work before its result was known.
var ErrLimit = errors.New("calendar object exceeds a limit")

// Limits bound what one object may cost; zero fields mean the value of
// DefaultLimits. What is cut by a bound is never taken for absent: a filter then
// matches and a Span is open.
type Limits struct {
	Instances int // instances of one expansion
	Steps     int // periods and days looked at, over all rules of one question
	Overrides int // components of one UID
	Dates     int // values of RDATE and EXDATE, each
	Rules     int // RRULE and EXRULE of one component
	Bytes     int // of an expansion, and of what Split makes
}

// DefaultLimits are generous to people and short for machines: the steps take some
// 5 ms.
var DefaultLimits = Limits{Instances: 20_000, Steps: 200_000, Overrides: 5_000, Dates: 10_000, Rules: 20, Bytes: 16 << 20}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits
	for _, f := range []struct{ value, def *int }{
		{&l.Instances, &d.Instances}, {&l.Steps, &d.Steps}, {&l.Overrides, &d.Overrides},
		{&l.Dates, &d.Dates}, {&l.Rules, &d.Rules}, {&l.Bytes, &d.Bytes},
	} {
		if *f.value <= 0 {
			*f.value = *f.def
		}
	}
	return l
}

// budget is the work left for one question; once it is spent every search ends and
// the answer is unknown.
type budget struct{ steps int64 }

func newBudget(l Limits) *budget { return &budget{steps: int64(l.withDefaults().Steps)} }

// spend takes n steps and reports whether there were that many.
func (b *budget) spend(n int) bool {
	b.steps -= int64(n)
	return b.steps >= 0
}

func (b *budget) spent() bool { return b.steps < 0 }
