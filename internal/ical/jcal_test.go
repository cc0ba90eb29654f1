package ical_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/corpus"
	"ksync/internal/ical"
)

// TestJCal_Values are the examples of RFC 7265, each one way and back.
func TestJCal_Values(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, line, want string }{
		{"§3.4.1.2 GEO", "GEO:37.386013;-122.082932", `["geo",{},"float",[37.386013,-122.082932]]`},
		{"§3.4.1.3 REQUEST-STATUS", "REQUEST-STATUS:2.0;Success", `["request-status",{},"text",["2.0","Success"]]`},
		{"§3.4.1.3 with detail", "REQUEST-STATUS:3.7;Invalid calendar user;ATTENDEE:mailto:jsmith@example.org",
			`["request-status",{},"text",["3.7","Invalid calendar user","ATTENDEE:mailto:jsmith@example.org"]]`},
		{"§3.4 several values", "CATEGORIES:computers,cameras", `["categories",{},"text","computers","cameras"]`},
		{"§3.5 several values of a parameter", `ATTENDEE;MEMBER="mailto:a@example.org","mailto:b@example.org":mailto:c@example.org`,
			`["attendee",{"member":["mailto:a@example.org","mailto:b@example.org"]},"cal-address","mailto:c@example.org"]`},
		{"§3.6.1 binary", "ATTACH;VALUE=BINARY;ENCODING=BASE64:SGVsbG8gV29ybGQh", `["attach",{"encoding":"BASE64"},"binary","SGVsbG8gV29ybGQh"]`},
		{"§3.6.2 boolean", "X-NON-SMOKING;VALUE=BOOLEAN:TRUE", `["x-non-smoking",{},"boolean",true]`},
		{"§3.6.3 cal-address", "ATTENDEE:mailto:kewisch@example.com", `["attendee",{},"cal-address","mailto:kewisch@example.com"]`},
		{"§3.6.4 date", "DTSTART;VALUE=DATE:20110517", `["dtstart",{},"date","2011-05-17"]`},
		{"§3.6.5 date-time", "DTSTART:20121017T120000", `["dtstart",{},"date-time","2012-10-17T12:00:00"]`},
		{"§3.6.5 UTC", "DTSTAMP:20121017T120000Z", `["dtstamp",{},"date-time","2012-10-17T12:00:00Z"]`},
		{"§3.6.5 zone", "DTEND;TZID=Europe/Berlin:20111017T130000", `["dtend",{"tzid":"Europe/Berlin"},"date-time","2011-10-17T13:00:00"]`},
		{"§3.6.6 duration", "DURATION:P1D", `["duration",{},"duration","P1D"]`},
		{"§3.6.7 float", "X-GRADE;VALUE=FLOAT:1.3", `["x-grade",{},"float",1.3]`},
		{"§3.6.8 integer", "PERCENT-COMPLETE:42", `["percent-complete",{},"integer",42]`},
		{"§3.6.9 period", "FREEBUSY;FBTYPE=FREE:19970308T160000Z/P1D,19970309T160000Z/19970309T170000Z",
			`["freebusy",{"fbtype":"FREE"},"period",["1997-03-08T16:00:00Z","P1D"],["1997-03-09T16:00:00Z","1997-03-09T17:00:00Z"]]`},
		{"§3.6.10 recur", "RRULE:FREQ=YEARLY;COUNT=5;BYDAY=-1SU,2MO;BYMONTH=10", `["rrule",{},"recur",{"freq":"YEARLY","count":5,"byday":["-1SU","2MO"],"bymonth":10}]`},
		{"§3.6.10 until", "RRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,15,-1;UNTIL=20131001", `["rrule",{},"recur",{"freq":"MONTHLY","interval":2,"bymonthday":[1,15,-1],"until":"2013-10-01"}]`},
		{"§3.6.11 text", `COMMENT:hello\, world`, `["comment",{},"text","hello, world"]`},
		{"§3.6.12 time", "X-TIME-LOCAL;VALUE=TIME:123000", `["x-time-local",{},"time","12:30:00"]`},
		{"§3.6.12 time in UTC", "X-TIME-UTC;VALUE=TIME:123000Z", `["x-time-utc",{},"time","12:30:00Z"]`},
		{"§3.6.13 uri", "TZURL:http://example.org/tz/Europe-Berlin.ics", `["tzurl",{},"uri","http://example.org/tz/Europe-Berlin.ics"]`},
		{"§3.6.14 utc-offset", "TZOFFSETFROM:-0500", `["tzoffsetfrom",{},"utc-offset","-05:00"]`},
		{"§3.6.14 utc-offset, seconds", "TZOFFSETTO:+124500", `["tzoffsetto",{},"utc-offset","+12:45:00"]`},
		{"§5.1 unknown", `X-COFFEE-DATA:Stenophylla;Guinea\,Africa`, `["x-coffee-data",{},"unknown","Stenophylla;Guinea\\,Africa"]`},
		{"§5.2 VALUE of an extension", "X-COMPLAINT-DEADLINE;VALUE=DATE-TIME:20110512T120000Z", `["x-complaint-deadline",{},"date-time","2011-05-12T12:00:00Z"]`},
		{"RFC 6868 §3.2", "ATTENDEE;CN=George Herman ^'Babe^' Ruth:mailto:babe@example.com", `["attendee",{"cn":"George Herman \"Babe\" Ruth"},"cal-address","mailto:babe@example.com"]`},
		{"RFC 7529 §4.2 leap month", "RRULE:RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=5L;SKIP=FORWARD", `["rrule",{},"recur",{"rscale":"CHINESE","freq":"YEARLY","bymonth":"5L","skip":"FORWARD"}]`},
		{"RDATE of periods", "RDATE;VALUE=PERIOD:19960403T020000Z/PT3H", `["rdate",{},"period",["1996-04-03T02:00:00Z","PT3H"]]`},
		{"a type that nobody knows", "X-A;VALUE=X-FOO:a;b", `["x-a",{},"x-foo","a;b"]`},
		{"structured text of an extension", `X-A;VALUE=TEXT:a\;b;c,d`, `["x-a",{},"text",["a;b",["c","d"]]]`},
		{"escapes", `SUMMARY:a\\b\nc\;d\, "e"`, `["summary",{},"text","a\\b\nc;d, \"e\""]`},
		{"no date-time", "DTSTART:tomorrow", `["dtstart",{},"unknown","tomorrow"]`},
		{"no day", "DTSTART:20260230", `["dtstart",{},"unknown","20260230"]`},
		{"no time of day", "DTSTART:20260228T240000", `["dtstart",{},"unknown","20260228T240000"]`},
		{"leap second", "DTSTART:19981231T235960Z", `["dtstart",{},"date-time","1998-12-31T23:59:60Z"]`},
		{"not of its VALUE", "DTSTART;VALUE=DATE:tomorrow", `["dtstart",{"x-ksync-value":"DATE"},"unknown","tomorrow"]`},
		{"no rule", "RRULE:FREQ=DAILY;", `["rrule",{},"unknown","FREQ=DAILY;"]`},
		{"a number with many digits", "GEO:1.0000000000000000000000001;0", `["geo",{},"float",[1.0000000000000000000000001,0]]`},
		{"vCalendar 1.0", "SUMMARY;ENCODING=QUOTED-PRINTABLE:a=2C b=5Cn", `["summary",{"encoding":"QUOTED-PRINTABLE"},"unknown","a=2C b=5Cn"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "BEGIN:VCALENDAR\r\n" + string(contentline.New("", "X", "").Raw()) + "END:VCALENDAR\r\n"
			text = strings.Replace(text, "X:", tt.line, 1)
			got, err := ical.ToJCal([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`["vcalendar",[`+tt.want+`],[]]`, string(got)); diff != "" {
				t.Error(diff)
			}
			back, err := ical.FromJCal(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text, strings.ReplaceAll(string(back), "\r\n ", "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestJCal_Repairs is what comes back in better order than it went.
func TestJCal_Repairs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, line, want string }{
		{"date without VALUE", "DTSTART:20261121", "DTSTART;VALUE=DATE:20261121"},
		{"trigger without VALUE", "TRIGGER:20261121T120000Z", "TRIGGER;VALUE=DATE-TIME:20261121T120000Z"},
		{"VALUE that goes without saying", "DTSTART;VALUE=DATE-TIME:20261121T120000", "DTSTART:20261121T120000"},
		{"binary without ENCODING", "ATTACH;VALUE=BINARY:Zm9v", "ATTACH;VALUE=BINARY;ENCODING=BASE64:Zm9v"},
		{"numbers", "GEO:+01.50;-000.5", "GEO:1.50;-0.5"},
		{"commas that are not escaped", "SUMMARY:a, b; c", `SUMMARY:a\, b\; c`},
		{"a parameter twice", "ATTENDEE;MEMBER=a;MEMBER=b:mailto:c", "ATTENDEE;MEMBER=a,b:mailto:c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			there, err := ical.ToJCal([]byte("BEGIN:VCALENDAR\r\n" + tt.line + "\r\nEND:VCALENDAR\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			back, err := ical.FromJCal(there)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("BEGIN:VCALENDAR\r\n"+tt.want+"\r\nEND:VCALENDAR\r\n", string(back)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// rfc7265B1 is RFC 7265 §B.1.
const rfc7265B1Text = `BEGIN:VCALENDAR
CALSCALE:GREGORIAN
PRODID:-//Example Inc.//Example Calendar//EN
VERSION:2.0
BEGIN:VEVENT
DTSTAMP:20080205T191224Z
DTSTART;VALUE=DATE:20081006
SUMMARY:Planning meeting
UID:4088E990AD89CB3DBB484909
END:VEVENT
END:VCALENDAR
`

const rfc7265B1JSON = `["vcalendar",
  [
    ["calscale", {}, "text", "GREGORIAN"],
    ["prodid", {}, "text", "-//Example Inc.//Example Calendar//EN"],
    ["version", {}, "text", "2.0"]
  ],
  [
    ["vevent",
      [
        ["dtstamp", {}, "date-time", "2008-02-05T19:12:24Z"],
        ["dtstart", {}, "date", "2008-10-06"],
        ["summary", {}, "text", "Planning meeting"],
        ["uid", {}, "text", "4088E990AD89CB3DBB484909"]
      ],
      []
    ]
  ]
]`

// RFC 7265 §B.2, shortened to what §B.1 has not.
const rfc7265B2Text = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example Corp.//Example Client//EN
BEGIN:VTIMEZONE
LAST-MODIFIED:20040110T032845Z
TZID:US/Eastern
BEGIN:DAYLIGHT
DTSTART:20000404T020000
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4
TZNAME:EDT
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
DTSTAMP:20060206T001121Z
DTSTART;TZID=US/Eastern:20060102T120000
DURATION:PT1H
RRULE:FREQ=DAILY;COUNT=5
RDATE;TZID=US/Eastern;VALUE=PERIOD:20060102T150000/PT2H
SUMMARY:Event #2
DESCRIPTION:We are having a meeting all this week at 12 pm for one hour\, with an additional meeting on the first day 2 hours long.\nPlease bring your own lunch for the 12 pm meetings.
UID:00959BC664CA650E933C892C@example.com
END:VEVENT
END:VCALENDAR
`

const rfc7265B2JSON = `["vcalendar",
  [
    ["version", {}, "text", "2.0"],
    ["prodid", {}, "text", "-//Example Corp.//Example Client//EN"]
  ],
  [
    ["vtimezone",
      [
        ["last-modified", {}, "date-time", "2004-01-10T03:28:45Z"],
        ["tzid", {}, "text", "US/Eastern"]
      ],
      [
        ["daylight",
          [
            ["dtstart", {}, "date-time", "2000-04-04T02:00:00"],
            ["rrule", {}, "recur", {"freq": "YEARLY", "byday": "1SU", "bymonth": 4}],
            ["tzname", {}, "text", "EDT"],
            ["tzoffsetfrom", {}, "utc-offset", "-05:00"],
            ["tzoffsetto", {}, "utc-offset", "-04:00"]
          ],
          []
        ]
      ]
    ],
    ["vevent",
      [
        ["dtstamp", {}, "date-time", "2006-02-06T00:11:21Z"],
        ["dtstart", {"tzid": "US/Eastern"}, "date-time", "2006-01-02T12:00:00"],
        ["duration", {}, "duration", "PT1H"],
        ["rrule", {}, "recur", {"freq": "DAILY", "count": 5}],
        ["rdate", {"tzid": "US/Eastern"}, "period", ["2006-01-02T15:00:00", "PT2H"]],
        ["summary", {}, "text", "Event #2"],
        ["description", {}, "text", "We are having a meeting all this week at 12 pm for one hour, with an additional meeting on the first day 2 hours long.\nPlease bring your own lunch for the 12 pm meetings."],
        ["uid", {}, "text", "00959BC664CA650E933C892C@example.com"]
      ],
      []
    ]
  ]
]`

func TestJCal_WholeCalendars(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"RFC 7265 §B.1", rfc7265B1Text, rfc7265B1JSON},
		{"RFC 7265 §B.2", rfc7265B2Text, rfc7265B2JSON},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ical.ToJCal([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			if err := json.Compact(&want, []byte(tt.want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), string(got)); diff != "" {
				t.Error(diff)
			}
			back, err := ical.FromJCal([]byte(tt.want))
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, tt.name, []byte(tt.text), back)
		})
	}
}

