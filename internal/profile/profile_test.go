package profile_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"howett.net/plist"
	"pgregory.net/rapid"

	"ksync/internal/need"
	"ksync/internal/profile"
)

func identity() profile.Identity {
	return profile.Identity{Key: []byte("the server's key"), Host: "sync.example.org", Account: "4711", Device: "42"}
}

// full has all that there can be.
func full() profile.Profile {
	dav := func(name string) *profile.DAV {
		return &profile.DAV{
			Text: profile.Text{Name: name, Description: name + " of anna@example.org"}, Account: "Example Sync",
			Host: "sync.example.org", Port: 8443, Login: "anna@example.org", Password: secret("k7wm-q2xp-9t4h-vd8r-c5nz-3jyb-s6ef"),
		}
	}
	return profile.Profile{
		Identity: identity(), Text: profile.Text{Name: "Example Sync – Anna’s iPhone", Description: "Holds a password."}, Organization: "Example Org",
		Consent: map[string]string{"default": "Do you agree?", "de": "Einverstanden?"}, Target: profile.Phone,
		Expires: time.Date(2027, 1, 31, 12, 0, 0, 500, time.FixedZone("", 3600)), Contacts: dav("Contacts"), Calendars: dav("Calendars"),
		Mail: &profile.Mail{
			Text: profile.Text{Name: "Mail"}, Account: "Example Sync", Person: "Anna Keller", Address: "anna@example.org", Login: "anna@example.org",
			IMAP: profile.MailServer{Host: "imap.example.org", Port: 993}, SMTP: profile.MailServer{Host: "smtp.example.org", Port: 465}, Password: secret("hunter2"),
		},
		Feeds: []profile.Feed{{ID: "holidays", Text: profile.Text{Name: "Holidays"}, Name: "Holidays", URL: "https://sync.example.org/feeds/s3cret.ics"}},
	}
}

// read is what another reader makes of a profile.
func read(t testing.TB, p profile.Profile) map[string]any {
	t.Helper()
	data, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]any
	if _, err := plist.Unmarshal(data, &top); err != nil {
		t.Fatal(err)
	}
	return top
}

func payloads(t testing.TB, p profile.Profile) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, v := range read(t, p)["PayloadContent"].([]any) {
		d := v.(map[string]any)
		all[d["PayloadType"].(string)] = d
	}
	return all
}

func TestMarshal_WhatADeviceReads(t *testing.T) {
	t.Parallel()
	top := read(t, full())
	delete(top, "PayloadContent")
	delete(top, "PayloadUUID")
	if diff := cmp.Diff(map[string]any{
		"PayloadType": "Configuration", "PayloadVersion": uint64(1), "PayloadIdentifier": "org.example.sync.profile.4711.42",
		"PayloadDisplayName": "Example Sync – Anna’s iPhone", "PayloadDescription": "Holds a password.",
		"PayloadOrganization": "Example Org", "TargetDeviceType": uint64(1),
		"ConsentText": map[string]any{"default": "Do you agree?", "de": "Einverstanden?"}, "RemovalDate": time.Date(2027, 1, 31, 11, 0, 0, 0, time.UTC),
	}, top); diff != "" {
		t.Error(diff)
	}
	all := payloads(t, full())
	for _, d := range all {
		delete(d, "PayloadUUID")
	}
	if diff := cmp.Diff(map[string]map[string]any{
		"com.apple.carddav.account": davPayload("CardDAV", "carddav", "Contacts"),
		"com.apple.caldav.account":  davPayload("CalDAV", "caldav", "Calendars"),
		"com.apple.mail.managed": {
			"PayloadType": "com.apple.mail.managed", "PayloadVersion": uint64(1), "PayloadIdentifier": "org.example.sync.profile.4711.42.mail", "PayloadDisplayName": "Mail",
			"EmailAccountType": "EmailTypeIMAP", "EmailAccountName": "Anna Keller", "EmailAccountDescription": "Example Sync", "EmailAddress": "anna@example.org",
			"IncomingMailServerAuthentication": "EmailAuthPassword", "IncomingMailServerHostName": "imap.example.org", "IncomingMailServerPortNumber": uint64(993),
			"IncomingMailServerUseSSL": true, "IncomingMailServerUsername": "anna@example.org", "IncomingPassword": "hunter2",
			"OutgoingMailServerAuthentication": "EmailAuthPassword", "OutgoingMailServerHostName": "smtp.example.org", "OutgoingMailServerPortNumber": uint64(465),
			"OutgoingMailServerUseSSL": true, "OutgoingMailServerUsername": "anna@example.org", "OutgoingPasswordSameAsIncomingPassword": true,
		},
		"com.apple.subscribedcalendar.account": {
			"PayloadType": "com.apple.subscribedcalendar.account", "PayloadVersion": uint64(1), "PayloadIdentifier": "org.example.sync.profile.4711.42.subcal.holidays",
			"PayloadDisplayName": "Holidays", "SubCalAccountDescription": "Holidays", "SubCalAccountHostName": "https://sync.example.org/feeds/s3cret.ics", "SubCalAccountUseSSL": true,
		},
	}, all); diff != "" {
		t.Error(diff)
	}
}

