package dedup

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/vcard"
)

func parsed(t testing.TB, properties ...string) *vcard.Card {
	t.Helper()
	version := "VERSION:3.0"
	if len(properties) > 0 && strings.HasPrefix(properties[0], "VERSION") {
		version, properties = properties[0], properties[1:]
	}
	text := "BEGIN:VCARD\r\n" + version + "\r\n" + strings.Join(properties, "\r\n") + "\r\nEND:VCARD\r\n"
	c, err := vcard.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return c
}

func normal(t testing.TB, properties ...string) *Card {
	t.Helper()
	return Normalise(parsed(t, properties...), "CH")
}

func TestParsePhone_NotationsOfOneNumber(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		region, a, b string
		same         bool
	}{
		"national and international": {"CH", "079 611 20 31", "+41796112031", true},
		"00 and (0)":                 {"CH", "0041 79 611 20 31", "+41 (0)79 611 20 31", true},
		"slash and dots":             {"DE", "0171/555.01.43", "+49 171 5550143", true},
		"tel URI":                    {"CH", "tel:+41-79-611-20-31", "0796112031", true},
		"full width":                 {"CH", "＋４１７９６１１２０３１", "0796112031", true},
		"hidden caller":              {"CH", "*31#0796112031", "+41796112031", true},
		"foreign trunk prefix":       {"CH", "8 (921) 555-17-01", "+7 921 555 17 01", true},
		"foreign without country":    {"FR", "655 504 601", "+34 655 504 601", true},
		"extension":                  {"CH", "+41 31 555 06 00 ext. 21", "+41 31 555 06 00;ext=21", true},
		"other extension":            {"CH", "+41 31 555 06 00 ext. 21", "+41 31 555 06 00 ext. 22", false},
		"extension and board":        {"CH", "+41 31 555 06 00 x21", "+41 31 555 06 00", false},
		"seven digits alike":         {"CH", "+39 338 5554501", "+41 78 555 45 01", false},
		"nine digits, two countries": {"CH", "+34 655504601", "+33 655504601", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, okA := parsePhone(test.a, test.region, nil)
			b, okB := parsePhone(test.b, test.region, nil)
			if !okA || !okB {
				t.Fatal("not read")
			}
			if got := a.key() == b.key() && a.same(b); got != test.same {
				t.Errorf("%q (%+v) and %q (%+v): same is %v", test.a, a, test.b, b, got)
			}
		})
	}
}

func TestParseMail_WhatReachesOnePerson(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in, key string
		shared  bool
	}{
		"case":           {"Eva.Muster@GMX.ch", "eva.muster@gmx.ch", false},
		"wrapped":        {"Eva <mailto:eva@muster.example>", "eva@muster.example", false},
		"gmail dots":     {"e.va.muster+shop@googlemail.com", "evamuster@gmail.com", false},
		"dots elsewhere": {"e.muster@sunrise.ch", "e.muster@sunrise.ch", false},
		"desk":           {"info@firma.example", "info@firma.example", true},
		"family":         {"fam.muster@bluewin.ch", "fam.muster@bluewin.ch", true},
		"the family":     {"themusters12@gmx.ch", "themusters12@gmx.ch", true},
		"a person":       {"theo@gmx.ch", "theo@gmx.ch", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, ok := parseMail(test.in)
			if !ok || m.key != test.key || m.shared != test.shared {
				t.Errorf("got %+v, %v", m, ok)
			}
		})
	}
}

// comparison is two values and how they stand to each other, either way round.
type comparison[M any] struct {
	a, b string
	want M
}

func checkComparisons[M comparable](t *testing.T, tests map[string]comparison[M], compare func(a, b string) M) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, got := range []M{compare(test.a, test.b), compare(test.b, test.a)} {
				if got != test.want {
					t.Errorf("%q and %q: got %v, want %v", test.a, test.b, got, test.want)
				}
			}
		})
	}
}