func TestFromJCal_Lenient(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, property, want string }{
		{"period as RFC 6321 has it", `["rdate",{"tzid":"US/Eastern"},"period","2006-01-02T15:00:00/PT2H"]`, "RDATE;VALUE=PERIOD;TZID=US/Eastern:20060102T150000/PT2H"},
		{"numbers as text", `["sequence",{},"integer","2"]`, "SEQUENCE:2"},
		{"exponents", `["geo",{},"float",[1.5e1,-2E-1]]`, "GEO:15;-0.2"},
		{"text as a number", `["summary",{},"text",7]`, "SUMMARY:7"},
		{"null", `["summary",{},"text",null]`, "SUMMARY:"},
		{"upper case", `["SUMMARY",{"Language":"de"},"TEXT","x"]`, "SUMMARY;LANGUAGE=de:x"},
		{"a VALUE against the rules", `["dtstart",{"value":"DATE"},"date-time","2026-11-21T12:00:00"]`, "DTSTART:20261121T120000"},
		{"no way out of the line", `["x-a",{"b":"c\r\nD:e"},"unknown","f\r\nEND:VCALENDAR"]`, `X-A;B=c^nD:e:f\nEND:VCALENDAR`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ical.FromJCal([]byte(`["vcalendar",[` + tt.property + `],[]]`))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(tt.want, "B=c^nD:e:", `B="c^nD:e":`)
			if diff := cmp.Diff("BEGIN:VCALENDAR\r\n"+want+"\r\nEND:VCALENDAR\r\n", string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFromJCal_Refuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`["x",[],[`, 20) + strings.Repeat(`]]`, 20)
	for _, tt := range []struct {
		name, json string
		limit      bool
	}{
		{"nothing", ``, false},
		{"no array", `{}`, false},
		{"cut off", `["vcalendar",[],[`, false},
		{"two of them", `["vcalendar",[],[]]["vcalendar",[],[]]`, false},
		{"no properties", `["vcalendar"]`, false},
		{"component without a name", `["",[],[]]`, false},
		{"component with two lines for a name", `["a\nb",[],[]]`, false},
		{"property without a value", `["vcalendar",[["summary",{},"text"]],[]]`, false},
		{"a name that would end the component", `["vcalendar",[["end",{},"text","VCALENDAR"]],[]]`, false},
		{"a name with a colon", `["vcalendar",[["a:b",{},"text",""]],[]]`, false},
		{"a parameter with a colon", `["vcalendar",[["a",{"b:c":""},"text",""]],[]]`, false},
		{"a parameter of objects", `["vcalendar",[["a",{"b":{}},"text",""]],[]]`, false},
		{"a type without a name", `["vcalendar",[["a",{},"",""]],[]]`, false},
		{"a value of objects", `["vcalendar",[["summary",{},"text",{}]],[]]`, false},
		{"nested too deep", deep, true},
		{"arrays without end", strings.Repeat("[", 1000), true},
		{"too many values", `["vcalendar",[["categories",{},"text",` + strings.Repeat("0,", 1<<17) + `0]],[]]`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ical.FromJCal([]byte(tt.json))
			_, refused := errors.AsType[*ical.Error](err)
			if refused == tt.limit || errors.Is(err, ical.ErrLimit) != tt.limit {
				t.Errorf("got %v", err)
			}
		})
	}
}

