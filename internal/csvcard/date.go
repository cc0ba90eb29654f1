package csvcard

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	isoDate  = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$`)
	yearless = regexp.MustCompile(`^--(\d{2})-?(\d{2})$`)
	numbers  = regexp.MustCompile(`^(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})(?: .*)?$`)
)

// orders collects which of day and month may come first.
type orders struct{ day, month bool }

func (o *orders) see(cell string) {
	m := numbers.FindStringSubmatch(strings.TrimSpace(cell))
	if m == nil {
		return
	}
	first, _ := strconv.Atoi(m[1])
	second, _ := strconv.Atoi(m[3])
	o.day = o.day || first > 12 || m[2] == "."
	o.month = o.month || second > 12
}

// dayFirst: no date of the file contradicts, or else who writes English writes the month first.
func (o *orders) dayFirst(english bool) bool {
	if o.day != o.month {
		return o.day
	}
	return !english
}

// date gives a date as vCard 3.0 has it (RFC 2426 §3.1.5); one without a year as Apple does. Outlook writes 0/0/00 for
// none, which is "" and true.
func date(cell string, dayFirst bool) (value string, omitted, ok bool) {
	if strings.Trim(cell, "0/.- ") == "" {
		return "", false, true
	}
	if m := matched(yearless, cell, strings.HasPrefix(cell, "--")); m != nil {
		return "1604-" + m[1] + "-" + m[2], true, valid("1604", m[1], m[2])
	}
	if m := matched(isoDate, cell, len(cell) > 4 && cell[4] == '-'); m != nil {
		return join(m[1], m[2], m[3])
	}
	m := numbers.FindStringSubmatch(cell)
	if m == nil {
		return "", false, false
	}
	if dayFirst {
		return join(m[4], m[3], m[1])
	}
	return join(m[4], m[1], m[3])
}

// matched looks closer only where a glance says that it is worth it.
func matched(form *regexp.Regexp, cell string, maybe bool) []string {
	if !maybe {
		return nil
	}
	return form.FindStringSubmatch(cell)
}

func join(year, month, day string) (value string, omitted, ok bool) {
	month, day = ("0" + month)[len(month)-1:], ("0" + day)[len(day)-1:]
	return year + "-" + month + "-" + day, false, valid(year, month, day)
}

func valid(year, month, day string) bool {
	_, err := time.Parse("20060102", year+month+day)
	return err == nil
}