func TestCompareDates(t *testing.T) {
	t.Parallel()
	checkComparisons(t, map[string]comparison[dateMatch]{
		"notations":       {"1980-02-28", "19800228", dateSame},
		"with a time":     {"1980-02-28T00:00:00Z", "19800228", dateSame},
		"no year":         {"--0228", "1980-02-28", dateSameDay},
		"Apple's no year": {"1604-02-28", "--02-28", dateSameDay},
		"day and month":   {"1980-02-03", "1980-03-02", dateSlip},
		"one digit":       {"1980-02-28", "1981-02-28", dateSlip},
		"two people":      {"1980-02-28", "1984-11-03", dateOther},
		"parent":          {"1950-02-28", "1984-11-03", dateGeneration},
		"no date":         {"in spring", "1984-11-03", dateUnknown},
		"thirteen months": {"1980-13-01", "1984-11-03", dateUnknown},
	}, func(a, b string) dateMatch { return compareDates(parseDate(a), parseDate(b)) })
}

func TestCompareAddresses(t *testing.T) {
	t.Parallel()
	checkComparisons(t, map[string]comparison[addressMatch]{
		"short form":       {";;Bahnhofstrasse 7;Bern;;3011;Schweiz", ";;BAHNHOFSTR. 7;Bern;;CH-3011;", addressSame},
		"number first":     {";;9 rue de l'Hôpital;Lyon;;69001;", ";;Rue de l’Hopital 9;LYON;;69001;France", addressSame},
		"exonym":           {";;Rue du Lac 3;Genève;;;", ";;Rue du Lac 3;Geneva;;;Switzerland", addressSame},
		"addition to city": {";;Oberdorf 14;Röthenbach;;3538;", ";;Oberdorf 14;Röthenbach i. E.;;3538;", addressSame},
		"next door":        {";;Bahnhofstrasse 7;Bern;;3011;", ";;Bahnhofstrasse 9;Bern;;3011;", addressHalf},
		"other street":     {";;Langstrasse 10;Zürich;;8004;", ";;Kirchweg 88;Zürich;;8004;", addressPlace},
		"other town":       {";;Rue de Romont 4;Fribourg;;1700;", ";;Bahnhofstrasse 71;Bern;;3011;", addressOther},
	}, func(a, b string) addressMatch {
		x, _ := parseAddress(strings.Split(a, ";"))
		y, _ := parseAddress(strings.Split(b, ";"))
		return compareAddresses(x, y)
	})
}

