package vcard

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"ksync/internal/contentline"
)

// Item is one card of an import: storable Bytes with a UID, or Err (an *Error) for what cannot be read.
type Item struct {
	UID   string
	Bytes []byte
	Err   error
}

// Split reads a file of cards. One that cannot be read does not stop the others. Cards of 3.0 and 4.0 keep their bytes
// as far as they are UTF-8 and have a UID; 2.1 and cards without a version become 3.0. A missing UID is made from the
// card's bytes, so that importing the same file again finds the same cards. A card inside another one becomes an item
// of its own unless it is the AGENT of the outer. The error is an *Error, if there is no card at all.
func Split(data []byte) ([]Item, error) {
	text, _ := fromUTF16(data)
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var items []Item
	for _, chunk := range chunks(text) {
		items = importCard(items, chunk)
	}
	if len(items) == 0 {
		return nil, &Error{NotData, "no VCARD in the file", nil}
	}
	return items, nil
}

// chunks cuts the text into cards. Cards nest, so a missing END is only known at the end of the text: what is left then
// is cut at every BEGIN.
func chunks(text []byte) [][]byte {
	var found [][]byte
	depth, start := 0, 0
	var begins []int // since the outermost BEGIN
	eachLine(text, func(at, next int, line []byte) {
		switch {
		case isLine(line, "BEGIN:VCARD"):
			if depth == 0 {
				start, begins = at, begins[:0]
			}
			begins = append(begins, at)
			depth++
		case isLine(line, "END:VCARD") && depth > 0:
			if depth--; depth == 0 {
				found = append(found, text[start:next])
			}
		}
	})
	if depth == 0 {
		return found
	}
	for i, at := range begins {
		end := len(text)
		if i+1 < len(begins) {
			end = begins[i+1]
		}
		found = append(found, text[at:end])
	}
	return found
}

// eachLine calls fn with every physical line, whatever ends it.
func eachLine(text []byte, fn func(at, next int, line []byte)) {
	for at := 0; at < len(text); {
		next, end := len(text), len(text)
		if i := bytes.IndexAny(text[at:], "\r\n"); i >= 0 {
			end = at + i
			next = end + 1
			if text[end] == '\r' && next < len(text) && text[next] == '\n' {
				next++
			}
		}
		fn(at, next, text[at:end])
		at = next
	}
}

func isLine(line []byte, want string) bool {
	return bytes.EqualFold(bytes.TrimRight(line, " \t"), []byte(want))
}

// importCard appends the items that one card makes.
func importCard(items []Item, chunk []byte) []Item {
	card, err := Parse(chunk)
	if err != nil {
		return append(items, Item{Err: err})
	}
	return importParsed(items, card, chunk)
}

// importParsed does so for a card that nobody else has, and that is printed as chunk.
func importParsed(items []Item, card *Card, chunk []byte) []Item {
	out, edited := card.Component, false
	agents := len(emptyAgents(out))
	out.RemoveComponents(func(inner *contentline.Component) bool {
		if agents--; agents >= 0 {
			return false
		}
		if inner.Name == "VCARD" {
			items = importParsed(items, newCard(inner), inner.Bytes())
		} else {
			items = importCard(items, inner.Bytes()) // which says what it is
		}
		edited = true
		return true
	})
	version := importVersion(card.Version)
	if card.Version != version || !utf8.Valid(chunk) {
		modernise(out, card.Version)
		setVersion(out, version)
		edited = true
	}
	uid := card.UID
	if uid == "" {
		uid = deriveUID(chunk, version)
		setUID(out, uid)
		edited = true
	}
	if !edited {
		return append(items, Item{UID: uid, Bytes: bytes.Clone(chunk)})
	}
	return append(items, Item{UID: uid, Bytes: bytes.ToValidUTF8(out.Bytes(), replacement)})
}

func importVersion(version string) string {
	if strings.HasPrefix(version, "4") {
		return V4
	}
	return V3
}

// deriveUID makes a UUID of version 5 (RFC 9562 §5.5) from the card, the same whatever the line ends. RFC 6350 §6.7.6:
// in 4.0 it is a URI.
func deriveUID(chunk []byte, version string) string {
	const space = "ksync:vcard:"
	text := chunk
	if bytes.IndexByte(chunk, '\r') >= 0 {
		text = bytes.ReplaceAll(bytes.ReplaceAll(chunk, crlf, []byte{'\n'}), []byte{'\r'}, []byte{'\n'})
	}
	sum := sha1.Sum(slices.Concat([]byte(space), bytes.TrimSpace(text)))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	uid := h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	if version == V4 {
		return "urn:uuid:" + uid
	}
	return uid
}

// setUID puts a UID behind VERSION, in the place of an empty one.
func setUID(c *contentline.Component, uid string) {
	c.RemoveFunc(func(l *contentline.Line) bool { return l.Name == "UID" })
	insertFirst(c, contentline.New("", "UID", uid))
}
