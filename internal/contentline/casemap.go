package contentline

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unicodeKey follows RFC 5051 §2: titlecase of each character, then its full compatibility decomposition, so that
// "é" is found however it was typed. Canonical ordering comes on top, which RFC 5051 leaves out: texts that Unicode
// holds to be the same should match. Text in ASCII is only cased.
func unicodeKey(s string) string {
	if IsASCII(s) {
		return asciiKey(s)
	}
	k := caser{key: make([]byte, 0, len(s)+len(s)/2)}
	for _, r := range s {
		k.add(unicode.ToTitle(r))
	}
	k.endMarks()
	lower(k.key)
	return string(k.key)
}

// IsASCII says whether there is nothing in s but ASCII, which is the cheapest to match.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// caser decomposes characters. It looks at each once; norm.NFKD, which buffers them, takes ten times as long for those
// that stand for many.
type caser struct {
	key      []byte
	marks    int   // where the combining characters at the end begin, if there are any
	last     uint8 // combining class of the last character
	unsorted bool  // the marks are not in canonical order
}

func (k *caser) add(r rune) {
	if r < utf8.RuneSelf {
		k.endMarks()
		k.key = append(k.key, byte(r))
		return
	}
	if hangul := r - hangulBase; hangul >= 0 && hangul < hangulCount {
		k.endMarks()
		k.addHangul(hangul)
		return
	}
	var buf [utf8.UTFMax]byte
	text := utf8.AppendRune(buf[:0], r)
	p := norm.NFKD.Properties(text)
	if d := p.Decomposition(); d != nil {
		text = d
	}
	k.place(p.LeadCCC())
	k.key = append(k.key, text...)
	if k.last = p.TrailCCC(); p.LeadCCC() == 0 && k.last != 0 {
		k.marks = k.marksFrom()
	}
}

// marksFrom is where the combining characters at the end begin, those that came with a character of their own.
func (k *caser) marksFrom() int {
	at := len(k.key)
	for at > 0 {
		r, size := utf8.DecodeLastRune(k.key[:at])
		if r < utf8.RuneSelf || norm.NFKD.Properties(k.key[at-size:]).CCC() == 0 {
			break
		}
		at -= size
	}
	return at
}

// place says what comes next: a character of its own, or a mark on the one before.
func (k *caser) place(class uint8) {
	switch {
	case class == 0:
		k.endMarks()
	case k.last == 0:
		k.marks = len(k.key)
	case class < k.last:
		k.unsorted = true
	}
}

// endMarks is the canonical ordering (Unicode §3.11, D109) of the marks so far.
func (k *caser) endMarks() {
	if k.last = 0; !k.unsorted {
		return
	}
	k.unsorted = false
	type mark struct {
		r     rune
		class uint8
	}
	var marks []mark
	for text := k.key[k.marks:]; len(text) > 0; {
		r, size := utf8.DecodeRune(text)
		marks = append(marks, mark{r, norm.NFKD.Properties(text).CCC()})
		text = text[size:]
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.class, b.class) })
	k.key = k.key[:k.marks]
	for _, m := range marks {
		k.key = utf8.AppendRune(k.key, m.r)
	}
}

// Syllables of Hangul are decomposed by arithmetic: Unicode §3.12.
const (
	hangulBase, hangulCount        = 0xAC00, 11172
	leadBase, vowelBase, trailBase = 0x1100, 0x1161, 0x11A7
	vowelTrailCount, trailCount    = 588, 28
)

func (k *caser) addHangul(n rune) {
	k.key = utf8.AppendRune(k.key, leadBase+n/vowelTrailCount)
	k.key = utf8.AppendRune(k.key, vowelBase+n%vowelTrailCount/trailCount)
	if trail := n % trailCount; trail > 0 {
		k.key = utf8.AppendRune(k.key, trailBase+trail)
	}
}
