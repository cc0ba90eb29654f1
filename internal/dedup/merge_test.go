package dedup

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

func merged(t testing.TB, o Options, cards ...*vcard.Card) *Plan {
	t.Helper()
	if o.Region == "" {
		o.Region = "CH"
	}
	plan, err := Merge(cards[0], cards[1:], o)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// body is the result without what every card has.
func body(plan *Plan) []string {
	var lines []string
	for _, l := range strings.Split(strings.TrimSpace(string(plan.Merged)), "\r\n") {
		switch l {
		case "BEGIN:VCARD", "END:VCARD", "VERSION:3.0", "VERSION:4.0", "UID:r", "N:Muster;Eva;;;", "FN:Eva Muster":
		default:
			lines = append(lines, l)
		}
	}
	return lines
}

func TestMerge_OfTwoCards(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ reference, duplicate, want []string }{
		"another notation is nothing new": {[]string{"TEL;TYPE=CELL:079 123 45 67"}, []string{"TEL;TYPE=WORK:+41791234567"}, []string{"TEL;TYPE=CELL,WORK:079 123 45 67"}},
		"what is new comes byte for byte": {nil, []string{"X-Weird;X-p=a^b:v\\,\\x", "Tel;type=cell:+41 79 1"}, []string{"X-Weird;X-p=a^b:v\\,\\x", "Tel;type=cell:+41 79 1"}},
		"groups get a free name":          {[]string{"item1.TEL:1234567", "item1.X-ABLabel:Privat"}, []string{"item1.EMAIL:e@x.example", "item1.X-ABLabel:Verein"}, []string{"item1.TEL:1234567", "item1.X-ABLabel:Privat", "item2.EMAIL:e@x.example", "item2.X-ABLabel:Verein"}},
		"a name with a dot stays one":     {[]string{"g.TEL:1234567"}, []string{"g.X.EMAIL:e@x.example"}, []string{"g.TEL:1234567", "item1.X.EMAIL:e@x.example"}},
		"a label for a bare number":       {[]string{"TEL:1234567"}, []string{"item1.TEL:1234567", "item1.X-ABLabel:Boot"}, []string{"item1.TEL:1234567", "item1.X-ABLabel:Boot"}},
		"one preferred":                   {[]string{"EMAIL;TYPE=HOME,PREF:a@x.example"}, []string{"EMAIL;TYPE=WORK,PREF:b@x.example"}, []string{"EMAIL;TYPE=HOME,PREF:a@x.example", "EMAIL;TYPE=WORK:b@x.example"}},
		"the first preferred":             {[]string{"EMAIL;TYPE=HOME:a@x.example"}, []string{"EMAIL;TYPE=WORK,PREF:b@x.example"}, []string{"EMAIL;TYPE=HOME:a@x.example", "EMAIL;TYPE=WORK,PREF:b@x.example"}},
		"a fax stays one":                 {[]string{"TEL;TYPE=FAX:1234567"}, []string{"TEL;TYPE=CELL:1234567"}, []string{"TEL;TYPE=FAX:1234567"}},
		"birthday with its year":          {[]string{"BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-28"}, []string{"BDAY:1980-02-28"}, []string{"BDAY:1980-02-28"}},
		"birthday keeps its year":         {[]string{"BDAY:1980-02-28"}, []string{"BDAY:--02-28"}, []string{"BDAY:1980-02-28"}},
		"the reference's birthday":        {[]string{"BDAY:1980-02-28"}, []string{"BDAY:1980-02-29"}, []string{"BDAY:1980-02-28"}},
		"firm with its legal form":        {[]string{"ORG:Firma"}, []string{"ORG:Firma AG;Verkauf"}, []string{"ORG:Firma AG;Verkauf"}},
		"with what belongs to it":         {[]string{"item1.TEL:1234567", "item1.X-ABLabel:Boot", "ORG:Firma"}, []string{"item1.ORG:Firma AG", "item1.X-ABLabel:Hauptsitz"}, []string{"item1.TEL:1234567", "item1.X-ABLabel:Boot", "item2.ORG:Firma AG", "item2.X-ABLabel:Hauptsitz"}},
		"picture instead of a link":       {[]string{"PHOTO;VALUE=uri:https://x.example/p"}, []string{"PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ"}, []string{"PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ"}},
		"categories by item":              {[]string{"CATEGORIES:Tennis,a\\,b"}, []string{"CATEGORIES:a\\,b,Verein"}, []string{"CATEGORIES:Tennis,a\\,b,Verein"}},
		"notes in one":                    {[]string{"NOTE:Türcode"}, []string{"NOTE:vom Verein"}, []string{"NOTE:Türcode\\nvom Verein"}},
		"a note below an empty one":       {[]string{"NOTE:"}, []string{"NOTE:vom Verein"}, []string{"NOTE:vom Verein"}},
		"signs within others":             {[]string{"NOTE:?!"}, []string{"NOTE:!", "NOTE:x"}, []string{"NOTE:?!\\n!\\nx"}},
		"a note of signs":                 {[]string{"NOTE:Türcode\\n!!"}, []string{"NOTE:!!"}, []string{"NOTE:Türcode\\n!!"}},
		"notes, one in QUOTED-PRINTABLE":  {[]string{"NOTE;ENCODING=QUOTED-PRINTABLE:T=C3=BCrcode"}, []string{"NOTE:1=20"}, []string{"NOTE:Türcode\\n1=20"}},
		"notes, the other one in it":      {[]string{"NOTE:1=20"}, []string{"NOTE;ENCODING=QUOTED-PRINTABLE:T=C3=BCrcode"}, []string{"NOTE:1=20\\nTürcode"}},
		"notes, one in Latin-1":           {[]string{"NOTE:T\xfcrcode"}, []string{"NOTE:Grüße"}, []string{"NOTE:Türcode\\nGrüße"}},
		"notes, one that ends in \\":      {[]string{"NOTE:C:\\"}, []string{"NOTE:new"}, []string{"NOTE:C:\\\\\\nnew"}},
		"notes, one in base64":            {[]string{"NOTE;ENCODING=b:AAAA"}, []string{"NOTE:no milk"}, []string{"NOTE;ENCODING=b:AAAA", "NOTE:no milk"}},
		"items, one in QUOTED-PRINTABLE":  {[]string{"CATEGORIES;ENCODING=QUOTED-PRINTABLE:B=C3=BCro"}, []string{"CATEGORIES:a=20b"}, []string{"CATEGORIES:Büro,a=20b"}},
		"items, one that ends in \\":      {[]string{"CATEGORIES:C:\\"}, []string{"CATEGORIES:Büro"}, []string{"CATEGORIES:C:\\\\,Büro"}},
		"items, one in base64":            {[]string{"CATEGORIES;ENCODING=b:AAAA"}, []string{"CATEGORIES:Büro"}, []string{"CATEGORIES;ENCODING=b:AAAA", "CATEGORIES:Büro"}},
		"items, the other one in base64":  {[]string{"CATEGORIES:Büro"}, []string{"CATEGORIES;ENCODING=b:AAAA"}, []string{"CATEGORIES:Büro", "CATEGORIES;ENCODING=b:AAAA"}},
		"a note once":                     {[]string{"NOTE:Türcode 4711"}, []string{"NOTE:Türcode  4711"}, []string{"NOTE:Türcode 4711"}},
		"a note within another":           {[]string{"NOTE:likes tea\\, no milk"}, []string{"NOTE:no milk"}, []string{"NOTE:likes tea\\, no milk"}},
		"a note within a word of another": {[]string{"NOTE:likes steak"}, []string{"NOTE:tea"}, []string{"NOTE:likes steak\\ntea"}},
		"dates by their label":            {[]string{"item1.X-ABDATE:2008-12-11", "item1.X-ABLabel:A"}, []string{"item1.X-ABDATE:2008-12-11", "item1.X-ABLabel:B"}, []string{"item1.X-ABDATE:2008-12-11", "item1.X-ABLabel:A", "item2.X-ABDATE:2008-12-11", "item2.X-ABLabel:B"}},
		"a person becomes no firm":        {nil, []string{"X-ABShowAs:COMPANY"}, nil},
		"web addresses by their case":     {[]string{"URL:https://x.example/AbC"}, []string{"URL:HTTPS://X.example/AbC/", "URL:https://x.example/aBc"}, []string{"URL:https://x.example/AbC", "URL:https://x.example/aBc"}},
		"a handle at another service":     {[]string{"IMPP;X-SERVICE-TYPE=Jabber:xmpp:e"}, []string{"IMPP;X-SERVICE-TYPE=Facebook:xmpp:e", "IMPP:xmpp:e"}, []string{"IMPP;X-SERVICE-TYPE=Jabber:xmpp:e", "IMPP;X-SERVICE-TYPE=Facebook:xmpp:e"}},
		"a handle whose service is new":   {[]string{"IMPP:xmpp:e"}, []string{"IMPP;X-SERVICE-TYPE=Jabber:xmpp:e"}, []string{"IMPP;X-SERVICE-TYPE=Jabber:xmpp:e"}},
		"a profile at another service":    {[]string{"X-SOCIALPROFILE;TYPE=flickr:x-apple:e"}, []string{"X-SOCIALPROFILE;TYPE=myspace:x-apple:e"}, []string{"X-SOCIALPROFILE;TYPE=flickr:x-apple:e", "X-SOCIALPROFILE;TYPE=myspace:x-apple:e"}},
		"a number with a remark":          {[]string{"TEL:079 123 45 67"}, []string{"TEL:+41791234567 (abends)"}, []string{"TEL:079 123 45 67", "TEL:+41791234567 (abends)"}},
		"a number that had a remark":      {[]string{"TEL:+41791234567 (abends)"}, []string{"TEL:079 123 45 67"}, []string{"TEL:+41791234567 (abends)"}},
		"a number that hides the caller":  {[]string{"TEL:079 123 45 67"}, []string{"TEL:*31#0791234567"}, []string{"TEL:079 123 45 67", "TEL:*31#0791234567"}},
		"an extension is no remark":       {[]string{"TEL:031 311 20 31 ext. 21"}, []string{"TEL:+41313112031 x21"}, []string{"TEL:031 311 20 31 ext. 21"}},
		"an address as it is printed":     {[]string{"ADR:;;Gasse 1;Bern;;3000;"}, []string{"ADR;LABEL=\"Gasse 1^nBern\":;;Gasse 1;Bern;;3000;"}, []string{"ADR;LABEL=Gasse 1^nBern:;;Gasse 1;Bern;;3000;"}},
		"an address that is text":         {nil, []string{"ADR;LABEL=Gasse 1:;;;;;;", "ADR;LABEL=Weg 2:;;;;;;"}, []string{"ADR;LABEL=Gasse 1:;;;;;;", "ADR;LABEL=Weg 2:;;;;;;"}},
		"what goes with an address":       {[]string{"item1.ADR:;;Gasse 1;Bern;;3000;"}, []string{"item1.ADR:;;Gasse 1;Bern;;3000;", "item1.X-ABADR:ch", "item1.X-APPLE-SUBLOCALITY:Matte"}, []string{"item1.ADR:;;Gasse 1;Bern;;3000;", "item1.X-ABADR:ch", "item1.X-APPLE-SUBLOCALITY:Matte"}},
		"a label in a group that is free": {nil, []string{"item1.ADR:;;Gasse 1;Bern;;3000;", "item1.X-APPLE-SUBLOCALITY:Matte", "item2.ADR:;;Weg 2;Bern;;3000;"}, []string{"item1.ADR:;;Gasse 1;Bern;;3000;", "item1.X-APPLE-SUBLOCALITY:Matte", "item2.ADR:;;Weg 2;Bern;;3000;"}},
		"a card inside":                   {nil, []string{"BEGIN:VCARD", "FN:Agent", "END:VCARD"}, []string{"FN:Agent"}},
		"own fax and mobile stay two":     {[]string{"TEL;TYPE=FAX:1234567", "TEL;TYPE=CELL:1234567"}, nil, []string{"TEL;TYPE=FAX:1234567", "TEL;TYPE=CELL:1234567"}},
		"own doubles go":                  {[]string{"TEL;TYPE=CELL:079 123 45 67", "TEL;TYPE=HOME:+41791234567"}, nil, []string{"TEL;TYPE=CELL,HOME:079 123 45 67"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who := []string{"N:Muster;Eva;;;", "FN:Eva Muster"}
			plan := merged(t, Options{}, parsed(t, append(append([]string{"UID:r"}, who...), test.reference...)...), parsed(t, append(append([]string{"UID:d"}, who...), test.duplicate...)...))
			if diff := cmp.Diff(test.want, body(plan)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is said beside a value that the result has, and said otherwise, is listed.
func TestMerge_ListsWhatStandsBeside(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ reference, duplicate, want []string }{
		"another label":         {[]string{"item1.TEL:1234567", "item1.X-ABLabel:Boot"}, []string{"item1.TEL:1234567", "item1.X-ABLabel:Haus am See"}, []string{"X-ABLABEL Haus am See"}},
		"a label, not a type":   {[]string{"TEL;TYPE=CELL:1234567"}, []string{"item1.TEL:1234567", "item1.X-ABLabel:Boot"}, []string{"X-ABLABEL Boot"}},
		"the type, as a label":  {[]string{"TEL;TYPE=CELL:1234567"}, []string{"item1.TEL:1234567", "item1.X-ABLabel:_$!<Mobile>!$_"}, nil},
		"a printed address":     {[]string{"ADR;LABEL=Gasse 1:;;Gasse 1;;;;"}, []string{"ADR;LABEL=Gasse 1 (Hof):;;Gasse 1;;;;"}, []string{"LABEL Gasse 1 (Hof)"}},
		"a mailbox with a name": {[]string{"EMAIL:e@x.example"}, []string{"EMAIL:Eva Privat <e@x.example>"}, []string{"EMAIL Eva Privat <e@x.example>"}},
		"a time of birth":       {[]string{"BDAY:1980-02-28"}, []string{"BDAY:1980-02-28T14:30:00Z"}, []string{"BDAY 1980-02-28T14:30:00Z"}},
		"midnight":              {[]string{"BDAY:1980-02-28"}, []string{"BDAY:1980-02-28T00:00:00Z"}, nil},
		"a label of nothing":    {nil, []string{"item1.X-ABLabel:Boot"}, []string{"X-ABLABEL Boot"}},
		"the second firm":       {[]string{"ORG:Eins", "ORG:Zwei"}, []string{"ORG:Zwei"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who := []string{"N:Muster;Eva;;;", "FN:Eva Muster"}
			plan := merged(t, Options{}, parsed(t, slices.Concat([]string{"UID:r"}, who, test.reference)...), parsed(t, slices.Concat([]string{"UID:d"}, who, test.duplicate)...))
			var got []string
			for _, v := range plan.NotTaken {
				got = append(got, v.Property+" "+v.Text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.reference, body(plan)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMerge_TakesANameForANumber(t *testing.T) {
	t.Parallel()
	plan := merged(t, Options{}, parsed(t, "UID:r", "FN:+41791234567", "N:;;;;", "TEL:+41791234567"), parsed(t, "UID:d", "N:Muster;Eva;;;", "FN:Eva Muster"))
	want := []string{"TEL:+41791234567"}
	if diff := cmp.Diff(want, body(plan)); diff != "" || !strings.Contains(string(plan.Merged), "FN:Eva Muster\r\n") {
		t.Errorf("%s\n%s", plan.Merged, diff)
	}
}

func TestMerge_AcrossVersions(t *testing.T) {
	t.Parallel()
	old := parsed(t, "VERSION:2.1", "UID:d", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Muster;=C3=88va", "TEL;CELL;VOICE:079 123 45 67", "BDAY:19800228")
	plan := merged(t, Options{}, parsed(t, "VERSION:4.0", "UID:r", "N:Muster;Eva;;;", "FN:Eva Muster", "ANNIVERSARY:20080614"), old)
	if got, err := vcard.Parse(plan.Merged); err != nil || got.Version != "4.0" || got.UID != "r" || got.Component.First("BDAY") == nil || got.Component.First("TEL") == nil {
		t.Errorf("%v\n%s", err, plan.Merged)
	}
	if len(plan.NotTaken) != 1 || plan.NotTaken[0].Property != "N" {
		t.Errorf("not taken: %+v", plan.NotTaken)
	}
}

// The result is of now and of this server, and undone it is what it was.
func TestMerge_SaysWhenAndByWhatItWasMade(t *testing.T) {
	t.Parallel()
	now := Options{REV: "20260102T030405Z"}
	for name, before := range map[string][]string{
		"nothing said": nil,
		"a phone's":    {"REV:2020-01-01T00:00:00Z", "PRODID:-//Apple Inc.//iOS 17.0//EN"},
		"a date":       {"REV;VALUE=DATE:2020-01-01"}, // RFC 2426 §3.6.4
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parsed(t, append([]string{"UID:r", "FN:Eva Muster", "N:Muster;Eva;;;"}, before...)...)
			plan := merged(t, now, r, parsed(t, "UID:d", "FN:Eva Muster", "N:Muster;Eva;;;", "REV:20250101T000000Z", "PRODID:-//other//EN"))
			got := body(plan)
			slices.Sort(got)
			if diff := cmp.Diff([]string{"PRODID:-//ksyncd//EN", "REV:20260102T030405Z"}, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(string(r.Bytes()), string(Unmerge(r, parsedBytes(t, plan.Merged), parsedBytes(t, plan.Merged)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What stands in the place of a name is none, whichever of the cards has the mailbox: merging again decides the same.
func TestMerge_TakesAMailboxForNoName(t *testing.T) {
	t.Parallel()
	mailbox, name := []string{"EMAIL:emu@x.example"}, []string{"N:Muster;Eva;;;", "FN:Eva Muster"}
	for where, cards := range map[string][2][]string{
		"of the reference": {append([]string{"UID:r", "FN:emu"}, mailbox...), append([]string{"UID:d"}, name...)},
		"of the duplicate": {{"UID:r", "FN:emu"}, slices.Concat([]string{"UID:d"}, name, mailbox)},
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(mailbox, body(merged(t, Options{}, parsed(t, cards[0]...), parsed(t, cards[1]...)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A given name that is somebody's mailbox as well is better than a family's, and worse than a whole name.
func TestMerge_TakesAGivenNameForOne(t *testing.T) {
	t.Parallel()
	family, whole := []string{"UID:d", "FN:Familie Muster", "EMAIL:eva@muster.example"}, []string{"UID:e", "FN:Eva Muster", "N:Muster;Eva;;;"}
	for name, test := range map[string]struct {
		reference  string
		duplicates [][]string
		want       string
	}{
		"a given name":              {"Eva", [][]string{family}, "Eva"},
		"one without case":          {"エヴァ", [][]string{{"UID:d", "FN:Familie Muster", "EMAIL:エヴァ@muster.example"}}, "エヴァ"},
		"a mailbox":                 {"eva", [][]string{family}, "Familie Muster"},
		"a number":                  {"+41 79 123 45 67", [][]string{family}, "Familie Muster"},
		"a whole name":              {"Eva", [][]string{family, whole}, "Eva Muster"},
		"a whole name for a number": {"0791234567", [][]string{family, whole}, "Eva Muster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cards := []*vcard.Card{parsed(t, "UID:r", "FN:"+test.reference)}
			for _, d := range test.duplicates {
				cards = append(cards, parsed(t, d...))
			}
			plan := merged(t, Options{}, cards...)
			if got := parsedBytes(t, plan.Merged).FN; got != test.want {
				t.Errorf("%q\n%s", got, plan.Merged)
			}
		})
	}
}

func TestMerge_ChoicesDecide(t *testing.T) {
	t.Parallel()
	r := parsed(t, "UID:r", "N:Hartley;Robert;;;", "FN:Robert Hartley", "BDAY:1980-02-28", "TEL:1234567")
	d := parsed(t, "UID:d", "N:Hartley;Bob;;;", "FN:Bob Hartley", "BDAY:1980-02-29", "EMAIL:bob@x.example", "EMAIL:old@x.example")
	plain := merged(t, Options{}, r, d)
	at := func(property, text string) Ref {
		for _, v := range plain.Values {
			if v.Property == property && v.Text == text {
				return v.Ref
			}
		}
		t.Fatalf("no %s %s in %+v", property, text, plain.Values)
		return Ref{}
	}
	plan := merged(t, Options{REV: "2026-01-02T03:04:05Z", Choices: Choices{
		Pick: map[string]Ref{"N": at("FN", "Bob Hartley"), "BDAY": at("BDAY", "1980-02-29")},
		Drop: []Ref{at("EMAIL", "old@x.example"), at("TEL", "1234567")},
	}}, r, d)
	want := []string{"BDAY:1980-02-29", "N:Hartley;Bob;;;", "FN:Bob Hartley", "EMAIL:bob@x.example", "REV:2026-01-02T03:04:05Z", "PRODID:-//ksyncd//EN"}
	if diff := cmp.Diff(want, body(plan)); diff != "" {
		t.Error(diff)
	}
	states := map[string]State{}
	for _, v := range plan.Values {
		states[v.Property+" "+v.Text] = v.State
	}
	for value, state := range map[string]State{"FN Robert Hartley": Conflict, "BDAY 1980-02-28": Conflict, "EMAIL bob@x.example": Added, "EMAIL old@x.example": Dropped, "TEL 1234567": Dropped} {
		if states[value] != state {
			t.Errorf("%s is %v, want %v", value, states[value], state)
		}
	}
}

func TestMerge_ShowsWhatIsIdentical(t *testing.T) {
	t.Parallel()
	r := parsed(t, "UID:r", "N:Muster;Eva;;;", "FN:Eva Muster", "TEL:079 123 45 67", "EMAIL:e@x.example")
	d := parsed(t, "UID:d", "N:Muster;Eva;;;", "FN:Muster\\, Eva", "TEL:+41791234567", "EMAIL:e@x.example", "URL:x.example")
	var got []string
	for _, v := range merged(t, Options{}, r, d).Values {
		got = append(got, fmt.Sprintf("%d %s %v", v.Ref.Card, v.Property, v.State))
	}
	want := []string{"0 N identical", "0 FN only_here", "0 TEL identical", "0 EMAIL identical", "1 N identical", "1 FN same", "1 TEL same", "1 EMAIL identical", "1 URL added"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is edited in the result is shown as the cards have it.
func TestMerge_ShowsTheReferenceAsItIs(t *testing.T) {
	t.Parallel()
	a, b := parsed(t, "UID:r", "N:Muster;Eva;;;", "FN:Eva Muster", "NOTE:mine", "CATEGORIES:A"), parsed(t, "UID:d", "N:Muster;Eva;;;", "FN:Eva Muster", "NOTE:yours", "CATEGORIES:B")
	plan := merged(t, Options{}, a, b)
	said := map[string]string{}
	for _, v := range plan.Values {
		if v.Ref.Card == 0 {
			said[v.Property] = v.Text
		}
	}
	if said["NOTE"] != "mine" || said["CATEGORIES"] != "A" {
		t.Errorf("the reference is shown with %q and %q", said["NOTE"], said["CATEGORIES"])
	}
}

// The name that is taken over for a card without one is made whole by another
// card with that name, as the reference's own is.
func TestMerge_MakesATakenNameWhole(t *testing.T) {
	t.Parallel()
	plan := merged(t, Options{}, parsed(t, "UID:r", "TEL:1234567"), parsed(t, "UID:a", "N:Muster;Eva;;;"), parsed(t, "UID:b", "FN:Eva Muster"))
	for _, line := range []string{"N:Muster;Eva;;;", "FN:Eva Muster"} {
		if n := strings.Count(string(plan.Merged), "\r\n"+line+"\r\n"); n != 1 {
			t.Errorf("%s is there %d times\n%s", line, n, plan.Merged)
		}
	}
}

func TestMerge_RefusesGroups(t *testing.T) {
	t.Parallel()
	group := parsed(t, "UID:g", "FN:Tennis", "KIND:group")
	if _, err := Merge(group, nil, Options{}); err != ErrGroup {
		t.Errorf("got %v", err)
	}
}

func TestSuggestReference_IsTheOneThatSaysMost(t *testing.T) {
	t.Parallel()
	cards := []*vcard.Card{parsed(t, "UID:a", "FN:Eva", "REV:20200101T000000Z"), parsed(t, "UID:b", "FN:Eva", "TEL:1", "REV:20190101T000000Z"), parsed(t, "UID:c", "FN:Eva", "TEL:1", "REV:2021-01-01T00:00:00Z")}
	if got := SuggestReference(cards); got != 2 {
		t.Errorf("card %d", got)
	}
}

func TestRepoint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ card, want []string }{
		"Apple's group":      {[]string{"UID:g", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:D1", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:x"}, []string{"UID:g", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:r", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:x"}},
		"both are members":   {[]string{"UID:g", "MEMBER:urn:uuid:d1", "MEMBER:urn:uuid:r", "MEMBER:d2"}, []string{"UID:g", "MEMBER:urn:uuid:r"}},
		"a relation":         {[]string{"UID:o", "RELATED;TYPE=friend:urn:uuid:d2"}, []string{"UID:o", "RELATED;TYPE=friend:urn:uuid:r"}},
		"not to itself":      {[]string{"UID:r", "RELATED;TYPE=friend:urn:uuid:d2"}, []string{"UID:r"}},
		"nothing to do":      {[]string{"UID:g", "MEMBER:urn:uuid:x"}, nil},
		"mailboxes are kept": {[]string{"UID:g", "MEMBER:mailto:d1@x.example"}, nil},
		"two roles are kept": {[]string{"UID:o", "RELATED;TYPE=friend:urn:uuid:d2", "RELATED;TYPE=spouse:urn:uuid:r"}, []string{"UID:o", "RELATED;TYPE=friend:urn:uuid:r", "RELATED;TYPE=spouse:urn:uuid:r"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			card := parsed(t, test.card...)
			data, changed := Repoint(card, []string{"urn:uuid:d1", "D2"}, "r")
			if changed != (test.want != nil) {
				t.Fatalf("changed: %v", changed)
			}
			if test.want == nil {
				test.want = test.card
			}
			if diff := cmp.Diff(string(parsed(t, test.want...).Bytes()), string(data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// anyContact draws a card to merge, with everything that can go wrong.
func anyContact(t *rapid.T, uid, version string) []string {
	props := append([]string{"VERSION:" + version}, anyCard(t, uid)...)
	lines := []string{
		"item1.TEL:031 311 20 31", "item1.X-ABLabel:Boot", "item2.URL:https://muster.example/", "item2.X-ABLabel:_$!<HomePage>!$_",
		"CATEGORIES:Tennis,Verein", "CATEGORIES:Tennis", "NICKNAME:Evi", "NICKNAME:Evi,E", "NOTE:x\\ny", "X-FOO;BAR=1:a\\;b", "X-FOO:b", "URL:https://MUSTER.example",
		"IMPP:xmpp:a@b", "TITLE:Chefin", "TITLE:Leiterin", "ROLE:r", "PHOTO:https://x.example/p.jpg", "item3.X-ABRELATEDNAMES:Adam", "item3.X-ABLabel:_$!<Spouse>!$_",
		"EMAIL;PREF=1:pref@x.example", "TEL;TYPE=pref:+41313112031", "KEY:https://x.example/k", "RELATED;TYPE=friend:urn:uuid:zz", "X-IMAGEHASH:1", "LANG:de", "REV:20200101T000000Z",
	}
	for i, line := range lines {
		if rapid.IntRange(0, 3).Draw(t, fmt.Sprint("line", i)) == 0 {
			props = append(props, line)
		}
	}
	return props
}

func anyContacts(t *rapid.T, tb testing.TB) []*vcard.Card {
	var cards []*vcard.Card
	for i := range rapid.IntRange(2, 4).Draw(t, "cards") {
		version := rapid.SampledFrom([]string{"3.0", "4.0"}).Draw(t, "version")
		cards = append(cards, parsed(tb, anyContact(t, fmt.Sprint("u", i), version)...))
	}
	return cards
}

// said is all that a card says, as a set of names and normal forms; lists by item.
func said(c *contentline.Component) map[string]bool {
	set := map[string]bool{}
	for _, u := range units(c, 0, "CH") {
		switch {
		case u.class == identity || u.empty() || u.line.Name == "KIND":
		case u.class == list:
			for _, item := range vcard.Items(u.line) {
				set[u.line.Name+" "+plain(item)] = true
			}
		case u.class == note:
			for line := range strings.Lines(vcard.Text(u.line)) {
				set["NOTE "+plain(line)] = true
			}
		default:
			set[u.key] = true
		}
	}
	return set
}

func saidBy(tb testing.TB, data []byte) map[string]bool {
	c, err := vcard.Parse(data)
	if err != nil {
		tb.Fatalf("%v\n%s", err, data)
	}
	return said(c.Component)
}

func TestMerge_LosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cards := anyContacts(rt, t)
		plan := merged(t, Options{}, cards...)
		result := saidBy(t, plan.Merged)
		for _, v := range plan.NotTaken {
			l := contentline.New("", v.Property, v.Raw)
			result[l.Name+"\x00"+normalForm(l, "CH")] = true
		}
		for i, c := range cards {
			converted, err := inVersion(c, versionOf(cards[0]))
			if err != nil {
				rt.Fatal(err)
			}
			for value := range said(converted) {
				if !result[value] && !coveredDate(value, result) {
					rt.Fatalf("card %d: %q is lost\n%s\nnot taken %+v", i, value, plan.Merged, plan.NotTaken)
				}
			}
		}
	})
}

func versionOf(c *vcard.Card) string {
	if c.Version == vcard.V4 {
		return vcard.V4
	}
	return vcard.V3
}

// coveredDate: a day without a year is said by the full date.
func coveredDate(value string, result map[string]bool) bool {
	name, day, ok := strings.Cut(value, "\x00--")
	if !ok {
		return false
	}
	for other := range result {
		if strings.HasPrefix(other, name+"\x00") && strings.HasSuffix(other, "-"+day) {
			return true
		}
	}
	return false
}

func TestMerge_WithNothingIsTheReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := parsed(t, anyContact(rt, "u", "3.0")...)
		if diff := cmp.Diff(string(c.Bytes()), string(merged(t, Options{}, c).Merged)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestMerge_TwiceAddsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cards := anyContacts(rt, t)
		once := parsedBytes(t, merged(t, Options{}, cards...).Merged)
		again := merged(t, Options{}, append([]*vcard.Card{once}, cards[1:]...)...)
		if diff := cmp.Diff(string(once.Bytes()), string(again.Merged)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func parsedBytes(tb testing.TB, data []byte) *vcard.Card {
	tb.Helper()
	c, err := vcard.Parse(data)
	if err != nil {
		tb.Fatalf("%v\n%s", err, data)
	}
	return c
}

// Whatever the order of the duplicates, the result and what it lists as not taken hold the same values.
func TestMerge_OrderOfDuplicatesIsNoMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cards := anyContacts(rt, t)
		order := rapid.Permutation(cards[1:]).Draw(rt, "order")
		input := map[string]bool{}
		for _, c := range cards {
			converted, err := inVersion(c, versionOf(cards[0]))
			if err != nil {
				rt.Fatal(err)
			}
			maps.Copy(input, said(converted))
		}
		first := everything(t, input, merged(t, Options{}, cards...))
		second := everything(t, input, merged(t, Options{}, append([]*vcard.Card{cards[0]}, order...)...))
		if diff := cmp.Diff(first, second); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// everything is what the plan says in its result or lists, of what the cards said: an N that 3.0 wants is made up.
func everything(tb testing.TB, input map[string]bool, plan *Plan) []string {
	set := saidBy(tb, plan.Merged)
	for _, v := range plan.NotTaken {
		l := contentline.New("", v.Property, v.Raw)
		set[l.Name+"\x00"+normalForm(l, "CH")] = true
	}
	var all []string
	for v := range set {
		if input[v] && !coveredDate(v, set) {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return all
}

func TestMerge_StepByStepSaysTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cards := anyContacts(rt, t)
		whole := merged(t, Options{}, cards...)
		step := cards[0]
		for _, d := range cards[1:] {
			step = parsedBytes(t, merged(t, Options{}, step, d).Merged)
		}
		if diff := cmp.Diff(multiples(step.Component), multiples(parsedBytes(t, whole.Merged).Component)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// multiples are the values of properties that have many.
func multiples(c *contentline.Component) []string {
	var all []string
	for _, u := range units(c, 0, "CH") {
		if u.class == multiple && !u.empty() {
			all = append(all, u.key)
		}
	}
	slices.Sort(all)
	return all
}

func TestMerge_ResultIsInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cards := anyContacts(rt, t)
		plan := merged(t, Options{}, cards...)
		c := parsedBytes(t, plan.Merged)
		if c.UID != cards[0].UID || c.Version != cards[0].Version {
			rt.Fatalf("UID %s, VERSION %s", c.UID, c.Version)
		}
		count := map[string]int{}
		groups := map[string]int{}
		for l := range c.Component.Lines() {
			count[l.Name]++
			if l.Group != "" && classOf(l.Name) != attached {
				groups[strings.ToLower(l.Group)]++
			}
		}
		for name, n := range count {
			own := len(cards[0].Component.All(name)) // a card may have two titles
			if k := classOf(name); n > max(own, 1) && (k == single || k == naming) {
				rt.Fatalf("%d lines of %s\n%s", n, name, plan.Merged)
			}
		}
		for group, n := range groups {
			if n > 1 {
				rt.Fatalf("group %s has %d properties\n%s", group, n, plan.Merged)
			}
		}
		for _, line := range strings.Split(string(plan.Merged), "\r\n") {
			if len(line) > 75 {
				rt.Fatalf("%d octets: %s", len(line), line)
			}
		}
	})
}
