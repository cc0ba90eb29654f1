package discovery

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Namespaces of [MS-OXDSCLI] (POX autodiscover).
const (
	autodiscoverNS    = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
	outlookResponseNS = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)

// Error codes of [MS-OXDSCLI] §2.2.3.1.3.
const (
	autodiscoverInvalid  = "600" // the request cannot be read
	autodiscoverNoSchema = "601" // another kind of answer was asked for
	autodiscoverNoDomain = "500" // an address that is not of this provider
)

type autodiscover struct {
	XMLName  xml.Name             `xml:"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006 Autodiscover"`
	Response autodiscoverResponse `xml:"Response"`
}

type autodiscoverResponse struct {
	NS      string               `xml:"xmlns,attr,omitempty"`
	User    *autodiscoverUser    `xml:"User"`
	Account *autodiscoverAccount `xml:"Account"`
	Error   *autodiscoverError   `xml:"Error"`
}

type autodiscoverUser struct {
	DisplayName string `xml:"DisplayName"`
}

type autodiscoverAccount struct {
	AccountType string                 `xml:"AccountType"`
	Action      string                 `xml:"Action"`
	Protocols   []autodiscoverProtocol `xml:"Protocol"`
}

// autodiscoverProtocol: Encryption goes before SSL where a client knows it, and
// its TLS means STARTTLS.
type autodiscoverProtocol struct {
	Type           string `xml:"Type"`
	Server         string `xml:"Server"`
	Port           int    `xml:"Port"`
	DomainRequired string `xml:"DomainRequired"`
	LoginName      string `xml:"LoginName"`
	SPA            string `xml:"SPA"`
	SSL            string `xml:"SSL"`
	Encryption     string `xml:"Encryption"`
	AuthRequired   string `xml:"AuthRequired"`
}

type autodiscoverError struct {
	Code      string `xml:"ErrorCode"`
	Message   string `xml:"Message"`
	DebugData string `xml:"DebugData"`
}

// maxAutodiscover is more than any request with a few elements needs.
const maxAutodiscover = 16 << 10

// Autodiscover answers the request of an Outlook that sets up mail. The answer
// is the same for every address of the provider's domains, whether somebody has
// it or not; all that comes back of the request is the address itself.
func (s Service) Autodiscover(request io.Reader) ([]byte, error) {
	address, schema, ok := readAutodiscover(request)
	switch {
	case !ok || !isAddress(address):
		return autodiscoverRefusal(autodiscoverInvalid, "Invalid Request")
	case schema != "" && schema != outlookResponseNS || !s.Mail():
		return autodiscoverRefusal(autodiscoverNoSchema, "Provider is not available")
	case !s.serves(address):
		return autodiscoverRefusal(autodiscoverNoDomain, "The e-mail address is not of this provider")
	}
	return document(autodiscover{Response: autodiscoverResponse{
		NS:   outlookResponseNS,
		User: &autodiscoverUser{DisplayName: address},
		Account: &autodiscoverAccount{AccountType: "email", Action: "settings", Protocols: []autodiscoverProtocol{
			s.IMAP.protocol("IMAP", address), s.SMTP.protocol("SMTP", address),
		}},
	}})
}

func (m MailServer) protocol(kind, login string) autodiscoverProtocol {
	encryption := "SSL"
	if m.Security == STARTTLS {
		encryption = "TLS"
	}
	return autodiscoverProtocol{
		Type: kind, Server: m.Host, Port: m.Port, DomainRequired: "off", LoginName: login,
		SPA: "off", SSL: "on", Encryption: encryption, AuthRequired: "on",
	}
}

func autodiscoverRefusal(code, message string) ([]byte, error) {
	return document(autodiscover{Response: autodiscoverResponse{Error: &autodiscoverError{Code: code, Message: message}}})
}

// readAutodiscover finds the two elements that matter, whatever is around them.
func readAutodiscover(r io.Reader) (address, schema string, ok bool) {
	body, err := io.ReadAll(io.LimitReader(r, maxAutodiscover+1))
	if err != nil || len(body) > maxAutodiscover {
		return "", "", false
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	inside := ""
	for {
		token, err := d.Token()
		if err == io.EOF {
			return strings.TrimSpace(address), strings.TrimSpace(schema), address != ""
		}
		if err != nil {
			return "", "", false
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name.Local
		case xml.EndElement:
			inside = ""
		case xml.CharData:
			switch inside {
			case "EMailAddress":
				address += string(t)
			case "AcceptableResponseSchema":
				schema += string(t)
			}
		case xml.Directive: // a document type: nothing honest sends one
			return "", "", false
		}
	}
}

// isAddress is a rough look: what is no address at all is not repeated.
func isAddress(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && len(text) <= 254 && utf8.ValidString(text) && !strings.ContainsAny(text, "<>\"' ") &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) &&
		checkName(strings.ToLower(domain)) == nil
}

func (s Service) serves(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return slices.ContainsFunc(s.domains(), func(d string) bool { return strings.EqualFold(d, domain) })
}
