package web

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
)

// contact is a card as these pages show it.
type contact struct {
	duplicates.Member
	Index     int
	Name      string // never ""
	Book      string // "" when there is one only
	Picture   string // address; "" without
	Initials  string
	Reference bool
	Suggested bool
	Out       bool // left alone, at the person's wish
}

// Key chooses the record as the reference; "" from the tenth on.
func (r contact) Key() string {
	if r.Index > 8 {
		return ""
	}
	return strconv.Itoa(r.Index + 1)
}

// Sent is the card with the state that was seen, as a form carries it.
func (r contact) Sent() string {
	return strconv.FormatInt(r.Collection, 10) + " " + r.ETag + " " + r.URI
}

// sentRef is the opposite of [contact.Sent].
func sentRef(s string) (duplicates.Ref, bool) {
	book, rest, _ := strings.Cut(s, " ")
	etag, uri, ok := strings.Cut(rest, " ")
	id, err := strconv.ParseInt(book, 10, 64)
	return duplicates.Ref{Collection: id, ETag: etag, URI: uri}, ok && err == nil
}

func (v *visit) contact(i int, m duplicates.Member, books []addressBook) contact {
	r := contact{Member: m, Index: i, Name: strings.TrimSpace(m.Name), Book: bookName(books, m.Collection)}
	r.Initials = initials(r.Name)
	if r.Name == "" {
		r.Name = v.T("duplicates.no-name")
	}
	r.Name = clipped(r.Name, maxText)
	if m.Photo {
		r.Picture = pathPhoto + "?" + url.Values{"book": {strconv.FormatInt(m.Collection, 10)}, "card": {m.URI}, "v": {m.ETag}}.Encode()
	}
	return r
}

// initials are the first letters of the first and the last word.
func initials(name string) string {
	var letters []string
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) }) {
		for _, r := range word {
			letters = append(letters, string(unicode.ToUpper(r)))
			break
		}
	}
	if len(letters) > 2 {
		letters = []string{letters[0], letters[len(letters)-1]}
	}
	return strings.Join(letters, "")
}

// clipped is text of at most so many characters.
func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most])) + "…"
	}
	return s
}

// propertyName is a property in words; one without a word is called as the card does.
func (v *visit) propertyName(property string) string {
	if key := "duplicates.property." + strings.ToLower(property); v.Has(key) {
		return v.T(key)
	}
	return property
}

// kindName says which of several a value is: its label, or its types in words.
func (v *visit) kindName(types []string, label string) string {
	own := strings.TrimSuffix(strings.TrimPrefix(label, "_$!<"), ">!$_") // Apple's own labels
	if own != "" {
		types = []string{strings.ToLower(own)}
	}
	var words []string
	for _, t := range types {
		if key := "duplicates.type." + t; worded(t) && !slices.Contains(words, v.T(key)) {
			words = append(words, v.T(key))
		}
	}
	if len(words) == 0 {
		return clipped(own, 40)
	}
	return strings.Join(words, ", ")
}

// worded reports whether there is a word for a type. Of the others, such as
// VOICE, PREF and INTERNET, people need not know.
func worded(kind string) bool {
	return slices.Contains([]string{"home", "work", "cell", "mobile", "fax", "pager", "main", "iphone", "other", "school", "homepage"}, kind)
}

// valueText is a value as people write it.
func (v *visit) valueText(property, text string) string {
	switch property {
	case "N", "ADR", "ORG", "GENDER":
		parts := slices.DeleteFunc(strings.Split(text, ";"), func(p string) bool { return strings.TrimSpace(p) == "" })
		return strings.Join(parts, ", ")
	case "CATEGORIES", "NICKNAME":
		return strings.ReplaceAll(text, ",", ", ")
	case "BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "DEATHDATE", "X-DEATHDATE":
		for _, layout := range []string{time.DateOnly, "20060102"} {
			if day, err := time.ParseInLocation(layout, text, v.Zone()); err == nil {
				return v.Date(day.Add(12 * time.Hour))
			}
		}
	}
	return text
}

// reason is why cards are, or are not, thought to be one.
type reason struct {
	For  bool
	Text string
}

// maxReasons bounds what a page tells of a group of many.
const maxReasons = 10

// telling is from how many bits on a reason is worth a line.
const telling = 0.5

// reasons are those of all pairs, in words, each once: what speaks for it first.
func (v *visit) reasons(g duplicates.Group) []reason {
	var pro, contra []reason
	for _, p := range g.Pairs {
		for _, r := range p.Reasons {
			text := v.reasonText(r, g.Members[p.A], g.Members[p.B])
			one := reason{r.Verdict != dedup.Differs, text}
			to := &pro
			if !one.For {
				to = &contra
			}
			if text != "" && math.Abs(r.Bits) >= telling && !slices.Contains(*to, one) {
				*to = append(*to, one)
			}
		}
	}
	all := append(pro, contra...)
	return all[:min(len(all), maxReasons)]
}

// why are the reasons that count most, on one line of a list.
func (v *visit) why(g duplicates.Group) string {
	const few = 2
	var texts []string
	for _, r := range v.reasons(g) {
		if r.For && len(texts) < few {
			texts = append(texts, r.Text)
		}
	}
	return strings.Join(texts, " · ")
}

// reasonText is duplicates.reason.<field>.<verdict>, with what the cards say.
func (v *visit) reasonText(r dedup.Reason, a, b duplicates.Member) string {
	field := r.Field
	one, other := r.A, r.B
	switch field {
	case "name":
		one, other = a.Name, b.Name
	case "phone":
		x, y := phoneLike(a, one), phoneLike(b, other)
		one, other = x.Text, y.Text
		if r.Verdict == dedup.Same && slices.Contains(append(x.Types, y.Types...), "cell") {
			field = "mobile"
		}
	case "birthday":
		one, other = v.valueText("BDAY", one), v.valueText("BDAY", other)
	}
	key := "duplicates.reason." + field + "." + r.Verdict.String()
	if !v.Has(key) {
		return ""
	}
	return v.T(key, "A", clipped(one, 60), "B", clipped(other, 60))
}

// phoneLike is the number of a card as it is written there, where that is known;
// reasons have bare digits.
func phoneLike(m duplicates.Member, digits string) duplicates.Value {
	const enough = 7
	end := digits[max(0, len(digits)-enough):]
	for _, value := range m.Values {
		if value.Property != "TEL" {
			continue
		}
		bare := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, value.Text)
		if end != "" && strings.HasSuffix(bare, end) {
			return value
		}
	}
	const shortest = 8 // with the country; fewer are of a switchboard
	if len(digits) >= shortest {
		digits = "+" + digits
	}
	return duplicates.Value{Text: digits}
}