// checkSame holds two texts to the same components, properties, parameters and values. The same means: parameters of one name are one;
// VALUE counts by the type that it gives, which is what the value looks like where there is none; escapes, digits and
// the way to write an offset do not count. Bytes that are no UTF-8 are U+FFFD.
func checkSame(t testing.TB, name string, a, b []byte) {
	t.Helper()
	if diff := cmp.Diff(meaning(t, name, a), meaning(t, name, b)); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func meaning(t testing.TB, name string, data []byte) (all []string) {
	t.Helper()
	doc, err := contentline.Parse(data, contentline.Limits{})
	if err != nil {
		t.Fatalf("%s: %v\n%q", name, err, data)
	}
	var walk func(c *contentline.Component, path string)
	walk = func(c *contentline.Component, path string) {
		path += strings.TrimSpace(c.Name) + "/"
		for l := range c.Lines() {
			all = append(all, utf8Only(path+lineMeaning(l)))
		}
		for inner := range c.Components() {
			walk(inner, path)
		}
	}
	for _, c := range doc.Components() {
		if c.Name == "VCALENDAR" {
			walk(c, "")
			break
		}
	}
	return all
}

func lineMeaning(l *contentline.Line) string {
	var params []string
	seen := map[string]bool{"VALUE": true, "ENCODING": strings.EqualFold(first(l, "VALUE"), "BINARY")}
	for _, p := range l.Params {
		if !seen[p.Name] {
			params = append(params, fmt.Sprintf("%s=%q", p.Name, lineFeeds(l.ParamValues(p.Name))))
		}
		seen[p.Name] = true
	}
	slices.Sort(params)
	group := contentline.UpperName(utf8Only(l.Group))
	return strings.Join([]string{group, l.Name, strings.Join(params, ";"), effective(l), canonical(l)}, "|")
}

func lineFeeds(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = utf8Only(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(v))
	}
	return out
}

