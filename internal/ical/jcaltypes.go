package ical

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"ksync/internal/contentline"
)

func same(s string) (string, bool) { return s, true }

// basic takes out the separators of the extended forms of ISO 8601, which jCal has and iCalendar has not.
func basic(s string) (string, bool) {
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:] // of a utc-offset
	}
	date, clock, timed := strings.Cut(s, "T")
	date = strings.NewReplacer("-", "", ":", "").Replace(date)
	if !timed {
		return sign + date, true
	}
	return sign + date + "T" + strings.ReplaceAll(clock, ":", ""), true
}

// fitsForm matches s: "0" stands for a digit, everything else for itself.
func fitsForm(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if form[i] == '0' && (s[i] < '0' || s[i] > '9') || form[i] != '0' && form[i] != s[i] {
			return false
		}
	}
	return true
}

// extendedDate is RFC 7265 §3.6.4.
func extendedDate(s string) (string, bool) {
	if _, err := time.Parse("20060102", s); err != nil {
		return "", false
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:], true
}

// extendedTime is RFC 7265 §3.6.5.
func extendedTime(s string) (string, bool) {
	date, clock, _ := strings.Cut(s, "T")
	date, ok := extendedDate(date)
	clock, timed := extendedClock(clock)
	return date + "T" + clock, ok && timed
}

// extendedClock is RFC 7265 §3.6.12.
func extendedClock(s string) (string, bool) {
	clock, zulu := strings.CutSuffix(s, "Z")
	if !fitsForm(clock, "000000") || clock[:2] > "23" || clock[2:4] > "59" || clock[4:] > "60" {
		return "", false
	}
	clock = clock[:2] + ":" + clock[2:4] + ":" + clock[4:]
	if zulu {
		clock += "Z"
	}
	return clock, true
}

// extendedOffset is RFC 7265 §3.6.14.
func extendedOffset(s string) (string, bool) {
	if s == "" || s[0] != '+' && s[0] != '-' || !fitsForm(s[1:], "0000") && !fitsForm(s[1:], "000000") {
		return "", false
	}
	extended := s[:3] + ":" + s[3:5]
	if len(s) == 7 {
		extended += ":" + s[5:]
	}
	return extended, true
}

// durationText is RFC 7265 §3.6.6: as in iCalendar.
func durationText(s string) (string, bool) {
	_, ok := parseSpan(s)
	return s, ok && s == strings.ToUpper(strings.TrimSpace(s))
}

// appendPeriod is RFC 7265 §3.6.9: an array of the start and the end or duration.
func appendPeriod(b []byte, s string) ([]byte, bool) {
	from, to, _ := strings.Cut(s, "/")
	start, ok := extendedTime(from)
	end, timed := extendedTime(to)
	if !timed {
		var spans bool
		if end, spans = durationText(to); !spans {
			return nil, false
		}
	}
	b = contentline.AppendJSONString(append(b, '['), start)
	return append(contentline.AppendJSONString(append(b, ','), end), ']'), ok
}

// periodText also takes the one string that RFC 6321 and old writers of jCal have.
func periodText(v *contentline.JSONValue) (string, bool) {
	var parts []string
	switch {
	case v.Kind == contentline.JSONArray && len(v.List) == 2:
		parts = []string{v.List[0].Text, v.List[1].Text}
	case v.Kind == contentline.JSONString:
		parts = strings.SplitN(v.Text, "/", 2)
	default:
		return "", false
	}
	for i, p := range parts {
		if !strings.Contains(p, "P") {
			parts[i], _ = basic(p)
		}
	}
	return strings.Join(parts, "/"), true
}

// maxRecurParts are twice as many as there are (RFC 5545 §3.3.10, RFC 7529 §4).
const maxRecurParts = 32

// appendRecur is RFC 7265 §3.6.10: an object of the rule's parts, with numbers where they are some, and an array for
// several values.
func appendRecur(b []byte, s string) ([]byte, bool) {
	b = append(b, '{')
	var seen []string
	for part := range strings.SplitSeq(s, ";") {
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(name)
		if value == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name == "" || slices.Contains(seen, name) || len(seen) == maxRecurParts {
			return nil, false
		}
		if len(seen) > 0 {
			b = append(b, ',')
		}
		seen = append(seen, name)
		b = append(contentline.AppendJSONString(b, name), ':')
		var ok bool
		if b, ok = appendRecurPart(b, name, value); !ok {
			return nil, false
		}
	}
	return append(b, '}'), slices.Contains(seen, "freq")
}

func appendRecurPart(b []byte, name, value string) ([]byte, bool) {
	values, ok := strings.Split(value, ","), true
	if len(values) == 1 {
		return appendRecurValue(b, name, value)
	}
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		if b, ok = appendRecurValue(b, name, v); !ok {
			return nil, false
		}
	}
	return append(b, ']'), true
}

func appendRecurValue(b []byte, name, value string) ([]byte, bool) {
	switch name {
	case "until":
		extended, ok := extendedDate(value)
		if !ok {
			extended, ok = extendedTime(value)
		}
		return contentline.AppendJSONString(b, extended), ok
	case "freq", "wkst", "byday", "rscale", "skip":
		return contentline.AppendJSONString(b, value), value != ""
	}
	// What is no number here may be a leap month (RFC 7529 §4.2) or an extension.
	if n, err := strconv.Atoi(value); err == nil {
		return strconv.AppendInt(b, int64(n), 10), true
	}
	return contentline.AppendJSONString(b, value), value != "" && (!strings.HasPrefix(name, "by") || strings.HasSuffix(value, "L"))
}

func recurText(v *contentline.JSONValue) (string, bool) {
	if v.Kind != contentline.JSONObject {
		return "", false
	}
	parts := make([]string, 0, len(v.Keys))
	for i, name := range v.Keys {
		value, ok := recurPartText(name, &v.List[i])
		if !ok || strings.ContainsAny(name, ";=\r\n") {
			return "", false
		}
		parts = append(parts, strings.ToUpper(name)+"="+value)
	}
	return strings.Join(parts, ";"), len(parts) > 0
}

func recurPartText(name string, v *contentline.JSONValue) (string, bool) {
	list := []contentline.JSONValue{*v}
	if v.Kind == contentline.JSONArray {
		list = v.List
	}
	values := make([]string, len(list))
	for i := range list {
		s, ok := list[i].Scalar()
		if !ok || s == "" || strings.ContainsAny(s, ";\r\n") {
			return "", false
		}
		if strings.EqualFold(name, "until") {
			s, _ = basic(s)
		}
		values[i] = s
	}
	return strings.Join(values, ","), len(values) > 0
}
