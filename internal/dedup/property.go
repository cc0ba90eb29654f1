package dedup

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// class says how the values of a property merge: dedupe.md §6.3.
type class uint8

const (
	multiple class = iota // each normal form once; also all properties that nothing is known about
	identity              // the reference's own, always
	naming                // N, FN and what goes with them: one decision
	single                // the reference's, or the first there is
	list                  // items of all
	note                  // texts of all in one
	attached              // goes with the property of its group
	private               // goes with the photo
)

func classOf(property string) class {
	switch property {
	case "UID", "VERSION", "PRODID", "REV", "CLIENTPIDMAP", "X-CLIENTPIDMAP":
		return identity
	case "N", "FN", "SORT-STRING", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-MIDDLE-NAME", "X-PHONETIC-LAST-NAME":
		return naming
	case "BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "DEATHDATE", "X-DEATHDATE", "GENDER", "X-GENDER", "PHOTO", "LOGO", "KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABSHOWAS", "ORG", "TITLE", "ROLE":
		return single
	case "CATEGORIES", "NICKNAME":
		return list
	case "NOTE":
		return note
	case "X-ABLABEL", "X-ABADR", "X-APPLE-SUBLOCALITY", "X-APPLE-SUBADMINISTRATIVEAREA":
		return attached
	case "X-IMAGEHASH", "X-IMAGETYPE", "X-SHARED-PHOTO-DISPLAY-PREF":
		return private
	}
	return multiple
}

// normalForm is what two values of a property have in common when they mean the same to a merge: dedupe.md §6.4. It is
// finer than what a search compares, since a value that only looks the same may not be dropped.
func normalForm(l *contentline.Line, region string) string {
	switch l.Name {
	case "TEL":
		if p, ok := parsePhone(vcard.Text(l), region, nil); ok {
			return p.international(region) + "x" + p.ext
		}
	case "EMAIL":
		return cleanMail(vcard.Text(l))
	case "URL":
		return webAddress(plain(vcard.Text(l)))
	case "ADR":
		if parts := components(l); parts != "" {
			return strings.ToLower(parts)
		}
		label, _ := l.Param("LABEL") // all there is of an address that was written as one text
		return plain(label)
	case "N", "ORG":
		return components(l)
	case "PHOTO", "LOGO", "SOUND", "KEY":
		data, _ := vcard.Media(l)
		return data
	case "IMPP":
		scheme, rest, ok := strings.Cut(plain(vcard.Text(l)), ":")
		if ok {
			return strings.ToLower(scheme) + ":" + rest
		}
	}
	if d := parseDate(vcard.Text(l)); dated(l.Name) && d.set() {
		return d.text()
	}
	return plain(vcard.Text(l))
}

// webAddress has scheme and host in lower case, and no slash at its end: RFC 3986 §6.2.2.1. In what follows the host,
// case matters.
func webAddress(url string) string {
	url = strings.TrimRight(url, "/")
	start := 0
	if at := strings.Index(url, "://"); at >= 0 {
		start = at + len("://")
	}
	end := len(url)
	if at := strings.IndexAny(url[start:], "/?#"); at >= 0 {
		end = start + at
	}
	return strings.ToLower(url[:end]) + url[end:]
}

// plain is text without what nobody sees: compositions and the amount of white space.
func plain(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

// components joins the parts of a structured value; empty ones at the end say nothing.
func components(l *contentline.Line) string {
	parts := vcard.Parts(l)
	for i, p := range parts {
		parts[i] = plain(p)
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ";")
}

// unit is a property of a card with the lines of its group that belong to it.
type unit struct {
	line  *contentline.Line
	with  []*contentline.Line // X-ABLabel, X-ABADR
	ref   Ref
	class class
	key   string // see keyOf
}

// keyOf is a line's name and normal form.
func keyOf(l *contentline.Line, region string) string { return l.Name + "\x00" + normalForm(l, region) }

func (u unit) empty() bool { return u.key == u.line.Name+"\x00" }

// label is what Apple's programs call the value, "" if nothing special.
func (u unit) label() string {
	for _, l := range u.with {
		if l.Name == "X-ABLABEL" {
			return vcard.Text(l)
		}
	}
	return ""
}

// units divides a card. What goes with no property of its group is a unit of its own.
func units(c *contentline.Component, card int, region string) []unit {
	owners := map[string]*contentline.Line{} // by group: its first property
	for l := range c.Lines() {
		if group := strings.ToLower(l.Group); group != "" && owners[group] == nil && classOf(l.Name) != attached {
			owners[group] = l
		}
	}
	var us []unit
	with := map[*contentline.Line][]*contentline.Line{}
	n := 0
	for l := range c.Lines() {
		n++
		k := classOf(l.Name)
		if owner := owners[strings.ToLower(l.Group)]; k == attached && owner != nil {
			with[owner] = append(with[owner], l)
			continue
		}
		us = append(us, unit{line: l, ref: Ref{card, n - 1}, class: k, key: keyOf(l, region)})
	}
	for i := range us {
		us[i].with = with[us[i].line]
	}
	for i, u := range us {
		if u.line.Name == "X-ABDATE" || u.line.Name == "X-ABRELATEDNAMES" {
			us[i].key += "\x00" + plain(u.label()) // the label says what it is
		}
	}
	return us
}
