package vcard_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/vcard"
)

// card wraps properties; lines are separated by "\n" for reading and sent with CRLF.
func card(version, properties string) []byte {
	lines := "BEGIN:VCARD\nVERSION:" + version + "\n" + properties + "\nEND:VCARD\n"
	return []byte(strings.ReplaceAll(lines, "\n", "\r\n"))
}

// parse is for input that must parse.
func parse(t *testing.T, data []byte) *vcard.Card {
	t.Helper()
	c, err := vcard.Parse(data)
	if err != nil {
		t.Fatalf("Parse: %v\n%q", err, data)
	}
	return c
}

func convert(t *testing.T, data []byte, version string) []byte {
	t.Helper()
	out, err := parse(t, data).Convert(version)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// bothWays has properties that say the same in both versions.
func bothWays() map[string]struct{ v3, v4 string } {
	return map[string]struct{ v3, v4 string }{
		"unknown and common properties": {"N:Doe;Jane;;;\nFN:Jane\nX-FOO;X-BAR=1:x\nEMAIL;TYPE=INTERNET:a@b\nitem1.URL:http://x\nitem1.X-ABLabel:_$!<HomePage>!$_",
			"N:Doe;Jane;;;\nFN:Jane\nX-FOO;X-BAR=1:x\nEMAIL;TYPE=INTERNET:a@b\nitem1.URL:http://x\nitem1.X-ABLabel:_$!<HomePage>!$_"},
		"preference":                        {"TEL;TYPE=CELL,pref:1\nTEL;X-PREF=50:2", "TEL;TYPE=CELL;PREF=1:1\nTEL;PREF=50:2"},
		"no first preference":               {"TEL;TYPE=pref;X-PREF=20:1\nTEL;X-PREF=50:2", "TEL;PREF=20:1\nTEL;PREF=50:2"},
		"group (T61)":                       {"UID:g\nX-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:abc", "UID:g\nKIND:group\nMEMBER:urn:uuid:abc"},
		"group that is shown as one":        {"X-ABShowAs:COMPANY\nX-ADDRESSBOOKSERVER-KIND:group", "X-ABShowAs:COMPANY\nKIND:group"},
		"label in another language":         {"ADR;TYPE=home:;;1 St;X;;;\nLABEL;TYPE=home;LANGUAGE=de:x", "ADR;TYPE=home:;;1 St;X;;;\nADR;TYPE=home;LANGUAGE=de;LABEL=x:;;;;;;"},
		"company":                           {"ORG:Acme\nX-ABShowAs:COMPANY", "ORG:Acme\nKIND:org"},
		"photo inline":                      {"PHOTO;ENCODING=b;TYPE=JPEG:Zm9v", "PHOTO:data:image/jpeg;base64,Zm9v"},
		"photo with types and X- params":    {"PHOTO;X-ABCROP-RECTANGLE=ABClipRect_1&0&0&1&1;TYPE=home,PNG;ENCODING=b:Zm9v", "PHOTO;X-ABCROP-RECTANGLE=ABClipRect_1&0&0&1&1;TYPE=home:data:image/png;base64,Zm9v"},
		"photo of an odd type":              {"PHOTO;ENCODING=b;X-MEDIATYPE=image/x-odd:Zm9v", "PHOTO:data:image/x-odd;base64,Zm9v"},
		"photo without a type":              {"PHOTO;ENCODING=b:Zm9v", "PHOTO:data:application/octet-stream;base64,Zm9v"},
		"photo elsewhere":                   {"PHOTO;X-MEDIATYPE=image/png;VALUE=uri:http://x/y.png", "PHOTO;MEDIATYPE=image/png:http://x/y.png"},
		"sound and key":                     {"SOUND;ENCODING=b;TYPE=WAVE:Zm9v\nKEY;ENCODING=b;TYPE=PGP:Zm9v", "SOUND:data:audio/wav;base64,Zm9v\nKEY:data:application/pgp-keys;base64,Zm9v"},
		"key as text":                       {"KEY;VALUE=text:a:b", "KEY;VALUE=text:a:b"},
		"birthday":                          {"BDAY:1996-04-15", "BDAY:19960415"},
		"birthday with time":                {"BDAY;VALUE=date-time:1953-10-15T23:10:00Z", "BDAY:19531015T231000Z"},
		"birthday with time and zone":       {"BDAY;VALUE=date-time:1953-10-15T23:10:00-05:00", "BDAY:19531015T231000-0500"},
		"birthday without year (T63)":       {"BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-12", "BDAY:--0512"},
		"birthday, year alone":              {"X-BDAY:1953", "BDAY:1953"},
		"birthday, day alone":               {"X-BDAY:---12", "BDAY:---12"},
		"birthday in words":                 {"X-BDAY;VALUE=text:circa 1800", "BDAY;VALUE=text:circa 1800"},
		"birthday that is none":             {"BDAY:yesterday", "BDAY:yesterday"},
		"anniversary":                       {"item1.X-ABDATE:2009-08-08\nitem1.X-ABLabel:_$!<Anniversary>!$_\nNOTE:x", "ANNIVERSARY:20090808\nNOTE:x"},
		"anniversary without year":          {"item1.X-ABDATE;X-APPLE-OMIT-YEAR=1604:1604-08-08\nitem1.X-ABLabel:_$!<Anniversary>!$_", "ANNIVERSARY:--0808"},
		"anniversary in a group":            {"item1.X-ANNIVERSARY:2009-08-08", "item1.ANNIVERSARY:20090808"},
		"anniversary, item1 is taken":       {"item1.TEL:1\nitem2.X-ABDATE:2009-08-08\nitem2.X-ABLabel:_$!<Anniversary>!$_", "item1.TEL:1\nANNIVERSARY:20090808"},
		"other dates":                       {"item1.X-ABDATE:2009-08-08\nitem1.X-ABLabel:First met", "item1.X-ABDATE:2009-08-08\nitem1.X-ABLabel:First met"},
		"spouse":                            {"item1.X-ABRELATEDNAMES:Jo\nitem1.X-ABLabel:_$!<Spouse>!$_", "RELATED;VALUE=text;TYPE=spouse:Jo"},
		"spouse, as Apple writes the first": {"item1.X-ABRELATEDNAMES;TYPE=pref:Jo\nitem1.X-ABLabel:_$!<Spouse>!$_", "RELATED;PREF=1;VALUE=text;TYPE=spouse:Jo"},
		"agent, preferred":                  {"AGENT;TYPE=pref;VALUE=uri:http://x", "RELATED;PREF=1;TYPE=agent:http://x"},
		"father, whom 4.0 does not know":    {"item1.X-ABRELATEDNAMES:Jo\nitem1.X-ABLabel:_$!<Father>!$_", "item1.X-ABRELATEDNAMES:Jo\nitem1.X-ABLabel:_$!<Father>!$_"},
		"relation by UID":                   {"X-RELATED;TYPE=friend:urn:uuid:x", "RELATED;TYPE=friend:urn:uuid:x"},
		"agent elsewhere":                   {"AGENT;VALUE=uri:http://x", "RELATED;TYPE=agent:http://x"},
		"agent inside":                      {`AGENT:BEGIN:VCARD\nFN:x\nEND:VCARD\n`, `RELATED;TYPE=agent;VALUE=text:BEGIN:VCARD\nFN:x\nEND:VCARD\n`},
		"names only 4.0 has":                {"X-GENDER:M;x\nX-LANG;TYPE=pref;X-PREF=2:fr\nX-XML:<a/>\nX-CLIENTPIDMAP:1;urn:uuid:x\nX-HOBBY:reading", "GENDER:M;x\nLANG;PREF=2:fr\nXML:<a/>\nCLIENTPIDMAP:1;urn:uuid:x\nHOBBY:reading"},
		"names only 3.0 has":                {"CLASS:PUBLIC\nMAILER:m\nPROFILE:VCARD\nNAME:n", "X-CLASS:PUBLIC\nX-MAILER:m\nX-PROFILE:VCARD\nX-NAME:n"},
		"params only 4.0 has":               {"NOTE;X-ALTID=1;X-PID=1.1;LANGUAGE=en:x\nORG;X-SORT-AS=\"a,b\":c\nBDAY;X-CALSCALE=gregorian:1996-04-15", "NOTE;ALTID=1;PID=1.1;LANGUAGE=en:x\nORG;SORT-AS=\"a,b\":c\nBDAY;CALSCALE=gregorian:19960415"},
		"IMPP":                              {"IMPP;X-SERVICE-TYPE=Skype;TYPE=pref:skype:x", "IMPP;X-SERVICE-TYPE=Skype;PREF=1:skype:x"},
		"sort string":                       {"N:van der Harten;Rene;;;\nSORT-STRING:Harten\\,Rene", "N;SORT-AS=\"Harten,Rene\":van der Harten;Rene;;;"},
		"sort string without N":             {"SORT-STRING:Harten", "X-SORT-STRING:Harten"},
		"geo":                               {"GEO:46.77;-71.28", "GEO:geo:46.77,-71.28"},
		"geo that 3.0 cannot say":           {"X-GEO:geo:46.77,-71.28;u=10", "GEO:geo:46.77,-71.28;u=10"},
		"zone as offset":                    {"TZ:-05:00", "TZ;VALUE=utc-offset:-0500"},
		"zone as text":                      {"TZ;VALUE=text:Europe/Berlin", "TZ:Europe/Berlin"},
		"zone as URI":                       {"X-TZ;VALUE=uri:http://x", "TZ;VALUE=uri:http://x"},
		"label of an address":               {"ADR;TYPE=home:;;1 St;X;;;\nLABEL;TYPE=home:1 St\\nX\\, \"Y\"", "ADR;TYPE=home;LABEL=\"1 St^nX, ^'Y^'\":;;1 St;X;;;"},
		"label alone":                       {"LABEL;TYPE=home:1 St\\nX", "ADR;TYPE=home;LABEL=1 St^nX:;;;;;;"},
		"SIP phone":                         {"TEL;VALUE=uri:sip:a@b", "TEL;VALUE=uri:sip:a@b"},
		"label of the second address":       {"ADR;TYPE=dom:;;1;;;;\nADR;TYPE=dom:;;2;;;;\nLABEL;TYPE=dom:x", "ADR;TYPE=dom:;;1;;;;\nADR;TYPE=dom;LABEL=x:;;2;;;;"},
		"label beside another address":      {"ADR;TYPE=dom:;;1;;;;\nADR;TYPE=dom:;;;;;;\nLABEL;TYPE=dom:x", "ADR;TYPE=dom:;;1;;;;\nADR;TYPE=dom;LABEL=x:;;;;;;"},
	}
}

func TestConvert_BothWays(t *testing.T) {
	t.Parallel()
	for name, tt := range bothWays() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v3, v4 := card("3.0", tt.v3), card("4.0", tt.v4)
			if diff := cmp.Diff(unfold(v3), unfold(convert(t, v4, vcard.V3))); diff != "" {
				t.Error("4.0 to 3.0:", diff)
			}
			if diff := cmp.Diff(unfold(v4), unfold(convert(t, v3, vcard.V4))); diff != "" {
				t.Error("3.0 to 4.0:", diff)
			}
		})
	}
}

