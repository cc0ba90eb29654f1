package i18n

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// form is how a language writes numbers and dates: CLDR's medium and long
// forms, as far as pages and letters need them.
type form struct {
	group, point string // of numbers
	day          string // layout of time.Format in which "January" is replaced
	clock        string
	join         string // between day and clock
	firstOfMonth string // in place of the day's number, when not empty
	months       []string
	sharp        string // written for ß
}

const (
	thin  = "\u202f" // narrow no-break space
	fixed = "\u00a0" // no-break space
)

func formOf(tag, region string) form {
	f := forms()[tag]
	if region == "CH" || region == "LI" {
		f.group, f.point, f.sharp = "’", ".", "ss"
	}
	if tag == "en" && region == "US" {
		f.day, f.clock = "January 2, 2006", "3:04"+fixed+"PM"
	}
	return f
}

func forms() map[string]form {
	return map[string]form{
		"en": {group: ",", point: ".", day: "2 January 2006", clock: "15:04", join: ", ",
			months: strings.Fields("January February March April May June July August September October November December")},
		"de": {group: ".", point: ",", day: "2. January 2006", clock: "15:04", join: ", ",
			months: strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember")},
		"es": {group: fixed, point: ",", day: "2 de January de 2006", clock: "15:04", join: ", ",
			months: strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")},
		"fr": {group: thin, point: ",", day: "2 January 2006", clock: "15:04", join: " à ", firstOfMonth: "1er",
			months: strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")},
		"it": {group: ".", point: ",", day: "2 January 2006", clock: "15:04", join: ", ", firstOfMonth: "1º",
			months: strings.Fields("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre")},
	}
}

// Date is a day, like "21 November 2026".
func (p *Printer) Date(t time.Time) string {
	t = t.In(p.zone)
	text := t.Format(p.form.day)
	if t.Day() == 1 && p.form.firstOfMonth != "" {
		text = p.form.firstOfMonth + strings.TrimPrefix(text, "1")
	}
	return strings.Replace(text, t.Month().String(), p.form.months[t.Month()-1], 1)
}

// Clock is a time of the day, like "14:05".
func (p *Printer) Clock(t time.Time) string { return t.In(p.zone).Format(p.form.clock) }

// Time is a day and a time of it.
func (p *Printer) Time(t time.Time) string { return p.Date(t) + p.form.join + p.Clock(t) }

// When is [Printer.Time] as people say it at now: "today, 14:05".
func (p *Printer) When(t, now time.Time) string {
	day, today := midnight(t.In(p.zone)), midnight(now.In(p.zone))
	switch {
	case day.Equal(today):
		return p.T("time.today", "Clock", p.Clock(t))
	case day.Equal(today.AddDate(0, 0, -1)):
		return p.T("time.yesterday", "Clock", p.Clock(t))
	}
	return p.Time(t)
}

// midnight is the day as a value that can be compared, whatever the zone does to its clocks.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Number is a whole number with its groups: "12,345". Four digits stay together.
func (p *Printer) Number(n int64) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "−"
	}
	if len(digits) <= 4 {
		return sign + digits
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(p.form.group)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Bytes is a size as people read it: "1.4 MB".
func (p *Printer) Bytes(n int64) string {
	const step = 1000
	units := []string{"B", "kB", "MB", "GB", "TB"}
	value, unit := float64(n), 0
	for value >= step && unit < len(units)-1 {
		value, unit = value/step, unit+1
	}
	text := strconv.FormatFloat(value, 'f', 0, 64)
	if unit > 0 && value < 10 {
		text = strconv.FormatFloat(math.Round(value*10)/10, 'f', 1, 64)
	}
	return strings.Replace(text, ".", p.form.point, 1) + fixed + units[unit]
}