func first(l *contentline.Line, name string) string { v, _ := l.Param(name); return v }

// defaults are the types of RFC 5545 for what is not text.
var defaults = map[string]string{
	"DATE-TIME": "COMPLETED DTEND DUE DTSTART RECURRENCE-ID EXDATE RDATE CREATED DTSTAMP LAST-MODIFIED ACKNOWLEDGED TZUNTIL",
	"DURATION":  "DURATION TRIGGER REFRESH-INTERVAL", "INTEGER": "PERCENT-COMPLETE PRIORITY REPEAT SEQUENCE",
	"URI": "ATTACH TZURL URL SOURCE CONCEPT", "RECUR": "RRULE EXRULE", "CAL-ADDRESS": "ATTENDEE ORGANIZER CALENDAR-ADDRESS",
	"FLOAT": "GEO", "PERIOD": "FREEBUSY", "UTC-OFFSET": "TZOFFSETFROM TZOFFSETTO",
}

// effective is the type of VALUE, else the default, for dates what they look like.
func effective(l *contentline.Line) string {
	asked := strings.ToUpper(first(l, "VALUE"))
	for typ, names := range defaults {
		if !slices.Contains(strings.Fields(names), l.Name) {
			continue
		}
		if asked != "" && asked != "UNKNOWN" {
			return asked
		}
		v, _, _ := strings.Cut(l.Value, ",")
		_, date := time.Parse("20060102", v)
		_, local := time.Parse("20060102T150405", strings.TrimSuffix(v, "Z"))
		switch {
		case typ == "DATE-TIME" && date == nil:
			return "DATE"
		case typ == "DATE-TIME" && strings.Contains(v, "/"):
			return "PERIOD"
		case l.Name == "TRIGGER" && local == nil:
			return "DATE-TIME"
		}
		return typ
	}
	if asked == "UNKNOWN" || asked == "TEXT" && !strings.HasPrefix(l.Name, "X-") {
		return ""
	}
	return asked
}

