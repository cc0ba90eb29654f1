package vcard

import (
	"encoding/base64"
	"net/url"
	"strings"

	"ksync/internal/contentline"
)

// isMedia names the properties that 3.0 holds as base64 and 4.0 as a URI: RFC 2426 §2.4.1, RFC 6350 §6.2.4.
func isMedia(name string) bool {
	switch name {
	case "PHOTO", "LOGO", "SOUND", "KEY":
		return true
	}
	return false
}

// mediaTypes are the types that 3.0 writes as TYPE=JPEG. The first row of a type is what it is written as.
var mediaTypes = []struct{ short, full string }{
	{"JPEG", "image/jpeg"}, {"JPG", "image/jpeg"}, {"PNG", "image/png"}, {"GIF", "image/gif"}, {"BMP", "image/bmp"},
	{"TIFF", "image/tiff"}, {"WEBP", "image/webp"}, {"HEIC", "image/heic"}, {"SVG", "image/svg+xml"},
	{"WAVE", "audio/wav"}, {"WAV", "audio/wav"}, {"BASIC", "audio/basic"}, {"OGG", "audio/ogg"}, {"MP3", "audio/mpeg"},
	{"AAC", "audio/aac"}, {"AIFF", "audio/aiff"}, {"PCM", "audio/pcm"},
	{"PGP", "application/pgp-keys"}, {"X509", "application/x-x509-ca-cert"},
}

const (
	untyped    = "application/octet-stream"
	xMediatype = "X-MEDIATYPE" // RFC 6350 §5.7 MEDIATYPE; also the type of data that has no short name in 3.0
)

func shortType(full string) string {
	for _, t := range mediaTypes {
		if strings.EqualFold(t.full, full) {
			return t.short
		}
	}
	return ""
}

// media3 turns what 4.0 says into 3.0: data URIs into base64, other URIs into VALUE=uri.
func (p *property) media3() {
	if _, inline := p.param("ENCODING"); inline || p.is("VALUE", "text") {
		return
	}
	full, data, ok := parseData(p.value)
	if !ok {
		if strings.Contains(p.value, ":") {
			p.setParam("VALUE", "uri")
		}
		return
	}
	p.inline(full, data)
}

func (p *property) inline(full, data string) {
	p.setValue(data)
	p.dropParam("VALUE")
	p.dropParam("MEDIATYPE")
	p.dropParam(xMediatype)
	p.setParam("ENCODING", "b")
	switch short := shortType(full); {
	case short != "":
		p.addType(short)
	case !strings.EqualFold(full, untyped):
		p.setParam(xMediatype, full)
	}
}

// media4 turns base64 into a data URI (RFC 2397).
func (p *property) media4() {
	if p.is("VALUE", "uri") || p.is("VALUE", "url") { // vCard 2.1 said URL, and exporters still do
		p.dropParam("VALUE")
		return
	}
	if !p.is("ENCODING", "b") && !p.is("ENCODING", "base64") {
		return
	}
	data := withoutSpace(p.value)
	full := p.takeMediaType(data)
	if inner, unwrapped, ok := parseData(data); ok {
		full, data = inner, unwrapped // a data URI in base64's clothes: seen from web clients
	}
	p.dropParam("ENCODING")
	p.dropParam("VALUE")
	p.setValue("data:" + full + ";base64," + data)
}

// takeMediaType removes and returns what says the type: a TYPE, X-MEDIATYPE, or else the first bytes of the data.
func (p *property) takeMediaType(data string) string {
	if full, ok := p.param(xMediatype); ok {
		p.dropParam(xMediatype)
		return full
	}
	for _, v := range p.types() {
		if strings.Contains(v, "/") {
			p.takeType(v)
			return strings.ToLower(v)
		}
		for _, t := range mediaTypes {
			if strings.EqualFold(v, t.short) {
				p.takeType(v)
				return t.full
			}
		}
	}
	for _, magic := range []struct{ prefix, full string }{
		{"/9j/", "image/jpeg"}, {"iVBORw0KGgo", "image/png"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
	} {
		if strings.HasPrefix(data, magic.prefix) {
			return magic.full
		}
	}
	return untyped
}

// parseData reads a data URI: RFC 2397 §3. Writers that escape its commas and semicolons are understood.
func parseData(v string) (full, data string, ok bool) {
	if len(v) < 5 || !strings.EqualFold(v[:5], "data:") {
		return "", "", false
	}
	head, data, ok := strings.Cut(v[5:], ",")
	if !ok {
		return "", "", false
	}
	head = strings.ReplaceAll(head, `\`, "")
	if full, ok = strings.CutSuffix(head, ";base64"); ok {
		data = withoutSpace(data)
	} else {
		plain, err := url.PathUnescape(data)
		if err != nil {
			return "", "", false
		}
		full, data = head, base64.StdEncoding.EncodeToString([]byte(plain))
	}
	if full == "" {
		full = "text/plain"
	}
	return full, data, true
}

// brokenMedia finds 3.0 media that Apple's clients do not read: a data URI, or base64 with spaces from wrong folds.
func brokenMedia(l *contentline.Line) bool {
	if !isMedia(l.Name) {
		return false
	}
	_, _, wrapped := parseData(l.Value[:min(len(l.Value), 256)])
	enc, _ := l.Param("ENCODING")
	return wrapped || strings.EqualFold(enc, "b") && hasSpace(l.Value)
}

func repairMedia(c *contentline.Component) {
	for l := range c.Lines() {
		if !brokenMedia(l) {
			continue
		}
		p := propertyOf(l)
		if full, data, ok := parseData(p.value); ok {
			p.inline(full, data)
		} else {
			p.setValue(withoutSpace(p.value))
		}
		p.flush()
	}
}
