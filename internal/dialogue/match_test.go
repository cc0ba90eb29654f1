package dialogue

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// compareXML returns what differs between the two documents.
func compareXML(t testing.TB, want, got string, mode Mode, v vars) []string {
	t.Helper()
	w, err := parseXML(want)
	if err != nil {
		t.Fatal(err)
	}
	g, err := parseXML(got)
	if err != nil {
		t.Fatal(err)
	}
	m := &matcher{vars: v, mode: mode}
	m.element(label(w), w, g)
	if m.err != nil {
		t.Fatal(m.err)
	}
	for name, value := range m.vars {
		v[name] = value
	}
	return m.diffs
}

const twoMembers = `<D:multistatus xmlns:D="DAV:">
  <D:response><D:href>/a</D:href>
    <D:propstat><D:prop><D:getetag>"1"</D:getetag><D:displayname>A</D:displayname></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
    <D:propstat><D:prop><D:owner/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
  </D:response>
  <D:response><D:href>/b</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>
</D:multistatus>`

func TestMatch_ByMeaning(t *testing.T) {
	t.Parallel()
	ms := func(inner string) string { return `<D:multistatus xmlns:D="DAV:">` + inner + `</D:multistatus>` }
	a200 := `<D:propstat><D:prop><D:displayname>A</D:displayname><D:getetag>"1"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>`
	a404 := `<D:propstat><D:prop><D:owner/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>`
	a := `<D:response><D:href>/a</D:href>` + a200 + a404 + `</D:response>`
	b := `<D:response><D:href>/b</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>`
	for _, tt := range []struct {
		name, want, got string
		mode            Mode
		diffs           []string
	}{
		{"other prefixes and white space", `<a xmlns="x:" k="1" j="2"><b/></a>`, "<n:a xmlns:n='x:' j='2' k='1'>\n <n:b></n:b> </n:a>", Mode{}, nil},
		{"responses and properties in another order", twoMembers, ms(b + a), Mode{}, nil},
		{"ordered", twoMembers, ms(b + a), Mode{Ordered: true}, []string{`want "/a", got "/b"`}},
		{"propstats in another order", twoMembers, ms(`<D:response><D:href>/a</D:href>` + a404 + a200 + `</D:response>` + b), Mode{}, []string{`missing D:displayname`}},
		{"another namespace", `<a xmlns="x:"/>`, `<a xmlns="y:"/>`, Mode{}, []string{`want <ns-x:a>, got <ns-y:a>`}},
		{"text", `<a>1</a>`, `<a>2</a>`, Mode{}, []string{`a: want "1", got "2"`}},
		{"space in text counts", `<a> 1</a>`, `<a>1</a>`, Mode{}, []string{`a: want " 1", got "1"`}},
		{"attribute", `<a k="1"/>`, `<a k="2"/>`, Mode{}, []string{`attribute k: want "1", got "2"`}},
		{"extra attribute", `<a/>`, `<a k="2"/>`, Mode{}, []string{`attribute k="2" is unexpected`}},
		{"extra response", twoMembers, ms(a + b + strings.ReplaceAll(b, "/b", "/c")), Mode{}, []string{`unexpected response[/c]`}},
		{"extra response in a subset", twoMembers, ms(a + b + strings.ReplaceAll(b, "/b", "/c")), Mode{Subset: true}, nil},
		{"missing response", twoMembers, ms(a), Mode{Subset: true}, []string{`missing response[/b]`}},
		{"subset of propstats and properties", ms(`<D:response><D:href>/a</D:href>` + a404 + `</D:response>`), ms(a + b), Mode{Subset: true}, nil},
		{"property of a pair", twoMembers, ms(strings.ReplaceAll(a, ">A<", ">B<") + b), Mode{}, []string{
			`D:multistatus/response[/a]/propstat[HTTP/1.1 200 OK]/D:prop/D:displayname: want "A", got "B"`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := compareXML(t, tt.want, tt.got, tt.mode, vars{})
			if (len(got) > 0) != (len(tt.diffs) > 0) {
				t.Errorf("diffs %q, want %q", got, tt.diffs)
			}
			if len(tt.diffs) == 1 && !strings.Contains(strings.Join(got, "\n"), tt.diffs[0]) {
				t.Errorf("diffs %q, want %q", got, tt.diffs)
			}
		})
	}
}

