package vcard

import (
	"slices"
	"strings"
	"unicode/utf8"

	"ksync/internal/contentline"
)

// modernise rewrites what only vCard 2.1 allows — parameters without a name, QUOTED-PRINTABLE, charsets, cards inside
// cards — into 3.0, whatever version the card claims: exporters mix. It must not touch a clean 3.0 or 4.0 line.
func modernise(c *contentline.Component, version string) {
	old := version != V3 && version != V4 && (version == "2.1" || looksOld(c))
	for l := range c.Lines() {
		p := propertyOf(l)
		p.decode()
		if old {
			p.escapeOld()
		}
		p.flush()
		if !utf8.ValidString(l.Group) {
			l.SetGroup(decode(l.Group, ""))
		}
		if !l.ValidUTF8() {
			l.SetValue(l.Value)
		}
	}
	embed(c)
}

// looksOld tells vCard 2.1 that has no VERSION by its bare parameters.
func looksOld(c *contentline.Component) bool {
	for l := range c.Lines() {
		for _, q := range l.Params {
			if q.Values == nil {
				return true
			}
		}
	}
	return false
}

// decode names bare parameters and undoes encodings and charsets of vCard 2.1 §2.1.
func (p *property) decode() {
	if !p.encoded() {
		return
	}
	var charset string
	params := make([]contentline.Param, 0, len(p.params))
	types := make([]string, 0, len(p.params))
	quoted, binary := false, false
	for _, q := range p.params {
		q = valid(named(q))
		switch {
		case q.Name == "CHARSET":
			charset = strings.Join(q.Values, "")
		case q.Name == "ENCODING" && len(q.Values) > 0:
			switch strings.ToUpper(strings.TrimSpace(q.Values[0])) {
			case "QUOTED-PRINTABLE":
				quoted = true
			case "B", "BASE64":
				binary = true
				params = append(params, contentline.Param{Name: "ENCODING", Values: []string{"b"}})
			}
		case q.Name == "TYPE":
			if len(types) == 0 {
				params = append(params, q)
			}
			types = append(types, q.Values...)
		default:
			params = append(params, q)
		}
	}
	p.params, p.changed = params, true
	p.setTypes(types)
	if !utf8.ValidString(p.name) {
		p.name = decode(p.name, "")
	}
	switch {
	case binary:
		p.value = withoutSpace(p.value)
	case quoted:
		p.value = decode(unquote(p.value), charset)
	default:
		p.value = decode(p.value, charset)
	}
	p.value = strings.ReplaceAll(strings.ReplaceAll(p.value, "\r\n", `\n`), "\n", `\n`)
}

// encoded says whether decode has anything to do.
func (p *property) encoded() bool {
	for _, q := range p.params {
		if q.Values == nil || q.Name == "CHARSET" {
			return true
		}
		if q.Name == "ENCODING" && (len(q.Values) == 0 || q.Values[0] != "b" && q.Values[0] != "B" || hasSpace(p.value)) {
			return true
		}
		if !utf8.ValidString(q.Name) || slices.ContainsFunc(q.Values, func(v string) bool { return !utf8.ValidString(v) }) {
			return true
		}
	}
	return !utf8.ValidString(p.value) || !utf8.ValidString(p.name)
}

// NameParams gives the parameters without a name, which only vCard 2.1 has, those they stand for. All types are in one
// TYPE then, so that who sets it leaves none behind.
func NameParams(l *contentline.Line) {
	if !slices.ContainsFunc(l.Params, func(q contentline.Param) bool { return q.Values == nil }) {
		return
	}
	p := propertyOf(l)
	p.params, p.changed = slices.Clone(p.params), true
	for i, q := range p.params {
		p.params[i] = named(q)
	}
	p.setTypes(p.types())
	p.flush()
}

// named gives a bare parameter the name it stands for; most are types.
func named(q contentline.Param) contentline.Param {
	if q.Values != nil {
		return q
	}
	name := "TYPE"
	switch q.Name {
	case "QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT":
		name = "ENCODING"
	case "URL", "URI", "CID", "CONTENT-ID", "INLINE":
		name = "VALUE"
	}
	return contentline.Param{Name: name, Values: []string{q.Name}}
}

func valid(q contentline.Param) contentline.Param {
	if q.Name != "VALUE" && utf8.ValidString(q.Name) && !slices.ContainsFunc(q.Values, func(v string) bool { return !utf8.ValidString(v) }) {
		return q
	}
	values := make([]string, len(q.Values))
	for i, v := range q.Values {
		values[i] = decode(v, "")
	}
	if q.Name == "VALUE" && len(values) == 1 && strings.EqualFold(values[0], "URL") {
		values[0] = "uri"
	}
	return contentline.Param{Name: decode(q.Name, ""), Values: values}
}

func hasSpace(v string) bool { return strings.ContainsAny(v, " \t") }

func withoutSpace(v string) string {
	if !hasSpace(v) {
		return v
	}
	return strings.NewReplacer(" ", "", "\t", "").Replace(v)
}

// escapeOld escapes what separates values since 3.0 but did not in 2.1, where only ";" in structured values did.
func (p *property) escapeOld() {
	switch p.name {
	case "FN", "NOTE", "TITLE", "ROLE", "LABEL", "MAILER", "UID":
		p.setValue(escapeSeparators(p.value, ",;"))
	case "N", "ADR", "ORG":
		p.setValue(escapeSeparators(p.value, ","))
	}
}

func escapeSeparators(v, separators string) string {
	if !strings.ContainsAny(v, separators+`\`) {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && i+1 < len(v) && strings.IndexByte(`\;,:nN`, v[i+1]) >= 0:
			b.WriteString(v[i : i+2])
			i++
		case c == '\\':
			b.WriteString(`\\`)
		case strings.IndexByte(separators, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// embed makes text of the cards inside: RFC 2426 §3.5.4: AGENT holds a card as an escaped value. Cards inside that
// belong to no AGENT get one, too, as 3.0 has no other place for them.
func embed(c *contentline.Component) {
	inner := slices.Collect(c.Components())
	if len(inner) == 0 {
		return
	}
	c.RemoveComponents(func(*contentline.Component) bool { return true })
	agents := emptyAgents(c)
	for i, in := range inner {
		modernise(in, "2.1")
		setVersion(in, V3)
		v := contentline.Escape(string(in.Bytes()))
		if i < len(agents) {
			agents[i].SetValue(v)
		} else {
			c.Append(contentline.New("", "AGENT", v))
		}
	}
}

// emptyAgents returns the AGENT properties whose cards stand inside the card: vCard 2.1 §2.4.2.
func emptyAgents(c *contentline.Component) []*contentline.Line {
	return slices.DeleteFunc(c.All("AGENT"), func(l *contentline.Line) bool { return strings.TrimSpace(l.Value) != "" })
}
