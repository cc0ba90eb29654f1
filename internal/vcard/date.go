package vcard

import (
	"regexp"
	"strings"
)

// Both versions write dates by ISO 8601:2000, but 3.0 wants them whole (RFC 2426 §4) and 4.0 without the separators
// (RFC 6350 §4.3). Values that are neither are left alone.
var (
	wholeDate = regexp.MustCompile(`^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})(Z|[+-]\d{2}(?::?\d{2})?)?)?$`)
	yearless  = regexp.MustCompile(`^--(\d{2})-?(\d{2})$`)
	// RFC 6350 §4.3: what is cut off at either end; 3.0 has no such form.
	truncated = regexp.MustCompile(`^(?:\d{4}|\d{4}-\d{2}|--\d{2}|---\d{2}|T.+|-.*T.+|\d{8}T.+)$`)
)

// appleYear stands for no year: Apple's BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-12.
const (
	appleYear     = "1604"
	appleOmitYear = "X-APPLE-OMIT-YEAR"
)

// date3 turns a date of 4.0 into one of 3.0 and says whether 3.0 has a form for it.
func (p *property) date3() bool {
	if p.is("VALUE", "text") {
		return false
	}
	if m := yearless.FindStringSubmatch(p.value); m != nil {
		p.setValue(appleYear + "-" + m[1] + "-" + m[2])
		p.setParam(appleOmitYear, appleYear)
		p.dropParam("VALUE")
		return true
	}
	m := wholeDate.FindStringSubmatch(p.value)
	if m == nil {
		return !truncated.MatchString(p.value)
	}
	date := m[1] + "-" + m[2] + "-" + m[3]
	if m[4] == "" {
		p.setValue(date)
		p.dropParam("VALUE")
		return true
	}
	p.setValue(date + "T" + m[4] + ":" + m[5] + ":" + m[6] + extendZone(m[7]))
	p.setParam("VALUE", "date-time")
	return true
}

// date4 turns a date of 3.0 into one of 4.0.
func (p *property) date4() {
	if m := yearless.FindStringSubmatch(p.value); m != nil {
		p.setValue("--" + m[1] + m[2])
		return
	}
	m := wholeDate.FindStringSubmatch(p.value)
	if m == nil {
		return
	}
	for _, standard := range []string{"date", "date-time", "date-and-or-time"} {
		if p.is("VALUE", standard) {
			p.dropParam("VALUE")
		}
	}
	clock := m[4] + m[5] + m[6]
	if p.is(appleOmitYear, m[1]) && strings.Trim(clock, "0") == "" {
		p.setValue("--" + m[2] + m[3])
		p.dropParam(appleOmitYear)
		return
	}
	date := m[1] + m[2] + m[3]
	if clock != "" {
		date += "T" + clock + strings.ReplaceAll(m[7], ":", "")
	}
	p.setValue(date)
}

// extendZone makes +0100 and +01 the +01:00 of RFC 2426 §4.
func extendZone(zone string) string {
	switch {
	case len(zone) == 5 && zone[3] != ':':
		return zone[:3] + ":" + zone[3:]
	case len(zone) == 3:
		return zone + ":00"
	}
	return zone
}