func davPayload(prefix, kind, name string) map[string]any {
	return map[string]any{
		"PayloadType": "com.apple." + kind + ".account", "PayloadVersion": uint64(1), "PayloadIdentifier": "org.example.sync.profile.4711.42." + kind,
		"PayloadDisplayName": name, "PayloadDescription": name + " of anna@example.org",
		prefix + "AccountDescription": "Example Sync", prefix + "HostName": "sync.example.org", prefix + "Port": uint64(8443), prefix + "UseSSL": true,
		prefix + "Username": "anna@example.org", prefix + "Password": "k7wm-q2xp-9t4h-vd8r-c5nz-3jyb-s6ef",
	}
}

func TestMarshal_Envelope(t *testing.T) {
	t.Parallel()
	data, err := full().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	head := "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">"
	if !bytes.HasPrefix(data, []byte(head)) {
		t.Errorf("begins %q", data[:len(head)])
	}
	if len(data) > 16<<10 {
		t.Errorf("%d bytes", len(data))
	}
	top, err := readPlist(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(top.dict["PayloadContent"].list, top) {
		if !slices.IsSorted(d.keys) {
			t.Errorf("keys in the order %v", d.keys)
		}
	}
	for range 20 {
		if again, err := full().Marshal(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("another time other bytes, %v", err)
		}
	}
}

// Without a password there is no key for one; without a text none that is empty.
func TestMarshal_LeavesOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	p := profile.Profile{Identity: identity(), Text: profile.Text{Name: "x"}, Contacts: &profile.DAV{Host: "h.example", Port: 443, Login: "anna", Password: secret("")}}
	data, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"Password", "Description", "Organization", "Consent", "TargetDevice", "Removal" + "Date", "PrincipalURL", "<string></string>", "PayloadEnabled"} {
		if strings.Contains(string(data), absent) {
			t.Errorf("%s is there:\n%s", absent, data)
		}
	}
}

func TestMarshal_NamesComeOutRight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"markup":                     {`<b> & "it's" ]]> <!--`, `<b> & "it's" ]]> <!--`},
		"an entity":                  {"&amp;", "&amp;"},
		"a broken line":              {"Anna\r\nBcc: x\ry\nz\t!", "Anna Bcc: x y z !"},
		"line separators":            {"a\u2028b\u2029c\u0085d", "a b c d"},
		"emoji with joiners":         {"👩‍👩‍👧‍👦 🏳️‍🌈", "👩‍👩‍👧‍👦 🏳️‍🌈"},
		"right to left":              {"\u200fטלפון של אנה\u200f", "\u200fטלפון של אנה\u200f"},
		"Persian joiner":             {"می\u200cخواهم", "می\u200cخواهم"},
		"a turned direction":         {"photo\u202egpj.exe\u202c \u2066x\u2069", "photogpj.exe x"},
		"controls":                   {"a\x00b\x1bc\x7fd\u009be", "abcde"},
		"no characters":              {"a\ufffeb\uffffc\ufffdd\ufeff", "abcd"},
		"broken UTF-8":               {"a\xff\xc3b", "ab"},
		"blanks around":              {"  a   b ", "a b"},
		"composed and beyond U+FFFF": {"e\u0301 𝒜", "e\u0301 𝒜"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := full()
			p.Text.Name, p.Organization, p.Contacts.Account, p.Mail.Person = tt.in, tt.in, tt.in, tt.in
			top, all := read(t, p), payloads(t, p)
			for place, got := range map[string]any{
				"name": top["PayloadDisplayName"], "organization": top["PayloadOrganization"],
				"account": all["com.apple.carddav.account"]["CardDAVAccountDescription"], "person": all["com.apple.mail.managed"]["EmailAccountName"],
			} {
				if got != tt.want {
					t.Errorf("%s: got %q, want %q", place, got, tt.want)
				}
			}
		})
	}
}

func TestMarshal_ParagraphsStay(t *testing.T) {
	t.Parallel()
	p := full()
	p.Consent = map[string]string{"default": "\r\nOne.\r\n\r\nTwo <&>\x00\rThree \u202e\n"}
	if got := read(t, p)["ConsentText"].(map[string]any)["default"]; got != "One.\n\nTwo <&>\nThree" {
		t.Errorf("got %q", got)
	}
}

