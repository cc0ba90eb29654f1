package dav

import (
	"strings"
	"testing"
)

// RFC 9110 §12.5.1. Only who names a form gets it.
func TestNegotiate(t *testing.T) {
	t.Parallel()
	same := func(b []byte) ([]byte, error) { return b, nil }
	rs := Representations{
		{Type: "text/vcard", Version: "3.0", Mark: "v3"},
		{Type: "text/vcard", Version: "4.0", Mark: "v4"},
		{Type: "application/vcard+json", Version: "4.0", Mark: "json", Encode: same},
	}
	for _, tt := range []struct{ name, accept, want string }{
		{"nothing", "", ""},
		{"everything", "*/*", ""},
		{"text", "text/*", ""},
		{"the type without a version", "text/vcard", ""},
		{"by version", "text/vcard;version=4.0", "v4"},
		{"by version, in quotes", `text/vcard; charset=utf-8; version="3.0"`, "v3"},
		{"a version that nobody knows", "text/vcard;version=5.0", ""},
		{"jCard", "application/vcard+json", "json"},
		{"jCard in its version", "Application/VCard+JSON;version=4.0", "json"},
		{"jCard in another", "application/vcard+json;version=3.0", ""},
		{"jCard refused", "application/vcard+json;q=0", ""},
		{"jCard before text", "application/vcard+json, text/vcard;q=0.9", "json"},
		{"jCard before everything", "*/*;q=0.1, application/vcard+json;q=0.2", "json"},
		{"text before jCard", "text/vcard, application/vcard+json;q=0.5", ""},
		{"as good as what is stored", "text/vcard, application/vcard+json", ""},
		{"the closest range counts", "text/vcard;q=0.1, */*, application/vcard+json;q=0.5", "json"},
		{"the better of two", "text/vcard;version=4.0;q=0.3, application/vcard+json;q=0.4", "json"},
		{"unknown types", "application/json, text/html, image/*", ""},
		{"junk", ";;,q=1,/,\x00,a b", ""},
		{"a quality that is none", "application/vcard+json;q=high", ""},
		{"a quality past all", "application/vcard+json;q=7", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if r := rs.negotiate([]string{tt.accept}); r != nil {
				got = r.Mark
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNameOf(t *testing.T) {
	t.Parallel()
	for uid, want := range map[string]string{
		"4fbe8971-0bc3": "4fbe8971-0bc3.ics", "a@b.example": "a@b.example.ics", "A_b~c": "A_b~c.ics",
		"": "", ".hidden": "", "..": "", "a/b": "", "a b": "", "urn:uuid:x": "", "zoë": "", "a%2Fb": "", "a\x00": "",
		strings.Repeat("x", 251): strings.Repeat("x", 251) + ".ics", strings.Repeat("x", 252): "",
	} {
		if got := nameOf(uid, ".ics"); got != want {
			t.Errorf("%q: got %q, want %q", uid, got, want)
		}
	}
}
