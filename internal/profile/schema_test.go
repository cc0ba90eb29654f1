package profile_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"ksync/internal/need"
	"ksync/internal/profile"
)

// node is a value of a property list as its XML has it: read apart from the
// library that wrote it, so that an integer is not taken for a real.
type node struct {
	kind string // string, integer, real, true, false, date, data, array, dict
	text string
	keys []string // of a dict, in the order of the file
	dict map[string]node
	list []node
}

func readPlist(data []byte) (node, error) {
	d := xml.NewDecoder(strings.NewReader(string(data)))
	for {
		token, err := d.Token()
		if err != nil {
			return node{}, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local != "plist" {
			return readNode(d, start)
		}
	}
}

func readNode(d *xml.Decoder, start xml.StartElement) (node, error) {
	n := node{kind: start.Name.Local, dict: map[string]node{}}
	var text strings.Builder
	key := ""
	for {
		token, err := d.Token()
		if err != nil {
			return n, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			n.text = text.String()
			return n, nil
		case xml.StartElement:
			child, err := readNode(d, t)
			switch {
			case err != nil:
				return n, err
			case n.kind == "array":
				n.list = append(n.list, child)
			case child.kind == "key":
				key = child.text
			default:
				if _, twice := n.dict[key]; twice {
					return n, fmt.Errorf("%s is there twice", key)
				}
				n.keys = append(n.keys, key)
				n.dict[key] = child
			}
		}
	}
}

// schemaFile is one of Apple's descriptions; README.md beside them explains it.
type schemaFile struct {
	Payload struct {
		Type      string            `yaml:"payloadtype"`
		Supported map[string]system `yaml:"supportedOS"`
	} `yaml:"payload"`
	Keys []schemaKey `yaml:"payloadkeys"`
}

type system struct {
	Introduced string `yaml:"introduced"`
}

type schemaKey struct {
	Key       string            `yaml:"key"`
	Type      string            `yaml:"type"`
	Presence  string            `yaml:"presence"`
	RangeList []any             `yaml:"rangelist"`
	Supported map[string]system `yaml:"supportedOS"`
	Subkeys   []schemaKey       `yaml:"subkeys"`
}

// schema is Apple's, by type of payload.
type schema struct {
	top, common []schemaKey
	payloads    map[string]schemaFile
}

func readSchema(t *testing.T) schema {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(need.Shared(t, "apple-schema/profiles"), "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	s := schema{payloads: map[string]schemaFile{}}
	for _, name := range files {
		var f schemaFile
		data, err := os.ReadFile(name)
		if err := errors.Join(err, yaml.Unmarshal(data, &f)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch filepath.Base(name) {
		case "TopLevel.yaml":
			s.top = f.Keys
		case "CommonPayloadKeys.yaml":
			s.common = f.Keys
		default:
			s.payloads[f.Payload.Type] = f
		}
	}
	if len(s.top) == 0 || len(s.common) == 0 || len(s.payloads) < 4 {
		t.Fatalf("read only %d, %d keys and %d payloads", len(s.top), len(s.common), len(s.payloads))
	}
	return s
}

// check returns what is wrong with a profile on a system: "iOS", "macOS" or "visionOS".
func (s schema) check(top node, os string) (wrong []string) {
	if top.kind != "dict" {
		return []string{"no dictionary but " + top.kind}
	}
	wrong = checkKeys("", top, s.top, os, "PayloadContent")
	for i, p := range top.dict["PayloadContent"].list {
		kind := p.dict["PayloadType"].text
		place := fmt.Sprintf("%d %s: ", i, kind)
		f, known := s.payloads[kind]
		if !known || f.Payload.Supported[os].Introduced == "n/a" {
			wrong = append(wrong, place+"no such payload on "+os)
			continue
		}
		wrong = append(wrong, checkKeys(place, p, slices.Concat(s.common, f.Keys), os)...)
	}
	return wrong
}

// checkKeys looks at the keys of a dictionary; the named ones are looked at elsewhere.
func checkKeys(place string, d node, known []schemaKey, os string, elsewhere ...string) (wrong []string) {
	for _, name := range d.keys {
		i := slices.IndexFunc(known, func(k schemaKey) bool { return k.Key == name })
		switch {
		case slices.Contains(elsewhere, name):
		case name == "ConsentText": // described with a level that is not there
			for language, text := range d.dict[name].dict {
				wrong = append(wrong, checkValue(place+name+" "+language, text, schemaKey{Type: "<string>"})...)
			}
		case i < 0:
			wrong = append(wrong, place+name+": unknown key")
		case known[i].Supported[os].Introduced == "n/a":
			wrong = append(wrong, place+name+": not on "+os)
		default:
			wrong = append(wrong, checkValue(place+name, d.dict[name], known[i])...)
		}
	}
	for _, k := range known {
		if _, there := d.dict[k.Key]; k.Presence == "required" && !there {
			wrong = append(wrong, place+k.Key+": missing")
		}
	}
	return wrong
}

func checkValue(place string, v node, k schemaKey) (wrong []string) {
	kinds := map[string][]string{
		"<string>": {"string"}, "<integer>": {"integer"}, "<real>": {"real"}, "<boolean>": {"true", "false"},
		"<date>": {"date"}, "<array>": {"array"}, "<dictionary>": {"dict"}, "<data>": {"data"},
	}
	if !slices.Contains(kinds[k.Type], v.kind) {
		return []string{fmt.Sprintf("%s: is <%s>, not %s", place, v.kind, k.Type)}
	}
	if v.kind == "string" && v.text == "" {
		return []string{place + ": is empty"}
	}
	if len(k.RangeList) > 0 && !slices.ContainsFunc(k.RangeList, func(a any) bool { return fmt.Sprint(a) == v.text }) {
		wrong = append(wrong, fmt.Sprintf("%s: %q is not in the list %v", place, v.text, k.RangeList))
	}
	if strings.HasSuffix(k.Key, "Port") || strings.HasSuffix(k.Key, "PortNumber") {
		if n, err := strconv.Atoi(v.text); err != nil || n < 1 || n > 65535 {
			wrong = append(wrong, place+": is no port")
		}
	}
	return wrong
}

func systemOf(t profile.Target) string {
	switch t {
	case profile.Mac:
		return "macOS"
	case profile.Vision:
		return "visionOS"
	}
	return "iOS"
}

// secret is a password of a test.
type secret string

func (s secret) Reveal() string { return string(s) }

// texts are what people call themselves and their devices.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"Anna’s iPhone", `<b>&"'</b>]]>`, "line\r\nbreak", "\u202eevil\u202c", "\u200fעברית", "👩‍👩‍👧 🎉", "\x00\x1f\ufffe\uffff", "&amp;", "a\xffb",
	}))
}

