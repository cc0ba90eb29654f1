package vcard

import (
	"slices"
	"strings"

	"ksync/internal/contentline"
)

// Apple has no properties for most relations and dates but labels: a group of two lines,
//
//	item1.X-ABDATE:2008-12-11
//	item1.X-ABLabel:_$!<Anniversary>!$_
//
// which kSync and DAVx5 read and write, too. So ANNIVERSARY and RELATED travel this way where it says all they say.
const anniversaryLabel = "_$!<Anniversary>!$_"

// relations are the types of RFC 6350 §6.6.6 that Apple has a label for.
var relations = []struct{ relation, label string }{
	{"child", "_$!<Child>!$_"}, {"friend", "_$!<Friend>!$_"}, {"parent", "_$!<Parent>!$_"}, {"spouse", "_$!<Spouse>!$_"},
}

func relationLabel(relation string) string {
	for _, r := range relations {
		if strings.EqualFold(r.relation, relation) {
			return r.label
		}
	}
	return ""
}

// labelOf returns the label of a line that is alone with it in its group, and the label's line.
func (u *upgrader) labelOf(l *contentline.Line) (string, *contentline.Line) {
	pair := u.groups[strings.ToLower(l.Group)]
	if len(pair) != 2 {
		return "", nil
	}
	other := pair[0]
	if other == l {
		other = pair[1]
	}
	if other.Name != "X-ABLABEL" {
		return "", nil
	}
	return contentline.Unescape(other.Value), other
}

// matchApple finds the lines that become ANNIVERSARY or RELATED, whose labels then go.
func (u *upgrader) matchApple(c *contentline.Component) {
	for l := range c.Lines() {
		if l.Name != "X-ABDATE" && l.Name != "X-ABRELATEDNAMES" {
			continue
		}
		label, line := u.labelOf(l)
		meaning := ""
		switch {
		case l.Name == "X-ABRELATEDNAMES" && plainRelation(l):
			meaning = relationOf(label)
		case l.Name == "X-ABDATE" && label == anniversaryLabel && !u.have["ANNIVERSARY"]:
			meaning = "anniversary"
			u.have["ANNIVERSARY"] = true
		}
		if meaning != "" {
			u.apple[l] = meaning
			u.gone[line] = true
		}
	}
}

// plainRelation has no parameters, or only what Apple writes with the first one: type=pref.
func plainRelation(l *contentline.Line) bool {
	return !slices.ContainsFunc(l.Params, func(q contentline.Param) bool { return q.Name != "TYPE" }) &&
		!slices.ContainsFunc(propertyOf(l).types(), func(t string) bool { return !strings.EqualFold(t, "pref") })
}

func relationOf(label string) string {
	for _, r := range relations {
		if r.label == label {
			return r.relation
		}
	}
	return ""
}

func (u *upgrader) anniversary(p *property) {
	if u.apple[p.line] == "" {
		return
	}
	p.rename("ANNIVERSARY")
	p.line.Group = "" // printed by flush
	p.date4()
}

func (u *upgrader) related(p *property) {
	relation := u.apple[p.line]
	if relation == "" {
		return
	}
	p.rename("RELATED")
	p.line.Group = "" // printed by flush
	p.setParam("VALUE", "text")
	p.setParam("TYPE", relation)
}
