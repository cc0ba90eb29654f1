package discovery

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"
)

// node is any XML.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func (n *node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (n *node) all(name string) (found []node) {
	for _, c := range n.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
	}
	return found
}

func (n *node) text(path ...string) string {
	at := n
	for _, name := range path {
		next := at.all(name)
		if len(next) == 0 {
			return ""
		}
		at = &next[0]
	}
	return strings.TrimSpace(at.Text)
}

func parse(t testing.TB, body []byte) *node {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(body))
	var n node
	if err := d.Decode(&n); err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	if _, err := d.Token(); err != nil && err != io.EOF {
		if _, err = d.Token(); err != io.EOF {
			t.Fatalf("something after the root: %v", err)
		}
	}
	return &n
}

// rules of draft-ietf-mailmaint-autoconfig-06, each by the section it is from;
// a rule returns what is wrong.
func autoconfigRules() map[string]func(root *node) string {
	sections := []string{"incomingServer", "outgoingServer", "calendar", "addressbook"}
	each := func(root *node, see func(n node) string) string {
		for _, parent := range append(root.all("emailProvider"), *root) {
			for _, name := range sections {
				for _, n := range parent.all(name) {
					if wrong := see(n); wrong != "" {
						return name + ": " + wrong
					}
				}
			}
		}
		return ""
	}
	oneOf := func(text string, allowed ...string) string {
		for _, a := range allowed {
			if text == a {
				return ""
			}
		}
		return strconv.Quote(text)
	}
	return map[string]func(root *node) string{
		"clientConfig: root and version": func(root *node) string {
			return oneOf(root.XMLName.Local+" "+root.attr("version"), "clientConfig 1.1", "clientConfig 1.2")
		},
		"no namespace": func(root *node) string { return root.XMLName.Space },
		"emailProvider: id, a domain": func(root *node) string {
			for _, p := range root.all("emailProvider") {
				if checkName(p.attr("id")) != nil || len(p.all("domain")) == 0 {
					return p.attr("id")
				}
			}
			return ""
		},
		"displayName and displayShortName: at most 60 and 20": func(root *node) string {
			for _, p := range root.all("emailProvider") {
				if long, short := p.text("displayName"), p.text("displayShortName"); long == "" || short == "" || len([]rune(long)) > 60 || len([]rune(short)) > 20 {
					return long + "/" + short
				}
			}
			return ""
		},
		"server sections: where they belong": func(root *node) string {
			if len(root.all("incomingServer"))+len(root.all("outgoingServer")) > 0 {
				return "mail at the root"
			}
			for _, p := range root.all("emailProvider") {
				if len(p.all("calendar"))+len(p.all("addressbook")) > 0 {
					return "calendar or addressbook in emailProvider"
				}
				if len(p.all("incomingServer")) == 0 || len(p.all("outgoingServer")) == 0 {
					return "no way to read or to send"
				}
			}
			return ""
		},
		"type: of the registry": func(root *node) string {
			return each(root, func(n node) string {
				return oneOf(n.XMLName.Local+" "+n.attr("type"), "incomingServer imap", "outgoingServer smtp", "calendar caldav", "addressbook carddav")
			})
		},
		"URL-based: url, HTTP authentication": func(root *node) string {
			return each(root, func(n node) string {
				if n.text("url") == "" {
					return ""
				}
				if !strings.HasPrefix(n.text("url"), "https://") || n.text("hostname") != "" {
					return n.text("url")
				}
				auth := n.all("authentication")
				if len(auth) == 0 || auth[0].attr("system") != "http" {
					return "no authentication for HTTP"
				}
				return oneOf(strings.ToLower(auth[0].Text), "basic", "digest")
			})
		},
		"TCP-based: hostname, port, socketType, authentication": func(root *node) string {
			return each(root, func(n node) string {
				if n.text("url") != "" {
					return ""
				}
				if port, err := strconv.Atoi(n.text("port")); err != nil || port < 1 || port > 65535 || checkName(n.text("hostname")) != nil {
					return n.text("hostname") + ":" + n.text("port")
				}
				if wrong := oneOf(n.text("socketType"), "SSL", "STARTTLS"); wrong != "" {
					return wrong
				}
				return oneOf(n.text("authentication"), "password-cleartext", "password-encrypted")
			})
		},
		"username: placeholders, no person": func(root *node) string {
			return each(root, func(n node) string { return oneOf(n.text("username"), "%EMAILADDRESS%") })
		},
	}
}

