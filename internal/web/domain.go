package web

import (
	"cmp"
	"strings"

	"github.com/go-chi/chi/v5"

	"ksync/internal/discovery"
)

const pathDomain = "/account/domain"

func (s *Site) domainRoutes(r chi.Router) { get(r, pathDomain, s.admin(domainPage)) }

// domainZone is what is to be added to a domain, so that an e-mail address is enough
// (RFC 6764 §3, §4).
type domainZone struct {
	Domain  string
	Bad     bool // the domain that was asked for is none
	Purpose []purpose
	Text    string // all of it, as a part of a zone file
}

// purpose is records that stand for one thing.
type purpose struct {
	Key     string // of what it is for
	Records []discovery.Record
}

// domainPage shows what `ksyncd dns` prints.
func domainPage(v *visit) error {
	service := v.site.Discovery
	if service == nil {
		return v.page("domain", domainZone{})
	}
	own := service.URL.Hostname()
	if len(service.Domains) > 0 {
		own = service.Domains[0]
	}
	asked := strings.TrimSpace(v.r.URL.Query().Get("domain"))
	z := domainZone{Domain: cmp.Or(asked, own)}
	if discovery.CheckDomain(z.Domain) != nil {
		z.Bad = asked != ""
		return v.page("domain", z)
	}
	records, err := service.Records(z.Domain)
	if err != nil { // our own address is none that others could reach
		return v.page("domain", domainZone{})
	}
	for _, r := range records {
		if n := len(z.Purpose); n == 0 || z.Purpose[n-1].Key != "dns.why."+r.Purpose {
			z.Purpose = append(z.Purpose, purpose{Key: "dns.why." + r.Purpose})
		}
		last := &z.Purpose[len(z.Purpose)-1]
		last.Records = append(last.Records, r)
	}
	var text strings.Builder
	err = discovery.WriteZone(&text, records, func(what string) string { return v.T("dns.why." + what) })
	z.Text = text.String()
	if err != nil {
		return err
	}
	return v.page("domain", z)
}