func TestNormalise_ReadsNames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		properties []string
		want       string
		kind       kind
	}{
		"in order":         {[]string{"N:Grünweiß;Jörg;;;", "FN:Jörg Grünweiß"}, "jorg grunweiss", person},
		"umlaut written":   {[]string{"N:Gruenweiss;Joerg;;;", "FN:Gruenweiss, Joerg"}, "jorg grunweiss", person},
		"decomposed":       {[]string{"FN:Joe\u0308lle Be\u0301guelin"}, "jolle begulin", unknownKind},
		"titles":           {[]string{"N:Knöpfel;Andrea;;Dr. med.;", "FN:Dr. med. Andrea Knöpfel"}, "andrea knopfel", person},
		"generation":       {[]string{"N:O'Brien;Thomas;;;Jr.", "FN:Thomas O'Brien Jr."}, "thomas obrien", person},
		"particles":        {[]string{"FN:Anna von der Heide"}, "anna heide", unknownKind},
		"brackets":         {[]string{"N:Muster;Eva;;;(Tennis)", "FN:Eva Muster (Tennis)"}, "eva muster", person},
		"Chinese":          {[]string{"FN:欧阳伟"}, "欧阳 伟", unknownKind},
		"mailbox for name": {[]string{"FN:s.devan@x.example", "EMAIL:s.devan@x.example"}, "", alias},
		"local part":       {[]string{"FN:s.devan", "EMAIL:S.Devan@x.example"}, "", alias},
		"number for name":  {[]string{"FN:+41 79 555 15 01", "TEL:+41795551501"}, "", alias},
		"nothing":          {[]string{"FN:", "TEL:+41795551501"}, "", alias},
		"kinship":          {[]string{"N:;Maman;;;", "FN:Maman"}, "maman", alias},
		"kinship of firm":  {[]string{"N:Muster AG;Papa;;;", "FN:Papa Muster AG"}, "papa muster ag", alias},
		"firm by ORG":      {[]string{"FN:Solvalux", "ORG:Solvalux SA"}, "solvalux", firm},
		"firm by form":     {[]string{"FN:Kernprint AG", "N:Kernprint AG;;;;"}, "kernprint", firm},
		"firm by trade":    {[]string{"FN:Boulangerie Taillens"}, "boulangerie taillens", firm},
		"firm by Apple":    {[]string{"FN:Zwölf", "X-ABShowAs:COMPANY"}, "zwolf", firm},
		"firm with &":      {[]string{"FN:Meier & Partner AG"}, "meier partner", firm},
		"a counter":        {[]string{"FN:Eva Muster (2)", "N:Muster 2;Eva;;;"}, "eva muster", person},
		"read wrongly":     {[]string{"FN:Eva MÃ¼ller"}, "eva muller", unknownKind},
		"couple":           {[]string{"N:Trachsel;Sabine & Urs;;;", "FN:Sabine & Urs Trachsel"}, "sabine urs trachsel", couple},
		"family":           {[]string{"FN:Familie Trachsel"}, "familie trachsel", couple},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := normal(t, test.properties...)
			if diff := cmp.Diff(test.want, c.name.text()); diff != "" || c.name.kind != test.kind {
				t.Errorf("kind %d, want %d\n%s", c.name.kind, test.kind, diff)
			}
		})
	}
}

func TestNormalise_LeavesGroupsOut(t *testing.T) {
	t.Parallel()
	if c := normal(t, "FN:Tennis", "X-ADDRESSBOOKSERVER-KIND:group"); c != nil {
		t.Errorf("got %+v", c)
	}
}

func TestFingerprint_ChangesWithWhatMatters(t *testing.T) {
	t.Parallel()
	base := []string{"N:Muster;Eva;;;", "FN:Eva Muster", "TEL:079 123 45 67"}
	with := func(extra ...string) string { return normal(t, append(base, extra...)...).Fingerprint() }
	if with() != with("NOTE:hello", "REV:20200101T000000Z", "PHOTO;ENCODING=b:AAAA") {
		t.Error("a note, REV or photo changes the fingerprint")
	}
	for _, line := range []string{"EMAIL:eva@muster.example", "TEL:079 123 45 68", "BDAY:1980-01-01"} {
		if with() == with(line) {
			t.Errorf("%s does not change the fingerprint", line)
		}
	}
}

func TestRomanise(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ native, latin string }{
		"Russian":         {"Сергей", "Sergey"},
		"Russian, German": {"Ковалёв", "Kowaljow"},
		"Ukrainian":       {"Юлія", "Yuliya"},
		"Greek":           {"Γεώργιος", "Georgios"},
		"Chinese":         {"欧阳", "Ouyang"},
		"Korean":          {"김민수", "Gimminsu"},
		"Japanese":        {"しょうこ", "Shoko"},
		"katakana":        {"サトウ", "Sato"},
		"Arabic":          {"محمد", "Mohamed"},
		"Arabic, article": {"الخطيب", "Khatib"},
		"Hebrew":          {"דוד", "David"},
	}
	s := newStats()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newWord(fold(test.native), anyRole), newWord(fold(test.latin), anyRole)
			if got := s.compareWords(a, b); got != levelRoman {
				t.Errorf("%s (%s, %s) and %s (%s): level %d", test.native, a.roman, skeleton(a.roman), test.latin, skeleton(b.roman), got)
			}
		})
	}
}
