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
)

// orders collects which of day and month may come first.
type orders struct{ day, month bool }

func (o *orders) see(cell string) {
	n, ok := numbersOf(strings.TrimSpace(cell))
	if !ok {
		return
	}
	first, _ := strconv.Atoi(n.first)
	second, _ := strconv.Atoi(n.second)
	o.day = o.day || first > 12 || n.separator == '.'
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
	n, ok := numbersOf(cell)
	switch {
	case !ok:
		return "", false, false
	case dayFirst:
		return join(n.year, n.second, n.first)
	}
	return join(n.year, n.first, n.second)
}

// numbers are those of "12/31/2009", "31.12.2009" or "31-12-2009", which a time may follow.
type numbers struct {
	first, second, year string
	separator           byte
}

func numbersOf(cell string) (n numbers, ok bool) {
	date, _, _ := strings.Cut(cell, " ")
	at := strings.IndexAny(date, "/.-")
	if at < 0 {
		return n, false
	}
	n.first, n.separator, date = date[:at], date[at], date[at+1:]
	if at = strings.IndexAny(date, "/.-"); at < 0 {
		return n, false
	}
	n.second, n.year = date[:at], date[at+1:]
	return n, isNumber(n.first, 1, 2) && isNumber(n.second, 1, 2) && isNumber(n.year, 4, 4)
}

// isNumber says whether s is from least to most digits.
func isNumber(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
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
