package discovery

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// pacc is the document of draft-ietf-mailmaint-pacc. The order of its fields is
// part of the bytes that DNS has the digest of: never change it lightly.
type pacc struct {
	Protocols      paccProtocols      `json:"protocols"`
	Authentication paccAuthentication `json:"authentication"`
	Info           paccInfo           `json:"info"`
}

type paccProtocols struct {
	CalDAV  paccURL   `json:"caldav"`
	CardDAV paccURL   `json:"carddav"`
	IMAP    *paccHost `json:"imap,omitempty"`
	SMTP    *paccHost `json:"smtp,omitempty"`
}

type paccURL struct {
	URL string `json:"url"`
}

type paccHost struct {
	Host string `json:"host"`
}

type paccAuthentication struct {
	Password bool `json:"password"`
}

type paccInfo struct {
	Provider paccProvider `json:"provider"`
}

type paccProvider struct {
	Name      string `json:"name"`
	ShortName string `json:"shortName"`
}

// PACC is the JSON of "automatic configuration of email, calendar and contact
// server settings". Mail servers are in it only on the ports that the draft
// takes for granted: implicit TLS on 993 and 465.
func (s Service) PACC() ([]byte, error) {
	doc := pacc{
		Protocols:      paccProtocols{CalDAV: paccURL{s.DAV()}, CardDAV: paccURL{s.DAV()}},
		Authentication: paccAuthentication{Password: true},
		Info:           paccInfo{paccProvider{s.name(), s.shortName()}},
	}
	if s.Mail() && s.IMAP.implicit(993) && s.SMTP.implicit(465) {
		doc.Protocols.IMAP, doc.Protocols.SMTP = &paccHost{s.IMAP.Host}, &paccHost{s.SMTP.Host}
	}
	body, err := json.MarshalIndent(doc, "", "  ")
	return append(body, '\n'), err
}

func (m MailServer) implicit(port int) bool { return m.Security == TLS && m.Port == port }

// PACCDigest is the text of the DNS record that vouches for a body of PACC.
func PACCDigest(body []byte) string {
	sum := sha256.Sum256(body)
	return "v=UAAC1; a=sha256; d=" + base64.StdEncoding.EncodeToString(sum[:])
}
