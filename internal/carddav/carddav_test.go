package carddav

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

const anna = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:Anna Keller\r\nN:Keller;Anna;;;\r\n" +
	"EMAIL;TYPE=WORK:anna@example.org\r\nitem1.TEL:+41 44 000 00 00\r\nitem1.X-ABLabel:Lake\r\nX-OWN;P=1:kept\r\nEND:VCARD\r\n"

func element(t *testing.T, xml string) *davxml.Element {
	t.Helper()
	e, err := davxml.Read(strings.NewReader(xml), davxml.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// decide asks a filter as the engine does.
func decide(f *dav.Filter, data string) bool {
	o := &store.Object{Bytes: []byte(data)}
	switch f.Decide(o) {
	case dav.Yes:
		return true
	case dav.No:
		return false
	}
	return f.Match(string(o.Bytes))
}

// RFC 6352 §10.3, §10.5.
func TestFilter(t *testing.T) {
	t.Parallel()
	name := `<C:prop-filter name="FN"><C:text-match>%s</C:text-match></C:prop-filter>`
	for _, tt := range []struct {
		name, filter string
		want         bool
	}{
		{"no filter", ``, true},
		{"an empty one", `<C:filter/>`, true},
		{"a property that is there", `<C:filter><C:prop-filter name="EMAIL"/></C:filter>`, true},
		{"in a group", `<C:filter><C:prop-filter name="TEL"/></C:filter>`, true},
		{"in that group", `<C:filter><C:prop-filter name="item1.TEL"/></C:filter>`, true},
		{"in another group", `<C:filter><C:prop-filter name="item2.TEL"/></C:filter>`, false},
		{"is not defined", `<C:filter><C:prop-filter name="NOTE"><C:is-not-defined/></C:prop-filter></C:filter>`, true},
		{"text without regard to case", `<C:filter>` + strings.Replace(name, "%s", "KELLER", 1) + `</C:filter>`, true},
		{"text that begins", `<C:filter><C:prop-filter name="FN"><C:text-match match-type="starts-with">anna</C:text-match></C:prop-filter></C:filter>`, true},
		{"text that ends", `<C:filter><C:prop-filter name="FN"><C:text-match match-type="ends-with">anna</C:text-match></C:prop-filter></C:filter>`, false},
		{"the whole text", `<C:filter><C:prop-filter name="FN"><C:text-match match-type="equals">Anna Keller</C:text-match></C:prop-filter></C:filter>`, true},
		{"not the text", `<C:filter><C:prop-filter name="FN"><C:text-match negate-condition="yes">Anna</C:text-match></C:prop-filter></C:filter>`, false},
		{"any of two", `<C:filter><C:prop-filter name="NOTE"/>` + strings.Replace(name, "%s", "anna", 1) + `</C:filter>`, true},
		{"all of two", `<C:filter test="allof"><C:prop-filter name="NOTE"/>` + strings.Replace(name, "%s", "anna", 1) + `</C:filter>`, false},
		{"a parameter", `<C:filter><C:prop-filter name="EMAIL"><C:param-filter name="TYPE"><C:text-match>work</C:text-match></C:param-filter></C:prop-filter></C:filter>`, true},
		{"no such parameter", `<C:filter><C:prop-filter name="EMAIL"><C:param-filter name="TYPE"><C:is-not-defined/></C:param-filter></C:prop-filter></C:filter>`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := bounds{dav.DefaultLimits}.filter(nil, element(t, `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav">`+tt.filter+`</C:addressbook-query>`))
			if err != nil {
				t.Fatal(err)
			}
			if got := decide(f, anna); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestFilter_Refuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, inner string
		cond        davxml.Condition
	}{
		{"an unknown collation", `<C:filter><C:prop-filter name="FN"><C:text-match collation="i;klingon">x</C:text-match></C:prop-filter></C:filter>`, davxml.AddressCollation},
		{"a filter without a name", `<C:filter><C:prop-filter/></C:filter>`, davxml.AddressFilter},
		{"too many parts", `<C:filter>` + strings.Repeat(`<C:prop-filter name="X"/>`, dav.DefaultLimits.FilterParts+1) + `</C:filter>`, davxml.AddressFilter},
		{"a limit that is no number", `<C:limit><C:nresults>5 cards</C:nresults></C:limit>`, davxml.BadRequest},
		{"a limit of nothing", `<C:limit><C:nresults>0</C:nresults></C:limit>`, davxml.BadRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := bounds{dav.DefaultLimits}.filter(nil, element(t, `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav">`+tt.inner+`</C:addressbook-query>`))
			if e, ok := err.(*davxml.Error); !ok || e.Cond != tt.cond {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A card in the version that is asked for is served as the bytes that came.
func TestServe_SameVersionIsTheSameBytes(t *testing.T) {
	t.Parallel()
	if got := in(vcard.V3)([]byte(anna)); !bytes.Equal(got, []byte(anna)) {
		t.Errorf("got %s", got)
	}
	four := string(in(vcard.V4)([]byte(anna)))
	for _, want := range []string{"VERSION:4.0", "EMAIL;TYPE=", "X-OWN;P=1:kept", "X-ABLabel:Lake"} {
		if !strings.Contains(four, want) {
			t.Errorf("%q is missing in %s", want, four)
		}
	}
}

// What cannot be read is still given to its owner.
func TestServe_UnreadableAsItIs(t *testing.T) {
	t.Parallel()
	if got := in(vcard.V3)([]byte("junk")); string(got) != "junk" {
		t.Errorf("got %q", got)
	}
}

func TestWanted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ attrs, want string }{
		{``, "text/vcard 3.0"}, {`content-type="text/vcard"`, "text/vcard 3.0"}, {`version="3.0"`, "text/vcard 3.0"},
		{`content-type="text/x-vcard" version="2.1"`, "text/vcard 3.0"},
		{`content-type="text/vcard" version="4.0"`, "text/vcard 4.0"}, {`version="4.0"`, "text/vcard 4.0"},
		{`content-type="application/vcard+json"`, "application/vcard+json 4.0"},
		{`content-type="text/html"`, ""}, {`version="5.0"`, ""}, {`content-type="application/vcard+json" version="3.0"`, ""},
	} {
		got := ""
		rep, err := wanted(element(t, `<C:address-data xmlns:C="urn:ietf:params:xml:ns:carddav" `+tt.attrs+`/>`))
		if err == nil {
			got = rep.Type + " " + rep.Version
		}
		if e, ok := err.(*davxml.Error); got != tt.want || err != nil && (!ok || e.Cond != davxml.AddressDataType) {
			t.Errorf("%s: %q %v", tt.attrs, got, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		ok         bool
	}{
		{"one card", anna, true},
		{"one that lacks everything", "BEGIN:VCARD\nEND:VCARD\n", true},
		{"two cards", anna + anna, false},
		{"a calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", false},
		{"cut short", "BEGIN:VCARD\r\nFN:x\r\n", false},
		{"nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := check(nil, []byte(tt.data)); (err == nil) != tt.ok {
				t.Error(err)
			}
		})
	}
}

// A merge finds the groups and relations of a removed contact by their keys.
func TestIndex_KnowsWhomACardRefersTo(t *testing.T) {
	t.Parallel()
	group := strings.Replace(anna, "X-OWN;P=1:kept", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:ABC\r\nRELATED:def", 1)
	index, err := check(nil, []byte(group))
	if want := dedup.LookupReferrers([]string{"abc", "urn:uuid:DEF"})[1:]; err != nil || !slices.Equal(index.Keys, want) {
		t.Errorf("%v %v, want %v", index.Keys, err, want)
	}
	if index, err := check(nil, []byte(anna)); err != nil || len(index.Keys) != 0 {
		t.Errorf("an ordinary contact has keys %v, %v", index.Keys, err)
	}
}
