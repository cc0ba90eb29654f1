package vcard

import (
	"slices"
	"strings"

	"ksync/internal/contentline"
)

// upgrader rewrites a card of 3.0 as 4.0, one property at a time.
type upgrader struct {
	have   map[string]bool                // names of single properties that the card has
	kind   bool                           // the card says in Apple's way what it is
	apple  map[*contentline.Line]string   // what a line with one of Apple's labels means
	gone   map[*contentline.Line]bool     // lines that became a parameter or a type
	adr    map[*contentline.Line]string   // LABEL of an ADR
	sortAs map[*contentline.Line]string   // SORT-STRING of N
	groups map[string][]*contentline.Line // by lower case name
}

func upgrade(c *contentline.Component) {
	u := &upgrader{
		have: map[string]bool{}, apple: map[*contentline.Line]string{}, gone: map[*contentline.Line]bool{},
		adr: map[*contentline.Line]string{}, sortAs: map[*contentline.Line]string{}, groups: map[string][]*contentline.Line{},
	}
	for l := range c.Lines() {
		u.have[l.Name] = u.have[l.Name] || single(l.Name)
		u.kind = u.kind || l.Name == "X-ADDRESSBOOKSERVER-KIND"
		if l.Group != "" {
			group := strings.ToLower(l.Group)
			u.groups[group] = append(u.groups[group], l)
		}
	}
	u.matchApple(c)
	u.matchLabels(c)
	u.matchSortString(c)
	c.Rewrite(u.rewrite)
}

// matchLabels gives each LABEL to the ADR right before it if group and types are the same, which is how downgrader
// writes them, or else to the first such ADR that has none yet. One that says more than types stays apart.
func (u *upgrader) matchLabels(c *contentline.Component) {
	var before *contentline.Line
	var labels []*contentline.Line
	waiting := map[string][]*contentline.Line{}
	for l := range c.Lines() {
		switch l.Name {
		case "ADR":
			waiting[labelKey(l)] = append(waiting[labelKey(l)], l)
		case "LABEL":
			if saysMore(l) {
				break
			}
			if before != nil && before.Name == "ADR" && labelKey(before) == labelKey(l) {
				u.giveLabel(before, l)
			} else {
				labels = append(labels, l)
			}
		}
		before = l
	}
	for _, l := range labels {
		key := labelKey(l)
		for len(waiting[key]) > 0 && !u.gone[l] {
			if _, taken := u.adr[waiting[key][0]]; !taken {
				u.giveLabel(waiting[key][0], l)
			}
			waiting[key] = waiting[key][1:]
		}
	}
}

func (u *upgrader) giveLabel(adr, label *contentline.Line) {
	u.adr[adr] = contentline.Unescape(label.Value)
	u.gone[label] = true
}

// saysMore than types: what LANGUAGE and others say of a LABEL is not said of its address, nor the other way round.
func saysMore(l *contentline.Line) bool {
	return slices.ContainsFunc(l.Params, func(q contentline.Param) bool {
		return !slices.Contains([]string{"TYPE", "LABEL", "PREF", "X-PREF"}, q.Name)
	})
}

func labelKey(l *contentline.Line) string {
	types := propertyOf(l).types()
	for i := range types {
		types[i] = strings.ToLower(types[i])
	}
	types = slices.DeleteFunc(types, func(t string) bool { return t == "pref" })
	slices.Sort(types)
	return strings.ToLower(l.Group) + ";" + strings.Join(types, ",")
}

func (u *upgrader) matchSortString(c *contentline.Component) {
	s, n := c.First("SORT-STRING"), c.First("N")
	if s == nil || n == nil || s.Group != "" || len(s.Params) > 0 {
		return
	}
	if _, taken := n.Param("X-SORT-AS"); !taken {
		u.sortAs[n] = contentline.Unescape(s.Value)
		u.gone[s] = true
	}
}

func (u *upgrader) rewrite(l *contentline.Line, emit func(*contentline.Line)) {
	if u.gone[l] {
		return
	}
	p := propertyOf(l)
	rank(p)
	u.property(p)
	for _, r := range renamedParams {
		p.renameParam(r.v3, r.v4)
	}
	if p.name == l.Name {
		u.rename(p)
	}
	p.flush()
	emit(l)
}

func (u *upgrader) rename(p *property) {
	for _, r := range renames {
		if r.v3 != p.name || u.have[r.v4] {
			continue
		}
		u.have[r.v4] = single(r.v4)
		p.rename(r.v4)
		return
	}
}

// rank undoes downgrader.preference.
func rank(p *property) {
	preferred := p.takeType("pref")
	if _, ok := p.param("PREF"); ok {
		return
	}
	if _, ok := p.param("X-PREF"); ok {
		p.renameParam("X-PREF", "PREF")
		return
	}
	if preferred {
		p.setParam("PREF", "1")
	}
}

// property rewrites what needs more than another name.
func (u *upgrader) property(p *property) {
	switch p.name {
	case "PHOTO", "LOGO", "SOUND", "KEY":
		p.media4()
	case "BDAY", "X-ANNIVERSARY", "ANNIVERSARY", "REV":
		p.date4()
	case "X-BDAY":
		p.rename("BDAY")
	case "X-ABDATE":
		u.anniversary(p)
	case "X-ABRELATEDNAMES":
		u.related(p)
	case "AGENT":
		agent(p)
	case "X-ABSHOWAS":
		if strings.EqualFold(p.value, "company") && !u.have["KIND"] && !u.kind && len(p.params) == 0 {
			u.have["KIND"] = true
			p.rename("KIND")
			p.setValue("org")
		}
	case "X-GENDER":
		p.gender4()
	case "N":
		if v, ok := u.sortAs[p.line]; ok {
			p.setParam("SORT-AS", v)
		}
	case "ADR":
		if label, ok := u.adr[p.line]; ok {
			p.setParam("LABEL", label)
		}
	case "LABEL":
		p.rename("ADR")
		p.setParam("LABEL", contentline.Unescape(p.value))
		p.setValue(";;;;;;")
	case "GEO":
		if m := geoPair.FindStringSubmatch(p.value); m != nil {
			p.setValue("geo:" + m[1] + "," + m[2])
		}
	case "X-GEO":
		p.rename("GEO")
	case "TZ":
		p.zone4()
	case "X-TZ":
		p.rename("TZ")
	}
}

// agent: RFC 6350 §A.2: AGENT became a type of RELATED.
func agent(p *property) {
	isURI := p.is("VALUE", "uri")
	p.rename("RELATED")
	p.addType("agent")
	p.dropParam("VALUE")
	if !isURI {
		p.setParam("VALUE", "text")
	}
}

// gender4 understands the words that Android's exporters write for RFC 6350 §6.2.7.
func (p *property) gender4() {
	switch strings.ToLower(p.value) {
	case "male":
		p.setValue("M")
	case "female":
		p.setValue("F")
	}
}

func (p *property) zone4() {
	if m := utcOffset.FindStringSubmatch(p.value); m != nil && !p.is("VALUE", "text") {
		p.setValue(m[1] + m[2])
		p.setParam("VALUE", "utc-offset")
		return
	}
	if p.is("VALUE", "text") {
		p.dropParam("VALUE")
	}
}
