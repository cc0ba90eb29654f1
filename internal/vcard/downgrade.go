package vcard

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ksync/internal/contentline"
)

// downgrader rewrites a card of 4.0 as 3.0, one property at a time.
type downgrader struct {
	have      map[string]bool // names of properties in the card
	best      map[string]int  // lowest PREF by name of property
	groups    map[string]bool // lower case
	addresses map[string]int  // how many ADR have a labelKey
	next      int             // number of the last itemN handed out
	named     bool            // an N came by
}

func downgrade(c *contentline.Component) {
	d := &downgrader{have: map[string]bool{}, best: map[string]int{}, groups: map[string]bool{}, addresses: map[string]int{}}
	for l := range c.Lines() {
		d.have[l.Name] = true
		d.groups[strings.ToLower(l.Group)] = true
		if l.Name == "ADR" {
			d.addresses[labelKey(l)]++
		}
		if n, ok := preference(l); ok && (d.best[l.Name] == 0 || n < d.best[l.Name]) {
			d.best[l.Name] = n
		}
	}
	c.Rewrite(d.rewrite)
}

func preference(l *contentline.Line) (int, bool) {
	v, ok := l.Param("PREF")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(v)
	return n, err == nil && n > 0
}

func (d *downgrader) rewrite(l *contentline.Line, emit func(*contentline.Line)) {
	p := propertyOf(l)
	d.preference(p)
	extra := d.property(p)
	for _, r := range renamedParams {
		p.renameParam(r.v4, r.v3)
	}
	if p.name == l.Name {
		for _, r := range renames {
			if r.v4 == l.Name {
				p.rename(r.v3)
			}
		}
	}
	p.flush()
	emit(l)
	if extra != nil {
		emit(extra)
	}
}

// preference: RFC 6350 §5.3 ranks, RFC 2426 has one TYPE=pref: the best of a name gets it, and X-PREF keeps the rank.
func (d *downgrader) preference(p *property) {
	n, ok := preference(p.line)
	if !ok {
		p.renameParam("PREF", "X-PREF")
		return
	}
	p.dropParam("PREF")
	if n == d.best[p.name] {
		p.addType("pref")
	}
	if n != 1 {
		p.setParam("X-PREF", strconv.Itoa(n))
	}
}

// property rewrites what needs more than another name and returns a line that must follow, or nil.
func (d *downgrader) property(p *property) *contentline.Line {
	switch p.name {
	case "PHOTO", "LOGO", "SOUND", "KEY":
		p.media3()
	case "BDAY":
		if !p.date3() {
			p.rename("X-BDAY")
		}
	case "ANNIVERSARY":
		if p.date3() {
			return d.label(p, "X-ABDATE", anniversaryLabel)
		}
	case "RELATED":
		return d.related(p)
	case "KIND":
		// Apple's "company" card: X-ABShowAs:COMPANY.
		if strings.EqualFold(p.value, "org") && !d.have["X-ABSHOWAS"] {
			p.rename("X-ABShowAs")
			p.setValue("COMPANY")
		}
	case "N":
		return d.sortString(p)
	case "ADR":
		return d.addressLabel(p)
	case "TEL":
		p.tel3()
	case "GEO":
		p.geo3()
	case "TZ":
		p.zone3()
	}
	return nil
}

// label renames p for Apple's labels: item1.X-ABDATE and item1.X-ABLabel belong together. A property that is in a group
// already keeps its group and gets the plain X- name instead.
func (d *downgrader) label(p *property, name, label string) *contentline.Line {
	if p.line.Group != "" {
		return nil
	}
	group := d.newGroup()
	p.rename(name)
	p.line.Group = group // printed by flush
	return contentline.New(group, "X-ABLabel", label)
}

func (d *downgrader) newGroup() string {
	for {
		d.next++
		group := "item" + strconv.Itoa(d.next)
		if !d.groups[group] {
			return group
		}
	}
}