func TestAutoconfig_FollowsTheDraft(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Service{
		"with mail":    example(),
		"STARTTLS":     example(func(s *Service) { s.SMTP = MailServer{"smtp.example.org", 587, STARTTLS} }),
		"without mail": example(withoutMail),
		"bare":         {URL: example().URL, IMAP: example().IMAP, SMTP: example().SMTP},
		"hard names":   example(func(s *Service) { s.Name = "]]> <&\"' \u202e\U0001f642" + strings.Repeat("x", 90) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := must[[]byte](t)(s.Autoconfig())
			if !bytes.HasPrefix(body, []byte(`<?xml version="1.0" encoding="UTF-8"?>`)) {
				t.Errorf("the file begins with %.40q", body)
			}
			root := parse(t, body)
			for rule, wrong := range autoconfigRules() {
				if got := wrong(root); got != "" {
					t.Errorf("%s: %s in\n%s", rule, got, body)
				}
			}
			if s.Mail() != (len(root.all("emailProvider")) == 1) || root.text("calendar", "url") != "https://sync.example.org/dav/" || root.text("addressbook", "url") != "https://sync.example.org/dav/" {
				t.Errorf("%s", body)
			}
		})
	}
}

// The rules find something: each is broken by a document made for it.
func TestAutoconfigRules_CanFail(t *testing.T) {
	t.Parallel()
	good := string(must[[]byte](t)(example().Autoconfig()))
	for rule, edit := range map[string][2]string{
		"clientConfig: root and version":                        {`version="1.2"`, `version="9"`},
		"no namespace":                                          {`<clientConfig`, `<clientConfig xmlns="urn:x"`},
		"emailProvider: id, a domain":                           {`id="example.org"`, `id="a b"`},
		"displayName and displayShortName: at most 60 and 20":   {`<displayShortName>Example`, `<displayShortName>A name that is much too long`},
		"server sections: where they belong":                    {`outgoingServer`, `sendingServer`},
		"type: of the registry":                                 {`type="imap"`, `type="IMAP"`},
		"URL-based: url, HTTP authentication":                   {`system="http"`, `kind="http"`},
		"TCP-based: hostname, port, socketType, authentication": {`>SSL<`, `>ssl<`},
		"username: placeholders, no person":                     {`%EMAILADDRESS%`, `ann@example.org`},
	} {
		broken := strings.ReplaceAll(good, edit[0], edit[1])
		if see := autoconfigRules()[rule]; see == nil || see(parse(t, []byte(broken))) == "" {
			t.Errorf("%s: nothing found", rule)
		}
	}
	diff(t, len(autoconfigRules()), 9)
}

func TestAutoconfig_HasTheSettings(t *testing.T) {
	t.Parallel()
	root := parse(t, must[[]byte](t)(example(func(s *Service) { s.SMTP = MailServer{"smtp.example.org", 587, STARTTLS} }).Autoconfig()))
	provider := root.all("emailProvider")[0]
	diff(t, len(provider.all("domain")), 2)
	diff(t, provider.text("displayName"), "Example & Söhne")
	diff(t, []string{provider.text("incomingServer", "hostname"), provider.text("incomingServer", "port"), provider.text("incomingServer", "socketType")}, []string{"imap.example.org", "993", "SSL"})
	diff(t, []string{provider.text("outgoingServer", "hostname"), provider.text("outgoingServer", "port"), provider.text("outgoingServer", "socketType")}, []string{"smtp.example.org", "587", "STARTTLS"})
}

// DNS carries the digest of these bytes. If this test fails, every domain's
// record has to be published anew: is it worth that?
func TestPACC_BytesAreStable(t *testing.T) {
	t.Parallel()
	const want = `{
  "protocols": {
    "caldav": {
      "url": "https://sync.example.org/dav/"
    },
    "carddav": {
      "url": "https://sync.example.org/dav/"
    },
    "imap": {
      "host": "imap.example.org"
    },
    "smtp": {
      "host": "smtp.example.org"
    }
  },
  "authentication": {
    "password": true
  },
  "info": {
    "provider": {
      "name": "Example \u0026 Söhne",
      "shortName": "Example"
    }
  }
}
`
	body := must[[]byte](t)(example().PACC())
	diff(t, string(body), want)
	sum := sha256.Sum256([]byte(want))
	diff(t, PACCDigest(body), "v=UAAC1; a=sha256; d="+base64.StdEncoding.EncodeToString(sum[:]))
}