var numeric = []string{"GEO", "PERCENT-COMPLETE", "PRIORITY", "REPEAT", "SEQUENCE"}

// canonical is the value with every escape taken off and numbers in one spelling.
func canonical(l *contentline.Line) string {
	separators, value := ";", l.Value
	switch {
	case slices.Contains([]string{"TEXT", "URI", "BINARY"}, effective(l)):
		separators = ""
	case l.Name == "RRULE" || l.Name == "EXRULE":
		separators, value = ";=,", upperNames(utf8Only(value))
	case l.Name == "REQUEST-STATUS" || l.Name == "GEO":
	case l.Name == "CATEGORIES" || l.Name == "RESOURCES" || l.Name == "LOCATION-TYPE":
		separators = ","
	default:
		return spelt(l.Value, slices.Contains(numeric, l.Name) || strings.EqualFold(first(l, "VALUE"), "INTEGER") || strings.EqualFold(first(l, "VALUE"), "FLOAT"))
	}
	return split(value, separators, slices.Contains(numeric, l.Name) || strings.HasSuffix(l.Name, "RULE"))
}

// upperNames is a rule with the names of its parts in upper case: RFC 7265 §3.6.10 has them in lower case.
func upperNames(rule string) string {
	parts := strings.Split(rule, ";")
	for i, part := range parts {
		name, value, has := strings.Cut(part, "=")
		if parts[i] = strings.ToUpper(name); has {
			parts[i] += "=" + value
		}
	}
	return strings.Join(parts, ";")
}

