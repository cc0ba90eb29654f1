package vcard

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"ksync/internal/contentline"
)

// Convert returns the card in version V3 or V4, and an error for any other. The same version gives the stored bytes,
// which must not be changed. Else only lines that the other version says differently are edited; what it cannot say
// gets an X- name, which converting back takes off again.
func (c *Card) Convert(version string) ([]byte, error) {
	if version != V3 && version != V4 {
		return nil, errVersion
	}
	if c.Version == version && c.utf8 {
		return c.data, nil
	}
	return c.converted(version).Bytes(), nil
}

// converted returns an edited copy.
func (c *Card) converted(version string) *contentline.Component {
	out := c.Component.Clone()
	if c.Version == version {
		return out
	}
	modernise(out, c.Version)
	from4 := strings.HasPrefix(c.Version, "4")
	switch {
	case version == V3 && from4:
		downgrade(out)
	case version == V4 && !from4:
		upgrade(out)
	}
	setVersion(out, version)
	return out
}

// setVersion leaves one VERSION. RFC 6350 §6.7.9: in 4.0 it comes first.
func setVersion(c *contentline.Component, version string) {
	first := c.First("VERSION")
	for l := range c.Lines() {
		if version == V4 && l != first {
			first = nil // not in front
		}
		break
	}
	c.RemoveFunc(func(l *contentline.Line) bool { return l.Name == "VERSION" && l != first })
	if first == nil {
		c.InsertBefore(nil, contentline.New("", "VERSION", version))
		return
	}
	if first.Value != version {
		first.Set(first.Name, version, nil)
	}
}

// Serve returns the card as address-data carries it: in the version asked for (V3 unless it is V4), with FN, and N in
// 3.0, in UTF-8 with CRLF, without a byte order mark and lines that are no properties, because one card that is not
// so can stop a client's whole address book. A stored card in good order is returned as it is and must not be changed.
func (c *Card) Serve(version string) []byte {
	if version != V4 {
		version = V3
	}
	if c.Version == version && c.clean() {
		return c.data
	}
	out := c.converted(version)
	modernise(out, version)
	out.RemoveJunk()
	complete(out, version)
	if version == V3 {
		repairMedia(out)
	}
	return normaliseEnds(bytes.ToValidUTF8(out.Bytes(), replacement))
}

// clean says whether nothing in the card needs to change in its own version.
func (c *Card) clean() bool {
	if !c.utf8 || !utf8.Valid(c.data) || !c.Doc.Tidy() || !endsInCRLF(c.data) {
		return false
	}
	hasN, hasFN := c.Version == V4, false
	for l := range c.Component.Lines() {
		switch l.Name {
		case "N":
			hasN = true
		case "FN":
			hasFN = hasFN || strings.TrimSpace(l.Value) != ""
		}
		if propertyOf(l).encoded() || c.Version == V3 && brokenMedia(l) {
			return false
		}
	}
	for range c.Component.Components() {
		return false
	}
	return hasN && hasFN
}

var (
	crlf        = []byte("\r\n")
	replacement = []byte("\ufffd") // for what no charset explains, such as a broken BEGIN line
)

func endsInCRLF(data []byte) bool {
	n := bytes.Count(data, crlf)
	return bytes.Count(data, crlf[:1]) == n && bytes.Count(data, crlf[1:]) == n && bytes.HasSuffix(data, crlf)
}

// normaliseEnds makes every line end CRLF.
func normaliseEnds(data []byte) []byte {
	if endsInCRLF(data) {
		return data
	}
	s := strings.NewReplacer("\r\r\n", "\r\n", "\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(string(data))
	return []byte(strings.TrimSuffix(s, "\r\n") + "\r\n")
}