func TestMatch_CapturesBindOnlyWhereTheyMatch(t *testing.T) {
	t.Parallel()
	v := vars{"account": "7"}
	want := strings.NewReplacer("/a", "/{{account}}/a", `"1"`, "{{etag:=*}}", ">A<", ">{{*}}<").Replace(twoMembers)
	got := strings.ReplaceAll(twoMembers, "/a", "/7/a")
	if diffs := compareXML(t, want, got, Mode{}, v); diffs != nil {
		t.Fatal(diffs)
	}
	if v["etag"] != `"1"` {
		t.Errorf("etag %q", v["etag"])
	}
	again := strings.ReplaceAll(want, "{{etag:=*}}", "{{etag}}")
	if diffs := compareXML(t, again, strings.ReplaceAll(got, `"1"`, `"2"`), Mode{}, v); len(diffs) != 1 {
		t.Errorf("another etag: diffs %q", diffs)
	}
}

// A multistatus has the same meaning however its responses, properties and privileges are shuffled.
func TestMatch_OrderOfSetsMeansNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		root, err := parseXML(twoMembers)
		if err != nil {
			t.Fatal(err)
		}
		m := matcher{}
		root.all(func(n *node) bool {
			if m.unordered(n) {
				random.Shuffle(len(n.Children), func(i, j int) { n.Children[i], n.Children[j] = n.Children[j], n.Children[i] })
			}
			return true
		})
		want, _ := parseXML(twoMembers)
		m.vars = vars{}
		if m.element("", want, root); m.diffs != nil {
			t.Fatal(m.diffs)
		}
	})
}

func TestParseXML_RefusesWhatClientsRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body string }{
		{"nothing", ""},
		{"undeclared prefix", `<D:a/>`},
		{"undeclared prefix of an attribute", `<a x:k="1"/>`},
		{"attribute twice", `<a k="1" k="1"/>`},
		{"two roots", `<a/><b/>`},
		{"mixed content", `<a>text<b/></a>`},
		{"control character", "<a>\x01</a>"},
		{"not closed", `<a>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := parseXML(tt.body); err == nil {
				t.Errorf("accepted %q", tt.body)
			}
		})
	}
}

// What is printed means what was parsed.
func FuzzParseXML(f *testing.F) {
	f.Add(twoMembers)
	f.Add(`<a xmlns="DAV:" xmlns:b="DAV:" b:k="&quot;&lt;">&amp;&#13;</a>`)
	f.Fuzz(func(t *testing.T, body string) {
		first, err := parseXML(body)
		if err != nil || strings.Contains(body, "{{") || !plainSpaces(first) {
			return
		}
		second, err := parseXML(first.String())
		if err != nil {
			t.Fatalf("%v in what was printed:\n%s", err, first)
		}
		if diff := cmp.Diff(first.String(), second.String()); diff != "" {
			t.Error(diff)
		}
		m := &matcher{vars: vars{}, mode: Mode{Ordered: true}}
		if m.element("", first, second); m.diffs != nil {
			t.Error(m.diffs)
		}
	})
}

// plainSpaces says whether all namespaces are ones that dialogues use, and names are names.
func plainSpaces(root *node) bool {
	return root.all(func(n *node) bool {
		for _, name := range append(attrNames(n.Attrs), n.Name) {
			if strings.HasPrefix(qualified(name), "ns-") || strings.Contains(name.Local, ":") {
				return false
			}
		}
		return true
	})
}
