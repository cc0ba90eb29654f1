package proof

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// Namespaces of the two extensions.
const (
	CalDAV  = "urn:ietf:params:xml:ns:caldav"
	CardDAV = "urn:ietf:params:xml:ns:carddav"
)

// Multistatus is what RFC 4918 §13 and RFC 6578 §6.4 say.
type Multistatus struct {
	Answers []Answer
	Token   string // DAV:sync-token
}

// Answer is one DAV:response.
type Answer struct {
	Href   string
	Status int // of the whole resource; 0 where properties have their own
	Props  map[xml.Name]Prop
}

// Prop is a property that was found.
type Prop struct {
	Text  string   // character data, without that of elements inside
	Hrefs []string // DAV:href elements inside
}

// Text is the text of a property, "" when the resource has none.
func (a Answer) Text(space, local string) string {
	return a.Props[xml.Name{Space: space, Local: local}].Text
}

// Href is the first href of a property of the first answer.
func (m *Multistatus) Href(space, local string) string {
	for _, a := range m.Answers {
		for _, h := range a.Props[xml.Name{Space: space, Local: local}].Hrefs {
			return h
		}
	}
	return ""
}

type xmlMultistatus struct {
	XMLName   xml.Name      `xml:"DAV: multistatus"`
	Responses []xmlResponse `xml:"DAV: response"`
	Token     string        `xml:"DAV: sync-token"`
}

type xmlResponse struct {
	Href      string        `xml:"DAV: href"`
	Status    string        `xml:"DAV: status"`
	Propstats []xmlPropstat `xml:"DAV: propstat"`
}

type xmlPropstat struct {
	Prop struct {
		All []xmlProp `xml:",any"`
	} `xml:"DAV: prop"`
	Status string `xml:"DAV: status"`
}

type xmlProp struct {
	XMLName xml.Name
	Text    string   `xml:",chardata"`
	Hrefs   []string `xml:"DAV: href"`
}

// ParseMultistatus reads a body of status 207.
func ParseMultistatus(body []byte) (*Multistatus, error) {
	var x xmlMultistatus
	if err := xml.Unmarshal(body, &x); err != nil {
		return nil, fmt.Errorf("multistatus: %w", err)
	}
	m := &Multistatus{Token: strings.TrimSpace(x.Token), Answers: make([]Answer, 0, len(x.Responses))}
	for _, r := range x.Responses {
		a := Answer{Href: strings.TrimSpace(r.Href), Status: statusOf(r.Status), Props: map[xml.Name]Prop{}}
		for _, ps := range r.Propstats {
			if statusOf(ps.Status) != 200 {
				continue
			}
			for _, p := range ps.Prop.All {
				a.Props[p.XMLName] = Prop{Text: p.Text, Hrefs: p.Hrefs}
			}
		}
		m.Answers = append(m.Answers, a)
	}
	return m, nil
}

// statusOf reads "HTTP/1.1 200 OK".
func statusOf(line string) int {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return n
}

// Condition is the first element inside DAV:error of an error's body, "" if the
// body is none (RFC 4918 §16).
func Condition(body []byte) string {
	var x struct {
		XMLName xml.Name `xml:"DAV: error"`
		All     []struct {
			XMLName xml.Name
		} `xml:",any"`
	}
	if err := xml.Unmarshal(body, &x); err != nil || len(x.All) == 0 {
		return ""
	}
	return x.All[0].XMLName.Space + " " + x.All[0].XMLName.Local
}
