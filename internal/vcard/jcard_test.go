package vcard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// TestJCard_Values are the examples of RFC 7095 and the forms of RFC 6350 §4.3, each one way and back.
func TestJCard_Values(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, line, want string }{
		{"§3.3.1.2 several values", "CATEGORIES:computers,cameras", `["categories",{},"text","computers","cameras"]`},
		{"§3.3.1.3 structured", "ADR:;;123 Main Street;Any Town;CA;91921-1234;U.S.A.", `["adr",{},"text",["","","123 Main Street","Any Town","CA","91921-1234","U.S.A."]]`},
		{"§3.3.1.3 structured, several values", "ADR:;;My Street,Left Side,Second Shack;Hometown;PA;18252;U.S.A.",
			`["adr",{},"text",["","",["My Street","Left Side","Second Shack"],"Hometown","PA","18252","U.S.A."]]`},
		{"§3.4.1 group", "CONTACT.TEL;TYPE=fax:+1 555 123 4567", `["tel",{"group":"CONTACT","type":"fax"},"text","+1 555 123 4567"]`},
		{"§3.4 several values of a parameter", "TEL;TYPE=home,fax:1", `["tel",{"type":["home","fax"]},"text","1"]`},
		{"RFC 6350 §8 quoted list of types", `TEL;VALUE=uri;TYPE="work,voice";PREF=1:tel:+1-418-656-9254;ext=102`,
			`["tel",{"type":["work","voice"],"pref":"1"},"uri","tel:+1-418-656-9254;ext=102"]`},
		{"§3.5.1 text", `FN:John Doe\, Jr.`, `["fn",{},"text","John Doe, Jr."]`},
		{"§3.5.2 uri", "SOURCE:ldap://ldap.example.com/cn=babs%20jensen", `["source",{},"uri","ldap://ldap.example.com/cn=babs%20jensen"]`},
		{"§3.5.3 date", "BDAY:19850412", `["bday",{},"date-and-or-time","1985-04-12"]`},
		{"§3.5.3 year and month", "BDAY:1985-04", `["bday",{},"date-and-or-time","1985-04"]`},
		{"§3.5.3 year", "BDAY:1985", `["bday",{},"date-and-or-time","1985"]`},
		{"§3.5.3 month and day", "BDAY:--0412", `["bday",{},"date-and-or-time","--04-12"]`},
		{"§3.5.3 month", "BDAY:--04", `["bday",{},"date-and-or-time","--04"]`},
		{"§3.5.3 day", "BDAY:---12", `["bday",{},"date-and-or-time","---12"]`},
		{"§3.5.3 VALUE", "X-D;VALUE=date:19850412", `["x-d",{},"date","1985-04-12"]`},
		{"§3.5.4 time", "X-T;VALUE=time:123000", `["x-t",{},"time","12:30:00"]`},
		{"§3.5.4 hour", "X-T;VALUE=time:10", `["x-t",{},"time","10"]`},
		{"§3.5.4 minute, second", "X-T;VALUE=time:-2200", `["x-t",{},"time","-22:00"]`},
		{"§3.5.4 second", "X-T;VALUE=time:--00", `["x-t",{},"time","--00"]`},
		{"§3.5.4 UTC", "X-T;VALUE=time:102200Z", `["x-t",{},"time","10:22:00Z"]`},
		{"§3.5.4 zone", "X-T;VALUE=time:102200-0800", `["x-t",{},"time","10:22:00-08:00"]`},
		{"§3.5.5 date-time", "X-DT;VALUE=date-time:20130214T123000", `["x-dt",{},"date-time","2013-02-14T12:30:00"]`},
		{"§3.5.5 no year", "X-DT;VALUE=date-time:--1022T1400", `["x-dt",{},"date-time","--10-22T14:00"]`},
		{"§3.5.5 day and hour", "X-DT;VALUE=date-time:---22T14", `["x-dt",{},"date-time","---22T14"]`},
		{"§3.5.6 time alone", "BDAY:T102200", `["bday",{},"date-and-or-time","T10:22:00"]`},
		{"§3.5.6 date with time", "ANNIVERSARY:20090808T1430-0500", `["anniversary",{},"date-and-or-time","2009-08-08T14:30-05:00"]`},
		{"§3.5.7 timestamp", "REV:20130214T123000Z", `["rev",{},"timestamp","2013-02-14T12:30:00Z"]`},
		{"§3.5.7 boolean", "X-NON-SMOKING;VALUE=boolean:TRUE", `["x-non-smoking",{},"boolean",true]`},
		{"§3.5.8 integer", "X-KARMA-POINTS;VALUE=integer:42", `["x-karma-points",{},"integer",42]`},
		{"§3.5.9 float", "X-GRADE;VALUE=float:1.3", `["x-grade",{},"float",1.3]`},
		{"§3.5.10 utc-offset", "TZ;VALUE=utc-offset:-0500", `["tz",{},"utc-offset","-05:00"]`},
		{"§3.5.11 language-tag", "LANG:de", `["lang",{},"language-tag","de"]`},
		{"§5.1 unknown", `X-COFFEE-DATA:Stenophylla;Guinea\,Africa`, `["x-coffee-data",{},"unknown","Stenophylla;Guinea\\,Africa"]`},
		{"one part", "ORG:Viagenie", `["org",{},"text","Viagenie"]`},
		{"one part of several values", "N:a,b", `["n",{},"text",[["a","b"]]]`},
		{"commas that part nothing", `ORG:ABC\, Inc.;North`, `["org",{},"text",["ABC, Inc.","North"]]`},
		{"BDAY in words", "BDAY;VALUE=text:circa 1800", `["bday",{},"text","circa 1800"]`},
		{"no date", "BDAY:in spring", `["bday",{},"unknown","in spring"]`},
		{"RFC 6868", "ADR;LABEL=1 Main^nTown:;;;;;;", `["adr",{"label":"1 Main\nTown"},"text",["","","","","","",""]]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "BEGIN:VCARD\r\nVERSION:4.0\r\n" + tt.line + "\r\nEND:VCARD\r\n"
			got := jCard(t, []byte(text))
			if diff := cmp.Diff(`["vcard",[["version",{},"text","4.0"],`+tt.want+`]]`, string(got)); diff != "" {
				t.Error(diff)
			}
			back, err := vcard.FromJCard(got)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.NewReplacer(`TYPE="work,voice"`, "TYPE=work,voice", "^nTown", "^nTown").Replace(text)
			if diff := cmp.Diff(want, strings.ReplaceAll(string(back), "\r\n ", "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// RFC 7095 §B.1, whose card is that of the author of RFC 6350 (§8 there).
const rfc7095Text = `BEGIN:VCARD
VERSION:4.0
FN:Simon Perreault
N:Perreault;Simon;;;ing. jr,M.Sc.
BDAY:--0203
GENDER:M
LANG;PREF=1:fr
LANG;PREF=2:en
ORG;TYPE=work:Viagenie
ADR;TYPE=work:;Suite D2-630;2875 Laurier;Quebec;QC;G1V 2M2;Canada
TEL;VALUE=uri;TYPE="work,voice";PREF=1:tel:+1-418-656-9254;ext=102
TEL;VALUE=uri;TYPE="work,cell,voice,video,text":tel:+1-418-262-6501
EMAIL;TYPE=work:simon.perreault@viagenie.ca
GEO;TYPE=work:geo:46.772673,-71.282945
KEY;TYPE=work;VALUE=uri:http://www.viagenie.ca/simon.perreault/simon.asc
TZ;VALUE=utc-offset:-0500
URL;TYPE=home:http://nomis80.org
END:VCARD
`

const rfc7095JSON = `["vcard",
  [
    ["version", {}, "text", "4.0"],
    ["fn", {}, "text", "Simon Perreault"],
    ["n", {}, "text", ["Perreault", "Simon", "", "", ["ing. jr", "M.Sc."]]],
    ["bday", {}, "date-and-or-time", "--02-03"],
    ["gender", {}, "text", "M"],
    ["lang", {"pref":"1"}, "language-tag", "fr"],
    ["lang", {"pref":"2"}, "language-tag", "en"],
    ["org", {"type":"work"}, "text", "Viagenie"],
    ["adr", {"type":"work"}, "text", ["", "Suite D2-630", "2875 Laurier", "Quebec", "QC", "G1V 2M2", "Canada"]],
    ["tel", {"type":["work", "voice"], "pref":"1"}, "uri", "tel:+1-418-656-9254;ext=102"],
    ["tel", {"type":["work", "cell", "voice", "video", "text"]}, "uri", "tel:+1-418-262-6501"],
    ["email", {"type":"work"}, "text", "simon.perreault@viagenie.ca"],
    ["geo", {"type":"work"}, "uri", "geo:46.772673,-71.282945"],
    ["key", {"type":"work"}, "uri", "http://www.viagenie.ca/simon.perreault/simon.asc"],
    ["tz", {}, "utc-offset", "-05:00"],
    ["url", {"type":"home"}, "uri", "http://nomis80.org"]
  ]
]`

func TestJCard_RFC7095AppendixB1(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(rfc7095JSON)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(jCard(t, []byte(rfc7095Text)))); diff != "" {
		t.Error(diff)
	}
	back, err := vcard.FromJCard([]byte(rfc7095JSON))
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "RFC 7095", []byte(rfc7095Text), back)
}

func TestJCard_IsVersion4(t *testing.T) {
	t.Parallel()
	c, err := vcard.Parse([]byte("BEGIN:VCARD\nVERSION:3.0\nN:Doe;Ann\nFN:Ann\nTEL;TYPE=HOME;TYPE=PREF:1\nEND:VCARD"))
	if err != nil {
		t.Fatal(err)
	}
	want := `["vcard",[["version",{},"text","4.0"],["n",{},"text",["Doe","Ann"]],["fn",{},"text","Ann"],["tel",{"type":"home","pref":"1"},"text","1"]]]`
	if diff := cmp.Diff(want, strings.Replace(string(jCard(t, c.Serve(vcard.V4))), `"HOME"`, `"home"`, 1)); diff != "" {
		t.Error(diff)
	}
}

func jCard(t testing.TB, served []byte) []byte {
	t.Helper()
	b, err := vcard.ToJCard(served)
	if err != nil {
		t.Fatalf("%q: %v", served, err)
	}
	return b
}

func TestFromJCard_Refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", `["vcard"]`, `["vcard",[["fn",{},"text"]]]`, `["vcard",[["fn",{"group":{}},"text",""]]]`, strings.Repeat("[", 99)} {
		_, err := vcard.FromJCard([]byte(text))
		if e, ok := errors.AsType[*vcard.Error](err); !ok || e.Cond != vcard.NotData {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// checkSame holds two cards to the same properties, groups, parameters and values. The same means: parameters of one
// name are one, as is a quoted list of types; VALUE counts only where it is not the type that goes without saying;
// escapes, and hyphens and colons in dates, do not count.
func checkSame(t testing.TB, name string, a, b []byte) {
	t.Helper()
	if diff := cmp.Diff(lineMeanings(t, name, a), lineMeanings(t, name, b)); diff != "" {
		t.Errorf("%s: %s\n%q\n%q", name, diff, a, b)
	}
}

func lineMeanings(t testing.TB, name string, data []byte) (all []string) {
	t.Helper()
	doc, err := contentline.Parse(data, contentline.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for l := range doc.Components()[0].Lines() {
		all = append(all, strings.ToValidUTF8(lineMeaning(l), "\ufffd"))
	}
	return all
}

// special are the default types of RFC 6350 that are not text.
var special = map[string]string{
	"SOURCE PHOTO IMPP GEO LOGO MEMBER RELATED SOUND UID URL KEY FBURL CALADRURI CALURI ORG-DIRECTORY CONTACT-URI SOCIALPROFILE": "uri",
	"BDAY ANNIVERSARY DEATHDATE": "date-and-or-time", "REV CREATED": "timestamp", "LANG LANGUAGE": "language-tag",
}

func lineMeaning(l *contentline.Line) string {
	var params []string
	for _, p := range l.Params {
		values := strings.Join(l.ParamValues(p.Name), "\x00")
		if p.Name == "TYPE" {
			values = strings.ReplaceAll(values, ",", "\x00")
		}
		values = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(values)
		if one := fmt.Sprintf("%s=%q", p.Name, values); p.Name != "VALUE" && !slices.Contains(params, one) {
			params = append(params, one)
		}
	}
	slices.Sort(params)
	standard := "text"
	if strings.HasPrefix(l.Name, "X-") {
		standard = ""
	}
	for names, typ := range special {
		if slices.Contains(strings.Fields(names), l.Name) {
			standard = typ
		}
	}
	typ, _ := l.Param("VALUE")
	if typ = strings.ToLower(typ); typ == standard || typ == "unknown" {
		typ = ""
	}
	value := l.Value
	if standard == "date-and-or-time" || standard == "timestamp" || typ != "" {
		value = strings.NewReplacer("-", "", ":", "").Replace(value)
	}
	var parts []string
	for _, part := range contentline.SplitUnescaped(value, ';') {
		parts = append(parts, contentline.Unescape(part))
	}
	separated := fmt.Sprintf("%q", parts)
	if !slices.Contains([]string{"N", "ADR", "ORG", "GENDER"}, l.Name) {
		separated = contentline.Unescape(value)
	}
	return strings.Join([]string{l.Group, l.Name, strings.Join(params, ";"), typ, separated}, "|")
}

// checkJCard: the card becomes JSON of the form of RFC 7095 §3, and comes back with the same meaning.
func checkJCard(t testing.TB, name string, c *vcard.Card) {
	t.Helper()
	there := jCard(t, c.Serve(vcard.V4))
	var card []any
	if err := json.Unmarshal(there, &card); err != nil || len(card) != 2 || card[0] != "vcard" {
		t.Fatalf("%s: %v\n%s", name, err, there)
	}
	for _, p := range card[1].([]any) {
		p := p.([]any)
		params, ok := p[1].(map[string]any)
		if _, has := params["value"]; !ok || has || strings.ContainsAny(fmt.Sprint(p[0], p[2]), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") || len(p) < 4 {
			t.Errorf("%s: %v", name, p)
		}
	}
	back, err := vcard.FromJCard(there)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	checkSame(t, name, c.Serve(vcard.V4), back)
}

func TestCorpus_JCardRoundTrip(t *testing.T) {
	t.Parallel()
	n := 0
	eachOfCorpus(t, func(path, _, _ string, data []byte) {
		items, err := vcard.Split(data)
		if err != nil {
			return
		}
		for _, it := range items {
			if c, err := vcard.Parse(it.Bytes); err == nil {
				checkJCard(t, path, c)
				n++
			}
		}
	})
	if n < 300 {
		t.Errorf("only %d cards", n)
	}
}

// FuzzJCard: no card fails to become JSON or comes back with another meaning; no JSON makes a text that cannot be read.
func FuzzJCard(f *testing.F) {
	f.Add([]byte(rfc7095Text))
	f.Add([]byte(rfc7095JSON))
	f.Add([]byte("BEGIN:VCARD\nVERSION:3.0\nitem1.X-ABDate;type=pref:2009-08-08\nitem1.X-ABLabel:_$!<Anniversary>!$_\nTEL;HOME:1\nBDAY:T10-08\nEND:VCARD"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			return
		}
		if back, err := vcard.FromJCard(data); err == nil {
			if _, err := contentline.Parse(back, contentline.Limits{}); err != nil {
				t.Fatalf("%q became %q: %v", data, back, err)
			}
			return
		}
		if c, err := vcard.Parse(data); err == nil && !bytes.Contains(bytes.ToUpper(data), []byte("GROUP")) {
			checkJCard(t, "fuzz", c)
		}
	})
}