// names are all identifiers and UUIDs of a profile, by the kind of payload.
func names(t testing.TB, p profile.Profile) map[string][2]string {
	t.Helper()
	top := read(t, p)
	all := map[string][2]string{"profile": {top["PayloadIdentifier"].(string), top["PayloadUUID"].(string)}}
	for _, v := range top["PayloadContent"].([]any) {
		d := v.(map[string]any)
		all[d["PayloadType"].(string)] = [2]string{d["PayloadIdentifier"].(string), d["PayloadUUID"].(string)}
	}
	return all
}

func TestIdentity_SameForTheSameWhateverElseChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, other := generated(rt), generated(rt)
		other.Identity = p.Identity
		a, b := names(t, p), names(t, other)
		if a["profile"] != b["profile"] {
			rt.Errorf("%v and %v", a["profile"], b["profile"])
		}
		for kind, name := range a {
			if also, there := b[kind]; there && also != name && kind != "com.apple.subscribedcalendar.account" {
				rt.Errorf("%s: %v and %v", kind, name, also)
			}
		}
	})
}

func TestIdentity_OthersShareNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := full()
		other := full()
		id := rapid.StringMatching(`[a-z0-9]{1,8}`)
		p.Identity.Account, p.Identity.Device = id.Draw(rt, "account"), id.Draw(rt, "device")
		other.Identity.Account, other.Identity.Device = id.Draw(rt, "other account"), id.Draw(rt, "other device")
		if p.Identity.Account == other.Identity.Account && p.Identity.Device == other.Identity.Device {
			return
		}
		seen := map[string]bool{}
		for _, name := range names(t, p) {
			for _, part := range name {
				if seen[part] {
					rt.Errorf("%s twice in one profile", part)
				}
				seen[part] = true
			}
		}
		for kind, name := range names(t, other) {
			if seen[name[0]] || seen[name[1]] {
				rt.Errorf("%s %v is shared", kind, name)
			}
		}
	})
}

func TestIdentity_OneMoreServiceKeepsTheOthers(t *testing.T) {
	t.Parallel()
	two := full()
	two.Mail, two.Feeds = nil, nil
	before, after := names(t, two), names(t, full())
	for kind, name := range before {
		if after[kind] != name {
			t.Errorf("%s: %v became %v", kind, name, after[kind])
		}
	}
	if len(before) != 3 || len(after) != 5 {
		t.Errorf("%d and %d names", len(before), len(after))
	}
}

// wantUUID was computed apart, with Python's hmac of "profile-uuid/v1|4711|42|carddav".
const wantUUID = "D93BF32C-FDEA-88F4-BC6E-943936D4583B"

func TestIdentity_UUIDIsForEver(t *testing.T) {
	t.Parallel()
	got := names(t, full())["com.apple.carddav.account"][1]
	if got != wantUUID {
		t.Errorf("got %s, want %s: what was installed would not be replaced any more", got, wantUUID)
	}
	key := full()
	key.Identity.Key = []byte("another")
	if names(t, key)["com.apple.carddav.account"][1] == got {
		t.Error("the key has no part in it")
	}
}

func TestIdentity_HostInReverse(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"Sync.Example.org": "org.example.sync.profile.4711.42", "localhost": "localhost.profile.4711.42",
		"192.0.2.7": "ip.192.0.2.7.profile.4711.42", "2001:db8::7": "ip.2001-db8--7.profile.4711.42",
	} {
		p := full()
		p.Identity.Host = host
		if got := names(t, p)["profile"][0]; got != want {
			t.Errorf("%s: got %s, want %s", host, got, want)
		}
	}
}

