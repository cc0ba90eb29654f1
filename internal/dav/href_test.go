package dav

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func testEngine() *Engine {
	return &Engine{kinds: []*Kind{{Segment: "calendars"}, {Segment: "addressbooks"}}}
}

func TestParse_NamesOneThing(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for _, tt := range []struct{ ref, href string }{
		{"/", "/"},
		{"/dav", "/dav/"},
		{"/dav/", "/dav/"},
		{"/dav/principals/", "/dav/principals/"},
		{"/dav/principals/7", "/dav/principals/7/"},
		{"/dav/calendars/7/", "/dav/calendars/7/"},
		{"/dav/calendars/7/work", "/dav/calendars/7/work/"},
		{"/dav/calendars/7/work/a.ics", "/dav/calendars/7/work/a.ics"},
		{"/dav/calendars/7/work/a%2eics", "/dav/calendars/7/work/a.ics"},
		{"/dav/calendars/7/work/a%40b@c.ics", "/dav/calendars/7/work/a@b@c.ics"},
		{"/dav/calendars/7/work/%C3%A9%20~.ics", "/dav/calendars/7/work/%C3%A9%20~.ics"},
		{"https://other.example/dav/addressbooks/7/x/y", "/dav/addressbooks/7/x/y"},
		{"/dav/addressbooks/7/x/y?z#f", "/dav/addressbooks/7/x/y"},
	} {
		t.Run(tt.ref, func(t *testing.T) {
			t.Parallel()
			target, err := e.Parse(tt.ref)
			if err != nil {
				t.Fatal(err)
			}
			if got := target.Href(); got != tt.href {
				t.Errorf("got %s, want %s", got, tt.href)
			}
		})
	}
}

func TestParse_RefusesTricks(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for _, ref := range []string{
		"", "/davx/", "/dav/other/", "/dav//calendars/7/", "/dav/calendars//7/", "/dav/calendars/7/../8/",
		"/dav/calendars/7/%2e%2e/x", "/dav/calendars/7/./x", "/dav/calendars/7/a%2Fb/c", "/dav/calendars/7/a%00/c",
		"/dav/calendars/7/%ff/c", "/dav/calendars/7/a/b/c", "/dav/principals/7/x", "/dav/calendars/7/%zz/",
		"/dav/calendars/7/" + strings.Repeat("x", 256) + "/", "mailto:a@b", "/dav/calendars/7/work//",
	} {
		if target, err := e.Parse(ref); err == nil && target.Level != Root {
			t.Errorf("%q names %v %s", ref, target.Level, target.Href())
		}
	}
}

// A login in the place of the id is kept for the redirect, and never taken for
// an id.
func TestParse_Account(t *testing.T) {
	t.Parallel()
	e := testEngine()
	for segment, want := range map[string]Target{
		"7": {Account: 7}, "anna": {Login: "anna"}, "Anna%40x.org": {Login: "anna@x.org"},
		"007": {Login: "007"}, "-1": {Login: "-1"}, "0": {Login: "0"}, "99999999999": {Login: "99999999999"},
	} {
		got, err := e.Parse("/dav/principals/" + segment + "/")
		if err != nil || got.Account != want.Account || got.Login != want.Login {
			t.Errorf("%s: %+v %v", segment, got, err)
		}
	}
}

// Every name that can be stored has one href, which leads back to it.
func TestHref_RoundTrip(t *testing.T) {
	t.Parallel()
	e := testEngine()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 60, 255).Filter(validName)
		want := Target{Level: Object, Kind: e.kinds[0], Account: 7, Parent: name.Draw(t, "parent"), Name: name.Draw(t, "name")}
		got, err := e.Parse(want.Href())
		if err != nil || got != want {
			t.Fatalf("%s: %+v, %v", want.Href(), got, err)
		}
	})
}

func TestEntityTags_Lenient(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values []string
		tags   []string
		any    bool
	}{
		{"none", nil, nil, false},
		{"one", []string{`"a"`}, []string{"a"}, false},
		{"a list over two lines", []string{`"a", "b"`, `"c"`}, []string{"a", "b", "c"}, false},
		{"weak", []string{`W/"a"`}, []string{"a"}, false},
		{"escaped quotes of old Evolution", []string{`\"a\"`}, []string{"a"}, false},
		{"without quotes", []string{`a`}, []string{"a"}, false},
		{"any", []string{`*`}, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tags, any := entityTags(tt.values)
			if diff := cmp.Diff(tt.tags, tags); diff != "" || any != tt.any {
				t.Errorf("any=%v %s", any, diff)
			}
		})
	}
}

// RFC 4918 §10.4.
func TestIf_Holds(t *testing.T) {
	t.Parallel()
	state := ifState{etag: "a", token: "urn:t"}
	for _, tt := range []struct {
		header string
		want   bool
	}{
		{`(["a"])`, true},
		{`(["b"])`, false},
		{`(["b"]) (["a"])`, true},
		{`(["a"] <urn:t>)`, true},
		{`(["a"] <opaquelocktoken:x>)`, false},
		{`(["a"] Not <DAV:no-lock>)`, true},
		{`(Not ["a"])`, false},
		{`(<DAV:no-lock>)`, false},
	} {
		t.Run(tt.header, func(t *testing.T) {
			t.Parallel()
			lists, err := parseIf(tt.header)
			if err != nil {
				t.Fatal(err)
			}
			got := false
			for _, l := range lists {
				got = got || state.allows(l.terms)
			}
			if got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestIf_RefusesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"x", "(", "()", "()x", `("a")`, "<http://x", "<x> y", `([`, `(Not)`, `(<>)`} {
		if lists, err := parseIf(header); err == nil {
			t.Errorf("%q gave %+v", header, lists)
		}
	}
}

func FuzzIf(f *testing.F) {
	f.Add(`<http://x/y> (["a"] <t>) (Not ["b"])`)
	f.Fuzz(func(t *testing.T, header string) {
		if len(header) > http.DefaultMaxHeaderBytes {
			return
		}
		_, _ = parseIf(header) // must end, without a panic
	})
}

func TestToken_RoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range []token{{epoch: "9f2c", at: 1}, {epoch: "x", at: 3, since: 9}} {
		if got, ok := parseToken(want.String()); !ok || got != want {
			t.Errorf("%s: %+v %v", want, got, ok)
		}
	}
	for _, s := range []string{"", "x", tokenPrefix, tokenPrefix + "e", tokenPrefix + "e:0", tokenPrefix + "e:-1", tokenPrefix + "e:1:0",
		tokenPrefix + "e:9223372036854775808", tokenPrefix + "e:1:2:3", "http://sabre.io/ns/sync/1"} {
		if got, ok := parseToken(s); ok {
			t.Errorf("%q is %+v", s, got)
		}
	}
}