// TestConvert_ComesBack: rows of bothWays together in one card come back from the other version as they were.
func TestConvert_ComesBack(t *testing.T) {
	t.Parallel()
	rows := bothWays()
	names := slices.Sorted(maps.Keys(rows))
	rapid.Check(t, func(rt *rapid.T) {
		var properties []string
		once := map[string]bool{}
		for _, name := range rapid.Permutation(names).Draw(rt, "rows")[:rapid.IntRange(1, 12).Draw(rt, "count")] {
			v4 := rows[name].v4
			kind := regexp.MustCompile(`(?m)^(?:item1\.)?(N|KIND|GENDER|ANNIVERSARY|X-SORT-STRING)\b`).FindString(v4)
			if kind = strings.TrimPrefix(kind, "item1."); kind == "X-SORT-STRING" {
				kind = "N"
			}
			if kind != "" && once[kind] {
				continue // at most once in a card
			}
			once[kind] = true
			properties = append(properties, v4)
		}
		data := card("4.0", strings.Join(properties, "\n"))
		back := convert(t, convert(t, data, vcard.V3), vcard.V4)
		if diff := cmp.Diff(unfold(data), unfold(back)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func unfold(data []byte) string { return strings.ReplaceAll(string(data), "\r\n ", "") }

// TestConvert_OneWay: what settles into another form with the same meaning.
func TestConvert_OneWay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ from, in, to, want string }{
		"charset dropped":            {"3.0", "FN;CHARSET=UTF-8:Zoë", "4.0", "FN:Zoë"},
		"charset decoded":            {"3.0", "FN;CHARSET=ISO-8859-1:Zo\xeb", "4.0", "FN:Zoë"},
		"Latin-1 in names and types": {"3.0", "X-Caf\xe9;Caf\xe9=\xe9;TYPE=caf\xe9;TYPE=b:1", "4.0", "X-CAFé;CAFé=é;TYPE=café,b:1"},
		"encoding with a blank":      {"2.1", "NOTE;ENCODING=QUOTED-PRINTABLE ;CHARSET=UTF-8:=C3=A9", "3.0", "NOTE:é"},
		"Latin-1 guessed":            {"3.0", "FN:Zo\xeb", "4.0", "FN:Zoë"},
		"phone number as URI":        {"4.0", "TEL;VALUE=uri;PREF=1:tel:+1-555-0100", "3.0", "TEL;TYPE=pref:+1-555-0100"},
		"extension":                  {"4.0", "TEL;VALUE=uri:tel:+1-555;ext=102", "3.0", `TEL:+1-555\;ext=102`},
		"quoted types":               {"4.0", `TEL;TYPE="work,voice";PREF=1:1`, "3.0", "TEL;TYPE=work,voice,pref:1"},
		"plain anniversary":          {"3.0", "X-ANNIVERSARY:2009-08-08", "4.0", "ANNIVERSARY:20090808"},
		"gender in words":            {"3.0", "X-GENDER:Female", "4.0", "GENDER:F"},
		"second gender keeps X-":     {"3.0", "X-GENDER:F\nX-GENDER:M", "4.0", "GENDER:F\nX-GENDER:M"},
		"year omitted at midnight":   {"3.0", "BDAY;X-APPLE-OMIT-YEAR=1604;VALUE=date-time:1604-05-12T00:00:00Z", "4.0", "BDAY:--0512"},
		"omitted year is another":    {"3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1980-05-12", "4.0", "BDAY;X-APPLE-OMIT-YEAR=1604:19800512"},
		"photo, type from data":      {"3.0", "PHOTO;ENCODING=b:/9j/4AAQ", "4.0", "PHOTO:data:image/jpeg;base64,/9j/4AAQ"},
		"photo, data URI in base64":  {"3.0", "PHOTO;ENCODING=b;TYPE=JPEG:data:image/png;base64,Zm9v", "4.0", "PHOTO:data:image/png;base64,Zm9v"},
		"photo, escaped data URI":    {"4.0", `PHOTO:data:image/png\;base64\,Zm9v`, "3.0", "PHOTO;ENCODING=b;TYPE=PNG:Zm9v"},
		"photo, percent-encoded":     {"4.0", "PHOTO:data:image/svg+xml,%3Csvg/%3E", "3.0", "PHOTO;ENCODING=b;TYPE=SVG:PHN2Zy8+"},
		"revision":                   {"3.0", "REV:1995-10-31T22:27:10Z", "4.0", "REV:19951031T222710Z"},
		"2.1 with bare params":       {"2.1", "TEL;CELL;PREF:1", "4.0", "TEL;TYPE=CELL;PREF=1:1"},
		"2.1 separators": {"2.1", "FN:Doe; Jane, Dr.\nADR;HOME:;;a, b;c;;;", "3.0",
			`FN:Doe\; Jane\, Dr.` + "\n" + `ADR;TYPE=HOME:;;a\, b;c;;;`},
		"2.1 quoted-printable": {"2.1", "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Zo=EB=0D=0A=\nok", "3.0", `NOTE:Zoë\nok`},
		"2.1 Shift_JIS":        {"2.1", "N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=88=C0=93=A1;;;;", "3.0", "N:安藤;;;;"},
		"2.1 base64":           {"2.1", "PHOTO;JPEG;BASE64:\n Zm9v\n YmFy\n", "3.0", "PHOTO;TYPE=JPEG;ENCODING=b:Zm9vYmFy\n"},
		"2.1 agent":            {"2.1", "AGENT:\nBEGIN:VCARD\nVERSION:2.1\nFN:A;B\nEND:VCARD", "3.0", `AGENT:BEGIN:VCARD\nVERSION:3.0\nFN:A\\\;B\nEND:VCARD\n`},
		"several labels":       {"3.0", "LABEL;TYPE=home:b\nADR;TYPE=HOME,pref:;;x;;;;\nLABEL;TYPE=work:c", "4.0", "ADR;TYPE=HOME;PREF=1;LABEL=b:;;x;;;;\nADR;TYPE=work;LABEL=c:;;;;;;"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := unfold(convert(t, card(tt.from, tt.in), tt.to))
			if diff := cmp.Diff(string(card(tt.to, tt.want)), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConvert_PutsVersionFirst(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"BEGIN:VCARD\r\nFN:x\r\nVERSION:3.0\r\nEND:VCARD\r\n":                "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nEND:VCARD\r\n",
		"BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\n":                               "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nEND:VCARD\r\n",
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:x\r\nVERSION:2.1\r\nEND:VCARD\r\n": "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nEND:VCARD\r\n",
	} {
		if diff := cmp.Diff(want, string(convert(t, []byte(in), vcard.V4))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestConvert_SameVersionIsTheSameMemory(t *testing.T) {
	t.Parallel()
	for _, version := range []string{vcard.V3, vcard.V4} {
		data := card(version, "FN:x\nN:;;;;")
		c := parse(t, data)
		got, err := c.Convert(version)
		if err != nil || &got[0] != &data[0] {
			t.Errorf("%s: Convert copied", version)
		}
		if got := c.Serve(version); &got[0] != &data[0] {
			t.Errorf("%s: Serve copied", version)
		}
	}
}

func TestConvert_RefusesOtherVersions(t *testing.T) {
	t.Parallel()
	if _, err := parse(t, card("3.0", "FN:x")).Convert("2.1"); err == nil {
		t.Error("converted to 2.1")
	}
}

func TestConvert_LeavesTheCardAlone(t *testing.T) {
	t.Parallel()
	data := card("4.0", "FN:x\nANNIVERSARY:20090808\nKIND:org")
	c := parse(t, data)
	if _, err := c.Convert(vcard.V3); err != nil {
		t.Fatal(err)
	}
	if got := string(c.Doc.Bytes()); got != string(data) {
		t.Errorf("the card changed: %s", got)
	}
}
