package davxml

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, body string) *Element {
	t.Helper()
	e, err := Read(strings.NewReader(body), DefaultLimits)
	if err != nil {
		t.Fatalf("Read(%q): %v", body, err)
	}
	return e
}

// RFC 4918 §4.3: what a dead property looked like is what comes back.
func TestRaw_StandsAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{
			"a prefix declared around it",
			`<D:set xmlns:D="DAV:" xmlns:A="http://apple.com/ns/ical/"><A:calendar-color symbolic-color="red">#F00</A:calendar-color></D:set>`,
			`<A:calendar-color xmlns:A="http://apple.com/ns/ical/" symbolic-color="red">#F00</A:calendar-color>`,
		},
		{
			"the default namespace",
			`<set xmlns="urn:x"><p a='1' ><q/> text </p></set>`,
			`<p xmlns="urn:x" a='1' ><q/> text </p>`,
		},
		{
			"its own declarations stay as they are",
			`<set><p xmlns="urn:y" xmlns:z="urn:z"><z:q/></p></set>`,
			`<p xmlns="urn:y" xmlns:z="urn:z"><z:q/></p>`,
		},
		{
			"the innermost declaration counts",
			`<a xmlns:p="urn:1"><b xmlns:p="urn:2"><p:c/></b></a>`,
			`<p:c xmlns:p="urn:2"/>`,
		},
		{
			"references and comments are left alone",
			`<a><b>x &amp; <!-- y --> &#65;</b></a>`,
			`<b>x &amp; <!-- y --> &#65;</b>`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := read(t, tt.body)
			for len(e.Children) > 0 && e.Raw() != tt.want {
				e = e.Children[0]
			}
			if diff := cmp.Diff(tt.want, e.Raw()); diff != "" {
				t.Error(diff)
			}
			if got := read(t, e.Raw()); got.Name != e.Name {
				t.Errorf("read again it is %v, not %v", got.Name, e.Name)
			}
		})
	}
}

func TestRead_RefusesWhatIsNotPlainXML(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70)
	for _, tt := range []struct{ name, body string }{
		{"a document type", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`},
		{"an external entity", `<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`},
		{"an unknown entity", `<a>&nbsp;</a>`},
		{"two roots", `<a/><b/>`},
		{"an end too few", `<a><b></a>`},
		{"nested too deep", deep},
		{"another encoding", `<?xml version="1.0" encoding="UTF-16"?><a/>`},
		{"no XML at all", `hello`},
		{"an undeclared prefix", `<a><D:b/></a>`},
		{"a prefix declared elsewhere", `<a><b xmlns:D="DAV:"/><D:c/></a>`},
		{"an undeclared prefix that is another's namespace", `<a xmlns:x="D"><D:b/></a>`},
		{"an undeclared prefix of an attribute that is another's namespace", `<a xmlns:x="D" D:k="1"/>`},
		{"a prefix without a namespace", `<a xmlns:x=""><x:b/></a>`},
		{"the prefix xmlns", `<a xmlns:xmlns="urn:x"/>`},
		{"the prefix xml for something else", `<a xmlns:xml="urn:x"/>`},
		{"the namespace of xml by another prefix", `<a xmlns:x="http://www.w3.org/XML/1998/namespace"/>`},
		{"an end of another element", `<a><b></a></b>`},
		{"an end with another prefix", `<x:a xmlns:x="urn:x" xmlns:y="urn:x"></y:a>`},
		{"an end without a start", `</a>`},
		{"an undeclared prefix of an attribute", `<a x:k="1"/>`},
		{"an attribute twice", `<a k="1" k="1"/>`},
		{"an attribute twice, by two prefixes", `<a xmlns:x="u:1" xmlns:y="u:1" x:k="1" y:k="1"/>`},
		{"a declaration twice", `<a xmlns:x="u:1" xmlns:x="u:2"/>`},
		{"a name that ends in a colon", `<a><b:/></a>`},
		{"a processing instruction inside", `<a><?xml version="1.0"?></a>`},
		{"an undeclared control character", "<a>\x01</a>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if e, err := Read(strings.NewReader(tt.body), DefaultLimits); err == nil {
				t.Errorf("Read gave %v", e)
			}
		})
	}
}

func TestRead_Bounds(t *testing.T) {
	t.Parallel()
	lim := Limits{Bytes: 20, Depth: 2, Elements: 3}
	if _, err := Read(strings.NewReader("<a>"+strings.Repeat(" ", 20)+"</a>"), lim); !errors.Is(err, ErrTooLarge) {
		t.Errorf("long body: %v", err)
	}
	if _, err := Read(strings.NewReader("<a><b/><b/><b/></a>"), lim); err == nil {
		t.Error("too many elements were read")
	}
	if _, err := Read(strings.NewReader(" \r\n"), lim); !errors.Is(err, ErrEmpty) {
		t.Errorf("blank body: %v", err)
	}
}

// Apple sends a child without a namespace inside calendar-free-busy-set
// (clients.md 4.3).
func TestRead_ChildWithoutNamespace(t *testing.T) {
	t.Parallel()
	e := read(t, `<C:calendar-free-busy-set xmlns:C="urn:ietf:params:xml:ns:caldav"><NO/></C:calendar-free-busy-set>`)
	if e.Name != CalDAV("calendar-free-busy-set") || len(e.Children) != 1 || e.Children[0].Name.Local != "NO" {
		t.Errorf("got %+v", e)
	}
}

func TestClark_RoundTrip(t *testing.T) {
	t.Parallel()
	for _, n := range []Name{DAV("prop"), {Space: "urn:a:b", Local: "c"}, {Space: "urn:a}b", Local: "c"}, {Local: "bare"}} {
		if got := FromClark(Clark(n)); got != n {
			t.Errorf("FromClark(%q) = %v", Clark(n), got)
		}
	}
}

// Whatever is read, its parts stand alone: they can be read again and mean the same.
func FuzzRead(f *testing.F) {
	f.Add(`<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>`)
	f.Add(`<a xmlns="urn:x" xmlns:p="urn:y"><p:b c="d"/>t<![CDATA[<]]></a>`)
	f.Fuzz(func(t *testing.T, body string) {
		e, err := Read(strings.NewReader(body), Limits{Bytes: 1 << 16, Depth: 16, Elements: 200})
		if err != nil {
			return
		}
		for _, c := range append(e.Children, e) {
			again, err := Read(strings.NewReader(c.Raw()), DefaultLimits)
			if err != nil {
				t.Fatalf("Raw of %q is %q: %v", body, c.Raw(), err)
			}
			if again.Name != c.Name || again.Text != c.Text {
				t.Errorf("%q: %v %q, again %v %q", body, c.Name, c.Text, again.Name, again.Text)
			}
		}
	})
}