// related: RFC 6350 §6.6.6. TYPE=agent is AGENT in 3.0; a name with one of Apple's labels is X-ABRELATEDNAMES.
func (d *downgrader) related(p *property) *contentline.Line {
	types := slices.DeleteFunc(p.types(), func(t string) bool { return strings.EqualFold(t, "pref") })
	if len(types) != 1 {
		return nil
	}
	isText := p.is("VALUE", "text")
	if strings.EqualFold(types[0], "agent") {
		p.rename("AGENT")
		p.takeType("agent")
		p.dropParam("VALUE")
		if !isText {
			p.setParam("VALUE", "uri")
		}
		return nil
	}
	label := relationLabel(types[0])
	if label == "" || !isText || len(p.params) > 2 || p.line.Group != "" {
		return nil
	}
	p.takeType(types[0])
	p.dropParam("VALUE")
	return d.label(p, "X-ABRELATEDNAMES", label)
}

// sortString: RFC 6350 §5.9 SORT-AS of N is RFC 2426 §3.6.5 SORT-STRING, of which the first N of several (§5.4 ALTID)
// gets its own back.
func (d *downgrader) sortString(p *property) *contentline.Line {
	v, ok := p.param("SORT-AS")
	first := !d.named
	d.named = true
	if !ok || !first || d.have["SORT-STRING"] {
		return nil
	}
	d.have["SORT-STRING"] = true
	p.dropParam("SORT-AS")
	return contentline.New("", "SORT-STRING", contentline.Escape(v))
}

// addressLabel: RFC 6350 §6.3.1 LABEL of ADR is RFC 2426 §3.2.2 LABEL, which repeats the types to say whose it is. An
// ADR that is nothing but a label goes unless another one could be taken for the label's.
func (d *downgrader) addressLabel(p *property) *contentline.Line {
	label, ok := p.param("LABEL")
	if !ok {
		return nil
	}
	p.dropParam("LABEL")
	label = contentline.Escape(label)
	if strings.Trim(p.value, ";") == "" && (d.addresses[labelKey(p.line)] == 1 || saysMore(p.line)) {
		p.rename("LABEL")
		p.setValue(label)
		return nil
	}
	l := contentline.New(p.line.Group, "LABEL", label)
	if types := p.types(); len(types) > 0 {
		l.SetParam("TYPE", types...)
	}
	return l
}

// tel3: RFC 3966 numbers become text, which is all that 3.0 has; other URIs stay.
func (p *property) tel3() {
	if len(p.value) < 4 || !strings.EqualFold(p.value[:4], "tel:") {
		return
	}
	number, err := url.PathUnescape(p.value[4:])
	if err != nil {
		return
	}
	p.setValue(contentline.Escape(number))
	p.dropParam("VALUE")
}

var (
	geoURI    = regexp.MustCompile(`^(?i:geo):(-?[0-9.]+)\\?,(-?[0-9.]+)$`)
	geoPair   = regexp.MustCompile(`^\s*(-?[0-9.]+)\s*[;,]\s*(-?[0-9.]+)\s*$`)
	utcOffset = regexp.MustCompile(`^([+-]\d{2}):?(\d{2})?$`)
)

// geo3: RFC 5870 URIs with nothing but two coordinates are RFC 2426 §3.4.2 pairs.
func (p *property) geo3() {
	m := geoURI.FindStringSubmatch(p.value)
	if m == nil {
		p.rename("X-GEO")
		return
	}
	p.setValue(m[1] + ";" + m[2])
	p.dropParam("VALUE")
}

// zone3: the default of 4.0 is text, that of 3.0 an offset with a colon: RFC 6350 §6.5.1, RFC 2426 §3.4.1.
func (p *property) zone3() {
	if m := utcOffset.FindStringSubmatch(p.value); m != nil {
		minutes := m[2]
		if minutes == "" {
			minutes = "00"
		}
		p.setValue(m[1] + ":" + minutes)
		p.dropParam("VALUE")
		return
	}
	if p.is("VALUE", "uri") {
		p.rename("X-TZ")
		return
	}
	p.setParam("VALUE", "text")
}