// generated is any profile that can be asked for.
func generated(t *rapid.T) profile.Profile {
	id := rapid.StringMatching(`[a-z0-9]{1,10}`)
	host := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]{1,5}){1,3}`)
	text := func(name string) profile.Text {
		return profile.Text{Name: texts().Draw(t, name), Description: texts().Draw(t, name+" text")}
	}
	password := func(name string) profile.Secret {
		if rapid.Bool().Draw(t, name) {
			return secret("k7wm-q2xp-9t4h-vd8r-c5nz-3jyb-s6ef")
		}
		return nil
	}
	dav := func(name string) *profile.DAV {
		if !rapid.Bool().Draw(t, name) {
			return nil
		}
		return &profile.DAV{
			Text: text(name), Account: texts().Draw(t, "account"), Host: host.Draw(t, "host"), Port: rapid.IntRange(1, 65535).Draw(t, "port"),
			Login: rapid.StringMatching(`[a-zé.]{1,9}(@[a-z]{1,5}\.org)?`).Draw(t, "login"), Password: password("password"),
		}
	}
	p := profile.Profile{
		Identity: profile.Identity{Key: []byte("key"), Host: host.Draw(t, "public"), Account: id.Draw(t, "id"), Device: id.Draw(t, "device")},
		Text:     profile.Text{Name: "x" + texts().Draw(t, "name"), Description: texts().Draw(t, "text")}, Organization: texts().Draw(t, "organization"),
		Target: rapid.SampledFrom([]profile.Target{profile.AnyDevice, profile.Phone, profile.Mac, profile.Vision}).Draw(t, "target"), Contacts: dav("contacts"), Calendars: dav("calendars"),
	}
	if rapid.Bool().Draw(t, "consent") {
		p.Consent = map[string]string{"default": "x" + texts().Draw(t, "consent text"), "de-CH": "Ja" + texts().Draw(t, "zustimmung")}
	}
	if rapid.Bool().Draw(t, "ends") {
		p.Expires = time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "end"), 5)
	}
	if rapid.Bool().Draw(t, "mail") {
		p.Mail = &profile.Mail{
			Text: text("mail"), Account: texts().Draw(t, "mail account"), Person: texts().Draw(t, "person"), Address: "anna@example.org", Login: "anna@example.org",
			IMAP: profile.MailServer{Host: host.Draw(t, "imap"), Port: 993}, SMTP: profile.MailServer{Host: host.Draw(t, "smtp"), Port: 465}, Password: password("mail password"),
		}
	}
	if p.Target != profile.Mac && rapid.Bool().Draw(t, "feed") {
		p.Feeds = []profile.Feed{{ID: id.Draw(t, "feed id"), Text: text("feed"), Name: texts().Draw(t, "feed name"), URL: "https://x.example/feeds/s.ics?a=1&b=2"}}
	}
	if p.Contacts == nil && p.Calendars == nil && p.Mail == nil && len(p.Feeds) == 0 {
		p.Contacts = &profile.DAV{Host: "sync.example.org", Port: 443, Login: "anna"}
	}
	return p
}

// Whatever is asked for, what comes out is as Apple describes it.
func TestMarshal_IsAsAppleDescribesIt(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		p := generated(t)
		data, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		top, err := readPlist(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		for _, wrong := range s.check(top, systemOf(p.Target)) {
			t.Errorf("%s\n%s", wrong, data)
		}
	})
}

// The check itself finds what others got wrong (config-assistant.md 1).
func TestSchema_FindsSlips(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	good, err := full().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ old, new, want string }{
		"a real for a port":     {"<integer>8443</integer>", "<real>8443</real>", "CardDAVPort: is <real>, not <integer>"},
		"a text for a switch":   {"<key>CardDAVUseSSL</key>\n\t\t\t\t<true/>", "<key>CardDAVUseSSL</key><string>true</string>", "CardDAVUseSSL: is <string>"},
		"no host":               {"<key>CalDAVHostName</key>", "<key>CalDAVHost</key>", "CalDAVHostName: missing"},
		"an empty text":         {"<string>Example Org</string>", "<string></string>", "PayloadOrganization: is empty"},
		"an unknown kind":       {"com.apple.carddav.account", "com.apple.cardav.account", "no such payload"},
		"another way of mail":   {"EmailTypeIMAP", "EmailTypeJMAP", "not in the list"},
		"a number for a port":   {"<integer>993</integer>", "<integer>0</integer>", "is no port"},
		"feeds on a Mac":        {"", "", "com.apple.subscribedcalendar.account: no such payload on macOS"},
		"a key twice":           {"<key>CardDAVPort</key>", "<key>CardDAVHostName</key>", "twice"},
		"consent in a deep box": {"<string>Do you agree?</string>", "<dict/>", "ConsentText default: is <dict>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(string(good), tt.old, tt.new, 1)
			system := "iOS"
			if tt.old == "" {
				system = "macOS"
			}
			top, err := readPlist([]byte(bad))
			found := s.check(top, system)
			if err != nil {
				found = append(found, err.Error())
			}
			if !strings.Contains(strings.Join(found, "\n"), tt.want) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
	if top, err := readPlist(good); err != nil || len(s.check(top, "iOS")) != 0 {
		t.Errorf("the good one: %v, %v", err, s.check(top, "iOS"))
	}
	if _, err := readPlist([]byte("<plist>")); !errors.Is(err, io.EOF) && err == nil {
		t.Error("half a file was read")
	}
}
