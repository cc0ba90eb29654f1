package dedup

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// field is a line ready to be read. What it gives out is a copy: strings of a line share the memory of the whole card,
// its photo included, and what is made of them is kept for long.
type field struct{ l *contentline.Line }

func (f field) text() string    { return short(vcard.Text(f.l)) }
func (f field) parts() []string { return shortened(vcard.Parts(f.l)) }
func (f field) items() []string { return shortened(vcard.Items(f.l)) }

// Bounds of a value that is compared. No name, address or mailbox is longer, and reading a name takes the square of its words.
const (
	maxText  = 256 // bytes
	maxParts = 16
)

func shortened(all []string) []string {
	all = all[:min(len(all), maxParts)]
	for i, s := range all {
		all[i] = short(s)
	}
	return all
}

// short is a copy of a text, or of its beginning.
func short(s string) string {
	if len(s) > maxText {
		end := maxText
		for end > maxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return strings.Clone(s)
}

// reader collects the fields of one card; names last, as they are read together.
type reader struct {
	card   *Card
	region string
	names  nameFields
	facts  []string
}

func (r *reader) line(property string, f field) {
	switch property {
	case "TEL":
		r.tel(f)
	case "EMAIL":
		r.mail(f)
	case "ADR":
		if len(r.card.addresses) < most {
			r.address(f.parts())
		}
	case "FN":
		r.first(&r.names.full, f.text())
	case "N":
		if r.names.parts == nil {
			r.names.parts = f.parts()
			for i, p := range r.names.parts {
				r.names.parts[i] = repair(p)
			}
		}
	case "NICKNAME":
		r.nickname(f.items())
	case "ORG":
		r.first(&r.names.org, f.parts()[0])
	case "BDAY":
		if !r.card.bday.set() {
			r.card.bday = parseDate(f.text())
		}
	default:
		r.rare(property, f)
	}
	r.fact(property, f)
}

func (r *reader) address(parts []string) {
	if a, ok := parseAddress(parts); ok {
		r.card.addresses = append(r.card.addresses, a)
	}
}

// rare reads the properties that few cards have.
func (r *reader) rare(property string, f field) {
	switch property {
	case "URL", "IMPP", "X-SOCIALPROFILE", "X-JABBER", "X-SKYPE", "X-SKYPE-USERNAME":
		if u := urlKey(f.text()); u != "" && len(r.card.urls) < most {
			r.card.urls = append(r.card.urls, u)
		}
	case "PHOTO":
		if data, _ := vcard.Media(f.l); len(data) > 40 && r.card.photo == "" {
			r.card.photo = digest([]string{data})
		}
	case "KIND", "X-ABSHOWAS":
		value := strings.ToLower(strings.TrimSpace(f.l.Value))
		r.names.company = r.names.company || value == "org" || value == "company"
	case "X-PHONETIC-FIRST-NAME", "X-PHONETIC-LAST-NAME":
		r.nickname([]string{f.text()})
	}
}

func (r *reader) nickname(items []string) {
	if room := 4 - len(r.names.nicknames); room > 0 {
		r.names.nicknames = append(r.names.nicknames, items[:min(room, len(items))]...)
	}
}

func (r *reader) first(field *string, value string) {
	if *field == "" {
		*field = strings.TrimSpace(repair(value))
	}
}

// repair undoes UTF-8 that was read as Windows-1252 once: MÃ¼ller.
func repair(s string) string {
	if !strings.ContainsAny(s, "ÃÂÅÄÐÑ") {
		return s
	}
	raw, err := charmap.Windows1252.NewEncoder().String(s)
	if err != nil || !utf8.ValidString(raw) {
		return s
	}
	return raw
}

func (r *reader) tel(f field) {
	if len(r.card.phones) >= most {
		return
	}
	p, ok := parsePhone(f.text(), r.region, vcard.Types(f.l))
	if !ok {
		return
	}
	if !slices.ContainsFunc(r.card.phones, func(q phone) bool { return p.same(q) }) {
		r.card.phones = append(r.card.phones, p)
	}
}

func (r *reader) mail(f field) {
	if len(r.card.mails) >= most {
		return
	}
	m, ok := parseMail(f.text())
	if !ok {
		return
	}
	if !slices.ContainsFunc(r.card.mails, func(o mailbox) bool { return o.key == m.key }) {
		r.card.mails = append(r.card.mails, m)
	}
}

// fact remembers the line for the comparison of whole cards, and how it is written for their order.
func (r *reader) fact(property string, f field) {
	switch property {
	case "UID", "REV", "PRODID", "VERSION":
		return
	case "N", "SOURCE", "X-ABLABEL", "CATEGORIES", "KIND":
		r.write(f.l, f.l.Value)
		return
	}
	if len(f.l.Value) > 512 { // a photo, a long note: their bytes
		r.write(f.l, "")
		r.facts = append(r.facts, property+"="+f.l.Value)
		return
	}
	r.write(f.l, f.l.Value)
	r.facts = append(r.facts, property+":"+strings.Join(words(fold(vcard.Text(f.l))), " "))
}

// write takes a line into the hash of how the card is written.
func (r *reader) write(l *contentline.Line, value string) {
	r.add(l.Name)
	for _, p := range l.Params {
		r.add(p.Name)
		for _, v := range p.Values {
			r.add(v)
		}
	}
	r.add(value)
}

// add is FNV-1a, which needs no memory so. 0xff, which is in no UTF-8, ends each part.
func (r *reader) add(s string) {
	const prime = 1<<40 | 0x1b3
	h := r.card.written
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	r.card.written = (h ^ 0xff) * prime
}

// finish reads the name, which needs the rest.
func (r *reader) finish() {
	c := r.card
	r.names.own = func(folded string) bool {
		return folded != "" && slices.ContainsFunc(c.mails, func(m mailbox) bool {
			return m.local == folded || m.key == folded || m.local == strings.ReplaceAll(folded, ".", "")
		})
	}
	c.name = parseName(r.names)
	if r.names.org != "" {
		c.org = orgKey(r.names.org)
	}
	if c.name.kind == firm && c.org == "" {
		c.org = orgKey(r.names.full)
	}
	c.empty = len(c.phones)+len(c.mails)+len(c.addresses)+len(c.urls) == 0 && !c.bday.set() && c.org == ""
	c.whole = digest(r.facts)
}

// urlKey drops what two notations of one address differ in.
func urlKey(url string) string {
	u := strings.ToLower(strings.TrimSpace(url))
	for _, prefix := range []string{"https://", "http://", "x-apple:", "www."} {
		u = strings.TrimPrefix(u, prefix)
	}
	return strings.TrimRight(u, "/")
}
