package discovery

import (
	"fmt"
	"io"
	"strings"
)

// Record is one DNS record that leads apps here.
type Record struct {
	Name     string `json:"name"` // absolute, with the dot at its end
	Type     string `json:"type"` // SRV, TXT or CNAME
	Priority uint16 `json:"priority,omitempty"`
	Weight   uint16 `json:"weight,omitempty"`
	Port     uint16 `json:"port,omitempty"`
	Target   string `json:"target,omitempty"` // of SRV and CNAME, absolute
	Text     string `json:"text,omitempty"`   // of TXT
	// Purpose ends the name of the catalogue's text that says what the record
	// is for: dns.why.<Purpose>.
	Purpose string `json:"purpose"`
}

// The purposes of records.
const (
	PurposeContacts     = "contacts"
	PurposeCalendars    = "calendars"
	PurposePath         = "path"
	PurposePlain        = "plain"
	PurposeIMAP         = "imap"
	PurposeSubmission   = "submission"
	PurposeAutoconfig   = "autoconfig"
	PurposeAutodiscover = "autodiscover"
	PurposePACC         = "pacc"
	PurposeDigest       = "digest"
)

// Purposes lists them, in the order of the records.
func Purposes() []string {
	return []string{PurposeContacts, PurposePath, PurposeCalendars, PurposePlain, PurposeIMAP, PurposeSubmission, PurposeAutoconfig, PurposeAutodiscover, PurposePACC, PurposeDigest}
}

// Records are what the zone of a domain needs so that apps which are told an
// e-mail address of it find this service.
func (s Service) Records(domain string) ([]Record, error) {
	if err := CheckDomain(domain); err != nil {
		return nil, fmt.Errorf("domain %q: %w", domain, err)
	}
	if err := checkName(s.host()); err != nil {
		return nil, fmt.Errorf("public address %q: %w", s.host(), err)
	}
	if s.URL.Scheme != "https" {
		return nil, fmt.Errorf("public address %q: records that lead apps to a server without https would give passwords away", s.Base())
	}
	z := zone{domain: strings.ToLower(domain), host: s.host()}
	z.dav(s.port())
	if s.Mail() {
		z.mail(s)
	}
	// These are asked for over HTTPS on its own port and nothing else.
	if s.port() != 443 {
		return z.records, nil
	}
	if s.Mail() {
		z.alias("autoconfig", PurposeAutoconfig)
		z.alias("autodiscover", PurposeAutodiscover)
		z.srv("_autodiscover._tcp", 443, z.host, PurposeAutodiscover)
	}
	body, err := s.PACC()
	if err != nil {
		return nil, err
	}
	z.alias("ua-auto-config", PurposePACC)
	z.txt("_ua-auto-config", PACCDigest(body), PurposeDigest)
	return z.records, nil
}

type zone struct {
	domain, host string
	records      []Record
}

// dav: RFC 6764 §3 and §4, and §3's way to say that there is no plain service
// (RFC 2782, "Target").
func (z *zone) dav(port int) {
	z.srv("_carddavs._tcp", port, z.host, PurposeContacts)
	z.txt("_carddavs._tcp", "path="+davPath, PurposePath)
	z.srv("_caldavs._tcp", port, z.host, PurposeCalendars)
	z.txt("_caldavs._tcp", "path="+davPath, PurposePath)
	z.srv("_carddav._tcp", 0, "", PurposePlain)
	z.srv("_caldav._tcp", 0, "", PurposePlain)
}

// mail: RFC 6186 §3.1 and §3.2, RFC 8314 §5.1.
func (z *zone) mail(s Service) {
	imap, smtp := "_imaps._tcp", "_submissions._tcp"
	if s.IMAP.Security == STARTTLS {
		imap = "_imap._tcp"
	}
	if s.SMTP.Security == STARTTLS {
		smtp = "_submission._tcp"
	}
	z.srv(imap, s.IMAP.Port, s.IMAP.Host, PurposeIMAP)
	z.srv(smtp, s.SMTP.Port, s.SMTP.Host, PurposeSubmission)
}

// srv with no target says that the service does not exist.
func (z *zone) srv(service string, port int, target, purpose string) {
	r := Record{Name: z.name(service), Type: "SRV", Priority: 0, Weight: 1, Port: uint16(port), Target: target + ".", Purpose: purpose}
	if target == "" {
		r.Weight = 0
	}
	z.records = append(z.records, r)
}

func (z *zone) txt(name, text, purpose string) {
	z.records = append(z.records, Record{Name: z.name(name), Type: "TXT", Text: text, Purpose: purpose})
}

// alias: a name is no alias of itself.
func (z *zone) alias(name, purpose string) {
	if full := z.name(name); full != z.host+"." {
		z.records = append(z.records, Record{Name: full, Type: "CNAME", Target: z.host + ".", Purpose: purpose})
	}
}

func (z *zone) name(below string) string { return below + "." + z.domain + "." }

// Data is what stands behind the type in a zone file. RFC 1035 §5.1.
func (r Record) Data() string {
	switch r.Type {
	case "SRV":
		return fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, r.Target)
	case "TXT":
		return quote(r.Text)
	}
	return r.Target
}

// quote makes character-strings of at most 255 bytes. RFC 1035 §3.3, §5.1.
func quote(text string) string {
	const most = 255
	var parts []string
	for len(text) > most {
		parts = append(parts, text[:most])
		text = text[most:]
	}
	for i, part := range append(parts, text) {
		part = strings.ReplaceAll(part, `\`, `\\`)
		parts = append(parts[:i], `"`+strings.ReplaceAll(part, `"`, `\"`)+`"`)
	}
	return strings.Join(parts, " ")
}

// String is the record as a line of a zone file.
func (r Record) String() string {
	return fmt.Sprintf("%-34s IN %-5s %s", r.Name, r.Type, r.Data())
}

// WriteZone prints records as a part of a zone file, with a comment above each
// group of one purpose.
func WriteZone(w io.Writer, records []Record, why func(purpose string) string) error {
	last := ""
	for _, r := range records {
		if r.Purpose != last {
			if _, err := fmt.Fprintf(w, "\n; %s\n", why(r.Purpose)); err != nil {
				return err
			}
			last = r.Purpose
		}
		if _, err := fmt.Fprintln(w, r); err != nil {
			return err
		}
	}
	return nil
}