// Mail is told of only where it is where the draft takes it to be.
func TestPACC_MailOnItsStandardPortsOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edit func(*Service)
		want bool
	}{
		"993 and 465":  {func(*Service) {}, true},
		"no mail":      {withoutMail, false},
		"STARTTLS":     {func(s *Service) { s.SMTP = MailServer{"smtp.example.org", 587, STARTTLS} }, false},
		"another port": {func(s *Service) { s.IMAP.Port = 1993 }, false},
	} {
		var doc struct {
			Protocols map[string]map[string]string
		}
		if err := json.Unmarshal(must[[]byte](t)(example(tt.edit).PACC()), &doc); err != nil {
			t.Fatal(err)
		}
		_, imap := doc.Protocols["imap"]
		_, smtp := doc.Protocols["smtp"]
		if imap != tt.want || smtp != tt.want || doc.Protocols["caldav"]["url"] == "" || doc.Protocols["carddav"]["url"] == "" {
			t.Errorf("%s: %v", name, doc)
		}
	}
}

func ask(address string) string {
	return `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>` + address +
		`</EMailAddress><AcceptableResponseSchema>` + outlookResponseNS + `</AcceptableResponseSchema></Request></Autodiscover>`
}

func TestAutodiscover_OutlookGetsItsSettings(t *testing.T) {
	t.Parallel()
	s := example(func(s *Service) { s.SMTP = MailServer{"smtp.example.org", 587, STARTTLS} })
	root := parse(t, must[[]byte](t)(s.Autodiscover(strings.NewReader(ask("ann@Example.org")))))
	diff(t, root.XMLName, xml.Name{Space: autodiscoverNS, Local: "Autodiscover"})
	response := root.all("Response")[0]
	diff(t, response.XMLName.Space, outlookResponseNS)
	diff(t, []string{response.text("Account", "AccountType"), response.text("Account", "Action")}, []string{"email", "settings"})
	account := response.all("Account")[0]
	var got [][]string
	for _, p := range account.all("Protocol") {
		got = append(got, []string{p.text("Type"), p.text("Server"), p.text("Port"), p.text("LoginName"), p.text("SSL"), p.text("Encryption"), p.text("SPA")})
	}
	diff(t, got, [][]string{
		{"IMAP", "imap.example.org", "993", "ann@Example.org", "on", "SSL", "off"},
		{"SMTP", "smtp.example.org", "587", "ann@Example.org", "on", "TLS", "off"},
	})
}

// Whether somebody has the address makes no difference: there is nothing to ask.
func TestAutodiscover_RefusesInItsOwnWords(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		request string
		service Service
		want    string
	}{
		"no XML":             {"hello", example(), "600"},
		"nothing":            {"", example(), "600"},
		"broken":             {ask("ann@example.org")[:200], example(), "600"},
		"no address":         {ask("nobody"), example(), "600"},
		"markup as address":  {ask("&lt;b&gt;@example.org"), example(), "600"},
		"line in an address": {ask("a&#10;b@example.org"), example(), "600"},
		"RTL in an address":  {ask("a\u202eb@example.org"), example(), "600"},
		"too long":           {ask(strings.Repeat("a", maxAutodiscover) + "@example.org"), example(), "600"},
		"a document type":    {`<!DOCTYPE x [<!ENTITY e "ann@example.org">]>` + ask("ann@example.org"), example(), "600"},
		"an entity of one":   {ask("&e;@example.org"), example(), "600"},
		"for a phone":        {strings.Replace(ask("ann@example.org"), "outlook/responseschema/2006a", "mobilesync/responseschema/2006", 1), example(), "601"},
		"no mail here":       {ask("ann@example.org"), example(withoutMail), "601"},
		"another provider":   {ask("ann@example.com"), example(), "500"},
	} {
		body := must[[]byte](t)(tt.service.Autodiscover(strings.NewReader(tt.request)))
		root := parse(t, body)
		if got := root.text("Response", "Error", "ErrorCode"); got != tt.want || len(root.all("Response")[0].all("Account")) > 0 {
			t.Errorf("%s: %s, want %s\n%s", name, got, tt.want, body)
		}
	}
}

func FuzzAutodiscover(f *testing.F) {
	f.Add(ask("ann@example.org"))
	f.Add(ask("a&amp;b@example.org"))
	f.Add("<a><EMailAddress>x@example.net")
	f.Fuzz(func(t *testing.T, request string) {
		body, err := example().Autodiscover(strings.NewReader(request))
		if err != nil {
			t.Fatal(err)
		}
		parse(t, body)
	})
}