func split(v, separators string, number bool) string {
	if separators == "" {
		return spelt(v, number)
	}
	var parts []string
	for _, part := range contentline.SplitUnescaped(v, separators[0]) {
		parts = append(parts, split(part, separators[1:], number))
	}
	return fmt.Sprintf("%q", parts)
}

func spelt(v string, number bool) string {
	if f, err := strconv.ParseFloat(v, 64); number && err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return utf8Only(contentline.Unescape(v))
}

// utf8Only must come before %q, which would show the bytes.
func utf8Only(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func TestCorpus_JCalRoundTrip(t *testing.T) {
	t.Parallel()
	n := 0
	files := corpus.Files(t, "icalendar")
	for _, f := range files {
		path, data := f.Path, f.Read(t)
		there, err := ical.ToJCal(data)
		if err != nil {
			continue // BEGIN and END do not nest
		}
		checkJCal(t, path, there)
		back, err := ical.FromJCal(there)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		checkSame(t, path, data, back)
		n++
	}
	if n < 900 {
		t.Errorf("only %d files of %d", n, len(files))
	}
}

// checkJCal holds JSON to the grammar of RFC 7265 §3 and to the form of each type.
func checkJCal(t testing.TB, name string, data []byte) {
	t.Helper()
	var calendar []any
	if err := json.Unmarshal(data, &calendar); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	checkComponent(t, name, calendar)
}

func checkComponent(t testing.TB, name string, c []any) {
	t.Helper()
	if len(c) != 3 {
		t.Fatalf("%s: a component of %d", name, len(c))
	}
	for _, p := range c[1].([]any) {
		p := p.([]any)
		params, typ := p[1].(map[string]any), p[2].(string)
		if _, has := params["value"]; has || p[0] != strings.ToLower(p[0].(string)) || typ != strings.ToLower(typ) || len(p) < 4 {
			t.Errorf("%s: %v", name, p)
		}
		for _, v := range p[3:] {
			if !validValue(p[0].(string), typ, v) {
				t.Errorf("%s: %v is no %s", name, v, typ)
			}
		}
	}
	for _, inner := range c[2].([]any) {
		checkComponent(t, name, inner.([]any))
	}
}

func validValue(name, typ string, v any) bool {
	s, isString := v.(string)
	switch typ {
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "integer", "float":
		list, structured := v.([]any)
		_, ok := v.(float64)
		return ok || structured && name == "geo" && len(list) > 1
	case "period":
		list, ok := v.([]any)
		return ok && len(list) == 2
	case "recur":
		rule, ok := v.(map[string]any)
		return ok && rule["freq"] != nil
	case "date":
		return isString && len(s) == 10 && s[4] == '-' && s[7] == '-'
	case "date-time":
		return isString && len(strings.TrimSuffix(s, "Z")) == 19 && s[10] == 'T' && s[13] == ':'
	case "utc-offset":
		return isString && len(s) >= 6 && s[3] == ':'
	case "text":
		_, structured := v.([]any)
		return isString || structured
	}
	return isString
}

// FuzzJCal: no text fails to become JSON or comes back with another meaning; no JSON makes a text that cannot be read.
func FuzzJCal(f *testing.F) {
	f.Add([]byte(rfc7265B1Text))
	f.Add([]byte(rfc7265B2Text))
	f.Add([]byte(rfc7265B1JSON))
	f.Add([]byte(rfc7265B2JSON))
	f.Add([]byte("BEGIN:VCALENDAR\na.b;c;d=\"^n\",e:f\nGEO:-0;+1.\nRRULE:FREQ=DAILY;BYMONTH=5L;UNTIL=20260101\nX;VALUE=TEXT:\\;,\\\nFREEBUSY:/\nEND:VCALENDAR"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return
		}
		if back, err := ical.FromJCal(data); err == nil {
			if _, err := contentline.Parse(back, contentline.Limits{}); err != nil {
				t.Fatalf("%q became %q: %v", data, back, err)
			}
			return
		}
		there, err := ical.ToJCal(data)
		if err != nil {
			return
		}
		if !json.Valid(there) {
			t.Fatalf("no JSON: %s", there)
		}
		back, err := ical.FromJCal(there)
		if err == nil && utf8.Valid(data) { // or names that differ may become one
			checkSame(t, string(data), data, back)
		} else if err != nil && !nameless.Match(data) && !errors.Is(err, ical.ErrLimit) {
			t.Fatalf("%q: %s: %v", data, there, err)
		}
	})
}

// nameless is a component without a name, which JSON cannot bring back.
var nameless = regexp.MustCompile(`(?i)BEGIN[^:]*:[ \t]*[\r\n]`)

func BenchmarkJCal(b *testing.B) {
	text := []byte(rfc7265B2Text)
	there, err := ical.ToJCal(text)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ical.ToJCal(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ical.FromJCal(there); err != nil {
				b.Fatal(err)
			}
		}
	})
}
