package dedup

import (
	"strings"
	"unicode"
)

// address is a postal address in comparable form.
type address struct {
	street []string // words, without the kind of street and numbers
	number string   // of the house: the first number, wherever it stands
	code   string
	city   string
}

// parseAddress reads ADR: box, extended, street, city, region, code, country (RFC 6350 §6.3.1).
func parseAddress(parts []string) (address, bool) {
	part := func(i int) string {
		if i < len(parts) {
			return fold(parts[i])
		}
		return ""
	}
	var a address
	a.readStreet(part(2))
	if a.number == "" || len(a.street) == 0 {
		number := a.number
		a.readStreet(part(1))
		if a.number == "" {
			a.number = number
		}
	}
	a.city = cityKey(part(3))
	a.code = postcode(part(5))
	return a, len(a.street) > 0 && (a.number != "" || a.code != "") || a.code != "" && a.city != ""
}

func (a *address) readStreet(street string) {
	for _, w := range words(street) {
		switch digits := strings.TrimFunc(w, unicode.IsLetter); {
		case digits != "" && strings.IndexFunc(digits, unicode.IsLetter) < 0 && strings.TrimFunc(w, unicode.IsDigit) != w:
			if a.number == "" {
				a.number = strings.TrimLeft(digits, "0")
			}
			if rest := strings.TrimFunc(w, unicode.IsDigit); len([]rune(rest)) > 2 {
				a.street = append(a.street, rest)
			}
		case streetWords[w]:
		default:
			a.street = append(a.street, loosen(streetStem(w)))
		}
	}
}

// streetStem cuts the kind of street off a joined name: Bahnhofstrasse.
func streetStem(w string) string {
	for _, kind := range []string{"strasse", "straat", "street", "gasse", "vagen", "gatan", "gade", "str", "weg"} {
		if stem, ok := strings.CutSuffix(w, kind); ok && len(stem) >= 3 {
			return stem
		}
	}
	return w
}

// cityKey drops what is added to tell places apart: "Röthenbach i. E.", "Frankfurt am Main", "Genève 6".
func cityKey(city string) string {
	ws := words(city)
	for i, w := range ws {
		if i > 0 && (len(w) < 3 || strings.IndexFunc(w, unicode.IsDigit) >= 0 || w == "cedex") {
			ws = ws[:i]
			break
		}
	}
	key := loosen(strings.Join(ws, " "))
	if own, ok := exonyms[key]; ok {
		return own
	}
	return key
}

// exonyms are what large cities are called in the languages around.
var exonyms = map[string]string{
	"geneva": "geneve", "genf": "geneve", "ginevra": "geneve", "ginebra": "geneve", "zurich": "zurich", "zurigo": "zurich", "bale": "basel", "basilea": "basel", "berne": "bern", "berna": "bern",
	"munich": "munchen", "monaco di baviera": "munchen", "cologne": "koln", "colonia": "koln", "vienna": "wien", "vienne": "wien", "viena": "wien", "rome": "roma", "rom": "roma", "milan": "milano", "mailand": "milano",
	"turin": "torino", "naples": "napoli", "neapel": "napoli", "florence": "firenze", "florenz": "firenze", "venice": "venezia", "venedig": "venezia", "venise": "venezia", "prague": "praha", "prag": "praha", "praga": "praha",
	"warsaw": "warszawa", "warschau": "warszawa", "varsovie": "warszawa", "lisbon": "lisboa", "lissabon": "lisboa", "lisbonne": "lisboa", "brussels": "bruxelles", "brussel": "bruxelles", "brussel/bruxelles": "bruxelles",
	"copenhagen": "kobenhavn", "kopenhagen": "kobenhavn", "athens": "athina", "athen": "athina", "moscow": "moskva", "moskau": "moskva", "moscou": "moskva", "москва": "moskva", "seville": "sevilla", "freiburg": "fribourg", "neuenburg": "neuchatel", "sitten": "sion",
	"strassburg": "strasbourg", "nuremberg": "nurnberg", "the hague": "den haag", "bucharest": "bucuresti", "cracow": "krakow", "krakau": "krakow", "london": "london", "londres": "london", "londra": "london", "北京": "beijing", "上海": "shanghai", "القاهرة": "cairo",
}

// postcode drops the country in front, as in CH-1200, and spaces.
func postcode(code string) string {
	squashed := strings.Join(words(code), "")
	letters := len(squashed) - len(strings.TrimLeftFunc(squashed, unicode.IsLetter))
	rest := squashed[letters:]
	if letters > 0 && letters <= 2 && len(rest) >= 4 && strings.IndexFunc(rest, unicode.IsLetter) < 0 {
		return rest
	}
	return squashed
}

// addressMatch is how two addresses compare.
type addressMatch uint8

const (
	addressUnknown addressMatch = iota
	addressSame
	addressNear // one part differs a little
	addressHalf // another house of the street, or another street with that house, in one place
	addressPlace
	addressOther
)

// compareAddresses counts the parts that agree: a household shares all, a slip spares three of four.
func compareAddresses(a, b address) addressMatch {
	street := wordsAlike(a.street, b.street)
	number := agree(a.number, b.number, 0)
	code := agree(a.code, b.code, 1)
	city := agree(a.city, b.city, 2)
	if city < 1 && (strings.HasPrefix(a.city, b.city) || strings.HasPrefix(b.city, a.city)) {
		city = 1
	}
	place := max(code, city)
	switch {
	case street >= 0.9 && number == 1 && place == 1:
		return addressSame
	case number > 0 && street >= 0.45 && street+number+code+city >= 2.7 && street+number >= 1:
		return addressNear
	case code+city >= 1.6 && (street >= 0.9 || number == 1):
		return addressHalf
	case street >= 0.9 && number == 1 && a.code != "" && b.code != "":
		return addressOther
	case place == 1 && street < 0.5:
		return addressPlace
	case street >= 0.9 && number == 1:
		return addressNear
	}
	return addressOther
}

// agree is 1 for equal, 0.6 for a slip, 0.5 for nothing to compare, 0 for different.
func agree(a, b string, slips int) float64 {
	switch {
	case a == "" || b == "":
		return 0.5
	case a == b:
		return 1
	case slips > 0 && len(a) > 3 && edits(a, b, slips) <= slips:
		return 0.6
	}
	return 0
}

// wordsAlike is the share of the words that have a like one on the other side: a short form, a slip, a part.
func wordsAlike(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0.5
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) > 8 {
		return 0
	}
	alike := 0.0
	for _, w := range a {
		best := 0.0
		for _, v := range b {
			switch {
			case w == v, len(w) > 3 && strings.HasPrefix(v, w), len(v) > 3 && strings.HasPrefix(w, v):
				best = 1
			case len(w) > 4:
				if s := jaroWinkler(w, v); s >= 0.88 {
					best = max(best, 0.9)
				}
			}
		}
		alike += best
	}
	alike /= float64(len(a))
	if alike < 0.9 && jaroWinkler(strings.Join(a, ""), strings.Join(b, "")) >= 0.9 {
		return 0.9 // a space too many
	}
	return alike
}