func TestCheck_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*profile.Profile)
		want   string
	}{
		"nothing chosen":      {func(p *profile.Profile) { *p = profile.Profile{Identity: p.Identity, Text: p.Text} }, "services: none are chosen"},
		"no name":             {func(p *profile.Profile) { p.Text.Name = "\u202e\r\n" }, "name: is empty"},
		"no key":              {func(p *profile.Profile) { p.Identity.Key = nil }, "identity key: is empty"},
		"no account":          {func(p *profile.Profile) { p.Identity.Account = "" }, "identity account"},
		"an address as id":    {func(p *profile.Profile) { p.Identity.Device = "a@b" }, "must be lower-case letters and digits"},
		"capitals in the id":  {func(p *profile.Profile) { p.Identity.Device = "A" }, "must be lower-case letters and digits"},
		"host with port":      {func(p *profile.Profile) { p.Contacts.Host = "h.example:443" }, "contacts: account: host: \"h.example:443\": must not hold a port"},
		"no port":             {func(p *profile.Profile) { p.Calendars.Port = 0 }, "calendars: account: port: 0: is no port"},
		"no login":            {func(p *profile.Profile) { p.Calendars.Login = "" }, "login: is empty"},
		"login of two lines":  {func(p *profile.Profile) { p.Calendars.Login = "a\nb" }, "login: has characters that cannot be printed"},
		"password with NUL":   {func(p *profile.Profile) { p.Contacts.Password = secret("a\x00") }, "password: has characters"},
		"principal, no path":  {func(p *profile.Profile) { p.Contacts.Principal = "https://x/" }, "principal: must be a path"},
		"imap with scheme":    {func(p *profile.Profile) { p.Mail.IMAP.Host = "imaps://x" }, "imap host: \"imaps://x\": must not begin with a scheme"},
		"smtp port":           {func(p *profile.Profile) { p.Mail.SMTP.Port = 70000 }, "smtp port: 70000"},
		"no address":          {func(p *profile.Profile) { p.Mail.Address = "anna" }, "is no e-mail address"},
		"feed without TLS":    {func(p *profile.Profile) { p.Feeds[0].URL = "http://x.example/a" }, "does not begin with https://"},
		"feed twice":          {func(p *profile.Profile) { p.Feeds = append(p.Feeds, p.Feeds[0]) }, "is there twice"},
		"feed on a Mac":       {func(p *profile.Profile) { p.Target = profile.Mac }, "a Mac takes no subscribed calendars"},
		"no such device":      {func(p *profile.Profile) { p.Target = 9 }, "is no kind of device"},
		"consent, no default": {func(p *profile.Profile) { p.Consent = map[string]string{"de": "x"} }, `consent: has no text for "default"`},
		"consent, empty":      {func(p *profile.Profile) { p.Consent["de"] = " " }, "consent: de: is empty"},
		"consent, language":   {func(p *profile.Profile) { p.Consent["d e"] = "x" }, "is no language tag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := full()
			tt.change(&p)
			data, err := p.Marshal()
			if err == nil || data != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestCheckHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"sync.example.org": "", "localhost": "", "nas": "", "my_nas.lan": "", "192.0.2.7": "", "2001:db8::1": "", "xn--bcher-kva.example": "",
		"": "is empty", "https://sync.example.org": "scheme", "sync.example.org:443": "port", "sync.example.org/": "end after", "a@b.example": "user name",
		"bücher.example": "ASCII", "a b": "no host name", "a..b": "no host name", "-a.example": "no host name", "a.example.": "no host name",
		"a\r\nb": "no host name", "<a>": "no host name", "a?b": "end after", "[2001:db8::1]": "port", strings.Repeat("a", 64): "no host name",
	} {
		err := profile.CheckHost(host)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", host, err, want)
		}
	}
}

// What is let through is a host and nothing else, wherever it is put.
func FuzzCheckHost(f *testing.F) {
	for _, s := range []string{"sync.example.org", "a:1", "http://x", "::1", "a@b", "%41", "x\ny"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if profile.CheckHost(host) != nil {
			return
		}
		in := host
		if strings.Contains(host, ":") {
			in = "[" + host + "]"
		}
		u, err := url.Parse("https://" + in + "/x")
		if err != nil || u.Hostname() != host || u.Path != "/x" || u.Port() != "" || u.User != nil {
			t.Errorf("%q became %v, %v", host, u, err)
		}
	})
}

func TestSecret_IsNotPrinted(t *testing.T) {
	t.Parallel()
	_, err := (profile.Profile{Identity: identity(), Text: profile.Text{Name: "x"}, Contacts: &profile.DAV{Host: "h", Port: 1, Login: "a", Password: secret("geheim\x00")}}).Marshal()
	if err == nil || strings.Contains(fmt.Sprint(err), "geheim") {
		t.Errorf("got %v", err)
	}
}

// libplist reads what we write as the same.
func TestMarshal_PlistutilReadsIt(t *testing.T) {
	t.Parallel()
	program := need.Program(t, "plistutil", "that others read profiles as they are meant")
	data, err := full().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	binary := run(t, data, program, "-i", "-", "-f", "bin")
	back := run(t, binary, program, "-i", "-", "-f", "xml")
	var want, got map[string]any
	_, err1 := plist.Unmarshal(data, &want)
	_, err2 := plist.Unmarshal(back, &got)
	if diff := cmp.Diff(want, got); diff != "" || err1 != nil || err2 != nil {
		t.Errorf("%v, %v\n%s", err1, err2, diff)
	}
}

func run(t *testing.T, in []byte, program string, args ...string) []byte {
	t.Helper()
	var out, said bytes.Buffer
	c := exec.CommandContext(t.Context(), program, args...)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &said
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, said.String())
	}
	return out.Bytes()
}
