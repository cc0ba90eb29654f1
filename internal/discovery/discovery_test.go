package discovery

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func diff(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// example is a provider with mail; edit changes it for one test.
func example(edit ...func(*Service)) Service {
	s := Service{
		URL:     &url.URL{Scheme: "https", Host: "sync.example.org"},
		Domains: []string{"example.org", "example.net"}, Name: "Example & Söhne", ShortName: "Example",
		IMAP: MailServer{"imap.example.org", 993, TLS}, SMTP: MailServer{"smtp.example.org", 465, TLS},
	}
	for _, e := range edit {
		e(&s)
	}
	return s
}

func withoutMail(s *Service) { s.IMAP, s.SMTP = MailServer{}, MailServer{} }

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestCheck_RefusesWhatWouldBreakAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit func(*Service)
		want string // "" is fine
	}{
		"as it should be":      {func(*Service) {}, ""},
		"no mail":              {withoutMail, ""},
		"STARTTLS":             {func(s *Service) { s.SMTP = MailServer{"smtp.example.org", 587, STARTTLS} }, ""},
		"names with anything":  {func(s *Service) { s.Name = "<b> & \u05d0 🙂" }, ""},
		"no address":           {func(s *Service) { s.URL = nil }, "public address is missing"},
		"another scheme":       {func(s *Service) { s.URL = &url.URL{Scheme: "ftp", Host: "x.example"} }, "starts with https://"},
		"host with port":       {func(s *Service) { s.IMAP.Host = "imap.example.org:993" }, "without a port"},
		"host with scheme":     {func(s *Service) { s.SMTP.Host = "smtps://smtp.example.org" }, "without a scheme"},
		"an address as host":   {func(s *Service) { s.IMAP.Host = "192.0.2.1" }, "give a name, not an address"},
		"letters beyond ASCII": {func(s *Service) { s.IMAP.Host = "imäp.example.org" }, "xn--"},
		"blank in a host":      {func(s *Service) { s.IMAP.Host = "imap example.org" }, "no host name"},
		"empty label":          {func(s *Service) { s.Domains = []string{"example..org"} }, "no host name"},
		"domain with at":       {func(s *Service) { s.Domains = []string{"ann@example.org"} }, "no host name"},
		"IMAP alone":           {func(s *Service) { s.SMTP = MailServer{} }, "go together"},
		"no port":              {func(s *Service) { s.IMAP.Port = 0 }, "no such port"},
		"port too high":        {func(s *Service) { s.SMTP.Port = 65536 }, "no such port"},
		"unprotected mail":     {func(s *Service) { s.IMAP.Security = "none" }, "neither tls nor starttls"},
		"line break in a name": {func(s *Service) { s.Name = "a\r\nb" }, "control characters"},
		"no UTF-8":             {func(s *Service) { s.ShortName = "\xff" }, "control characters"},
	} {
		err := example(tt.edit).Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestNames_StayInTheBoundsOfTheDrafts(t *testing.T) {
	t.Parallel()
	s := example(func(s *Service) { s.Name, s.ShortName = strings.Repeat("ü", 100), "" })
	diff(t, []int{len([]rune(s.name())), len([]rune(s.shortName()))}, []int{60, 20})
	s = example(func(s *Service) { s.Name, s.ShortName, s.Domains = "", "", nil })
	diff(t, []string{s.name(), s.shortName(), s.domains()[0]}, []string{"sync.example.org", "sync.example.org", "sync.example.org"})
}

func TestDAVx5_Links(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]string{
		"anna@example.org": "davx5://anna%40example.org@sync.example.org/",
		"a+b c/d%e?#&":     "davx5://a%2Bb%20c%2Fd%25e%3F%23%26@sync.example.org/",
		"ünal":             "davx5://%C3%BCnal@sync.example.org/",
		"with:colon":       "", // DAVx5 would take what is behind it for a password
		"":                 "",
		"a\nb":             "",
	} {
		link := example().DAVx5(login)
		diff(t, link, want)
		if want == "" {
			continue
		}
		u, err := url.Parse(link)
		if err != nil || u.User.Username() != login || u.Host != "sync.example.org" {
			t.Errorf("%q comes back as %v, %v", login, u, err)
		}
		if _, has := u.User.Password(); has {
			t.Errorf("%q: a password in the link", login)
		}
	}
	diff(t, example(func(s *Service) { s.URL.Scheme = "http" }).DAVx5("ann"), "")
	diff(t, example(func(s *Service) { s.URL.Host = "sync.example.org:8443" }).DAVx5("ann"), "davx5://ann@sync.example.org:8443/")
}

func TestClients_HaveTheAccountsValues(t *testing.T) {
	t.Parallel()
	ann := Account{Login: "ann@example.org", Email: "ann@example.org"}
	seen := map[string]bool{}
	for _, c := range example().Clients(ann) {
		seen[c.ID] = true
		if c.Name == "" && c.ID != Other {
			t.Errorf("%s has no name", c.ID)
		}
		values := map[string]string{}
		for _, s := range c.Settings {
			if _, twice := values[s.Label]; twice {
				t.Errorf("%s: %s twice", c.ID, s.Label)
			}
			if (s.Value == "") != (s.Label == LabelPassword) {
				t.Errorf("%s: %s is %q", c.ID, s.Label, s.Value)
			}
			values[s.Label] = s.Value
		}
		switch c.ID {
		case OutlookSync:
			diff(t, values[LabelAddress], "https://sync.example.org/dav/")
		case Vdirsyncer:
			diff(t, strings.Count(values[LabelFile], `"ann@example.org"`), 2)
		default:
			diff(t, values[LabelAddress], "https://sync.example.org/")
		}
	}
	diff(t, len(seen), 8)
}

func TestClients_MailOnlyWhereThereIsSome(t *testing.T) {
	t.Parallel()
	imap := func(s Service, a Account) string {
		for _, setting := range s.Clients(a)[0].Settings {
			if setting.Label == LabelIMAP {
				return setting.Value
			}
		}
		return ""
	}
	ann := Account{Login: "ann", Email: "ann@example.org"}
	diff(t, imap(example(), ann), "imap.example.org:993 (SSL/TLS)")
	diff(t, imap(example(), Account{Login: "ann"}), "")
	diff(t, imap(example(withoutMail), ann), "")
}
