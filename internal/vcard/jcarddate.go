package vcard

import "strings"

// RFC 7095 §3.5.3 to §3.5.6: dates and times are the same as in vCard, but in the extended format of ISO 8601, with
// "-" and ":" between their parts; where parts are left out nothing changes but that (RFC 7095 §3.5.3, Table 1).

// form says whether every byte of s is a digit where the form has "0", and that byte otherwise.
func form(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; form[i] == '0' && (c < '0' || c > '9') || form[i] != '0' && form[i] != c {
			return false
		}
	}
	return true
}

func extendDate(s string) (string, bool) {
	switch {
	case form(s, "00000000"):
		return s[:4] + "-" + s[4:6] + "-" + s[6:], true
	case form(s, "--0000"):
		return s[:4] + "-" + s[4:], true
	}
	// The last one is extended already: vCard 3.0 has such dates, and they are common in 4.0.
	return s, form(s, "0000-00") || form(s, "0000") || form(s, "--00") || form(s, "---00") || form(s, "0000-00-00")
}

// extendClock is a time with parts left out in front or behind, and perhaps a zone.
func extendClock(s string) (string, bool) {
	clock, zone, ok := cutZone(s)
	if !ok {
		return "", false
	}
	switch {
	case form(clock, "000000"):
		clock = clock[:2] + ":" + clock[2:4] + ":" + clock[4:]
	case form(clock, "0000"):
		clock = clock[:2] + ":" + clock[2:]
	case form(clock, "-0000"):
		clock = clock[:3] + ":" + clock[3:]
	case !form(clock, "00") && !form(clock, "-00") && !form(clock, "--00") && !form(clock, "00:00:00"):
		return "", false
	}
	return clock + zone, true
}

// cutZone splits before the zone and extends it.
func cutZone(s string) (clock, zone string, ok bool) {
	if clock, ok = strings.CutSuffix(s, "Z"); ok {
		return clock, "Z", true
	}
	lead := len(s) - len(strings.TrimLeft(s, "-"))
	i := strings.IndexAny(s[lead:], "+-")
	if i < 0 {
		return s, "", true
	}
	zone, ok = extendOffset(s[lead+i:])
	return s[:lead+i], zone, ok
}

// extendOffset is RFC 7095 §3.5.10.
func extendOffset(s string) (string, bool) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return "", false
	}
	if form(s[1:], "0000") {
		return s[:3] + ":" + s[3:], true
	}
	return s, form(s[1:], "00") || form(s[1:], "00:00")
}

func extendDateTime(s string) (string, bool) {
	date, clock, timed := strings.Cut(s, "T")
	date, ok := extendDate(date)
	clock, whole := extendClock(clock)
	// RFC 6350 §4.3.3: nothing is left out of the end of the date or the beginning of the time.
	return date + "T" + clock, timed && ok && whole && !strings.HasPrefix(clock, "-") && len(date) > 4 && !form(date, "0000-00")
}

func extendTimestamp(s string) (string, bool) {
	extended, ok := extendDateTime(s)
	date, clock, _ := strings.Cut(extended, "T")
	return extended, ok && form(date, "0000-00-00") && len(clock) >= 8 && form(clock[:8], "00:00:00")
}

func extendDateOrTime(s string) (string, bool) {
	if clock, ok := strings.CutPrefix(s, "T"); ok {
		clock, ok = extendClock(clock)
		return "T" + clock, ok
	}
	if date, ok := extendDate(s); ok {
		return date, true
	}
	return extendDateTime(s)
}

// reduced is the way back to the basic format. A year and a month keep their hyphen: RFC 6350 §4.3.1.
func reduced(s string) (string, bool) {
	date, clock, timed := strings.Cut(s, "T")
	switch {
	case form(date, "0000-00-00"):
		date = strings.ReplaceAll(date, "-", "")
	case form(date, "--00-00"):
		date = "--" + strings.ReplaceAll(date[2:], "-", "")
	}
	if !timed {
		return date, true
	}
	clock, ok := reducedClock(clock)
	return date + "T" + clock, ok
}

func reducedClock(s string) (string, bool) { return strings.ReplaceAll(s, ":", ""), true }
