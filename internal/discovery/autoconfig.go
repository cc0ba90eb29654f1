package discovery

import (
	"encoding/xml"
	"strings"
)

// emailAddress stands for the address that the person typed; the app fills it
// in, so that one document fits everybody. draft-ietf-mailmaint-autoconfig,
// "Placeholders".
const emailAddress = "%EMAILADDRESS%"

// clientConfig is the document of draft-ietf-mailmaint-autoconfig-06.
type clientConfig struct {
	XMLName  xml.Name       `xml:"clientConfig"`
	Version  string         `xml:"version,attr"`
	Provider *emailProvider `xml:"emailProvider"`
	// Address books and calendars are children of the root, unlike mail.
	AddressBook serverSection `xml:"addressbook"`
	Calendar    serverSection `xml:"calendar"`
}

type emailProvider struct {
	ID        string        `xml:"id,attr"`
	Domains   []string      `xml:"domain"`
	Name      string        `xml:"displayName"`
	ShortName string        `xml:"displayShortName"`
	Incoming  serverSection `xml:"incomingServer"`
	Outgoing  serverSection `xml:"outgoingServer"`
}

type serverSection struct {
	Type           string         `xml:"type,attr"`
	URL            string         `xml:"url,omitempty"`
	Host           string         `xml:"hostname,omitempty"`
	Port           int            `xml:"port,omitempty"`
	SocketType     string         `xml:"socketType,omitempty"`
	Authentication authentication `xml:"authentication"`
	Username       string         `xml:"username"`
}

type authentication struct {
	System string `xml:"system,attr,omitempty"`
	Method string `xml:",chardata"`
}

// Autoconfig is the XML that mail programs look for to set up an account. It
// does not depend on the address that was asked for: "mail providers are
// discouraged" from that, and it cannot tell who has an account.
func (s Service) Autoconfig() ([]byte, error) {
	doc := clientConfig{
		Version:     "1.2",
		AddressBook: s.davSection("carddav"),
		Calendar:    s.davSection("caldav"),
	}
	if s.Mail() {
		doc.Provider = &emailProvider{
			ID: s.domains()[0], Domains: s.domains(), Name: s.name(), ShortName: s.shortName(),
			Incoming: s.IMAP.section("imap"), Outgoing: s.SMTP.section("smtp"),
		}
	}
	return document(doc)
}

func (s Service) davSection(protocol string) serverSection {
	return serverSection{Type: protocol, URL: s.DAV(), Authentication: authentication{"http", "Basic"}, Username: emailAddress}
}

// section: Thunderbird takes the first authentication of its list that it
// understands; password-cleartext means inside of TLS.
func (m MailServer) section(protocol string) serverSection {
	return serverSection{
		Type: protocol, Host: m.Host, Port: m.Port, SocketType: m.socketType(),
		Authentication: authentication{Method: "password-cleartext"}, Username: emailAddress,
	}
}

func (m MailServer) socketType() string {
	if m.Security == STARTTLS {
		return "STARTTLS"
	}
	return "SSL"
}

// document is a whole XML file.
func document(v any) ([]byte, error) {
	body, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(xml.Header)
	b.Write(body)
	b.WriteByte('\n')
	return []byte(b.String()), nil
}
