package discovery

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func zoneOf(t *testing.T, s Service, domain string) string {
	t.Helper()
	var b strings.Builder
	for _, r := range must[[]Record](t)(s.Records(domain)) {
		fmt.Fprintln(&b, strings.Join(strings.Fields(r.String()), " "))
	}
	return b.String()
}

func TestRecords_OfADomain(t *testing.T) {
	t.Parallel()
	digest := PACCDigest(must[[]byte](t)(example().PACC()))
	diff(t, zoneOf(t, example(), "Example.org"), `_carddavs._tcp.example.org. IN SRV 0 1 443 sync.example.org.
_carddavs._tcp.example.org. IN TXT "path=/dav/"
_caldavs._tcp.example.org. IN SRV 0 1 443 sync.example.org.
_caldavs._tcp.example.org. IN TXT "path=/dav/"
_carddav._tcp.example.org. IN SRV 0 0 0 .
_caldav._tcp.example.org. IN SRV 0 0 0 .
_imaps._tcp.example.org. IN SRV 0 1 993 imap.example.org.
_submissions._tcp.example.org. IN SRV 0 1 465 smtp.example.org.
autoconfig.example.org. IN CNAME sync.example.org.
autodiscover.example.org. IN CNAME sync.example.org.
_autodiscover._tcp.example.org. IN SRV 0 1 443 sync.example.org.
ua-auto-config.example.org. IN CNAME sync.example.org.
_ua-auto-config.example.org. IN TXT "`+digest+`"
`)
}

func TestRecords_OnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit        func(*Service)
		domain      string
		has, hasNot []string
	}{
		"no mail": {withoutMail, "example.org", []string{"_caldavs._tcp", "_ua-auto-config."}, []string{"imap", "submission", "autoconfig.", "autodiscover"}},
		"STARTTLS": {func(s *Service) {
			s.IMAP, s.SMTP = MailServer{"i.example.org", 143, STARTTLS}, MailServer{"s.example.org", 587, STARTTLS}
		}, "example.org", []string{"_imap._tcp.example.org. IN SRV 0 1 143 i.", "_submission._tcp.example.org. IN SRV 0 1 587 s."}, []string{"_imaps", "_submissions"}},
		"a port of its own": {func(s *Service) { s.URL = &url.URL{Scheme: "https", Host: "sync.example.org:8443"} }, "example.org", []string{"_caldavs._tcp.example.org. IN SRV 0 1 8443 sync.example.org."}, []string{"CNAME", "UAAC1"}},
		"the host itself":   {func(s *Service) { s.URL = &url.URL{Scheme: "https", Host: "autoconfig.example.org"} }, "example.org", nil, []string{"autoconfig.example.org. IN CNAME"}},
	} {
		got := zoneOf(t, example(tt.edit), tt.domain)
		for _, part := range tt.has {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %s in\n%s", name, part, got)
			}
		}
		for _, part := range tt.hasNot {
			if strings.Contains(strings.ReplaceAll(got, "ua-auto-config", "pacc"), part) && !strings.Contains(part, "ua-") {
				t.Errorf("%s: %s in\n%s", name, part, got)
			}
		}
	}
}

func TestRecords_Refused(t *testing.T) {
	t.Parallel()
	plain := func(s *Service) { s.URL = &url.URL{Scheme: "http", Host: "sync.example.org"} }
	number := func(s *Service) { s.URL = &url.URL{Scheme: "https", Host: "192.0.2.1"} }
	same := func(*Service) {}
	for name, tt := range map[string]struct {
		edit         func(*Service)
		domain, want string
	}{
		"no domain":        {same, "", "no host name"},
		"an address":       {same, "ann@example.org", "no host name"},
		"a URL":            {same, "https://example.org", "without a scheme"},
		"zone file inside": {same, "x. IN A 192.0.2.1\n", "no host name"},
		"no https":         {plain, "example.org", "give passwords away"},
		"no name":          {number, "example.org", "certificates are for names"},
	} {
		if _, err := example(tt.edit).Records(tt.domain); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestQuote_LongTextsAreParts(t *testing.T) {
	t.Parallel()
	diff(t, quote(`a "b" \c`), `"a \"b\" \\c"`)
	diff(t, quote(strings.Repeat("x", 600)), `"`+strings.Repeat("x", 255)+`" "`+strings.Repeat("x", 255)+`" "`+strings.Repeat("x", 90)+`"`)
	diff(t, quote(""), `""`)
}

func TestWriteZone_SaysWhyOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := WriteZone(&b, must[[]Record](t)(example().Records("example.org")), func(p string) string { return "why " + p }); err != nil {
		t.Fatal(err)
	}
	diff(t, strings.Count(b.String(), "; why plain\n"), 1)
	for _, p := range Purposes() {
		if !strings.Contains(b.String(), "; why "+p+"\n") {
			t.Errorf("nothing about %s in\n%s", p, b.String())
		}
	}
}
