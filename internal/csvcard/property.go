package csvcard

import (
	"fmt"
	"slices"
	"strings"
)

// Property says what of a card a column is.
type Property struct {
	Name string // "TEL"
	Part string // of a structured value: "family" of N, "street" of ADR; "label" for what kind of value that of the key is
	Type string // "home", "cell", "work,fax"; or any words, which become a label
	Key  string // columns of one value have the same one
}

// parts are those of structured properties, in the order of the value (RFC 6350 §6.2.2, §6.3.1, §6.6.4), and then what
// is told beside it.
var parts = map[string][]string{
	"N":   {"family", "given", "additional", "prefix", "suffix"},
	"ADR": {"pobox", "extended", "street", "locality", "region", "code", "country", "formatted", "label"},
	"ORG": {"name", "unit"},
	"TEL": {"label"}, "EMAIL": {"label"}, "URL": {"label"}, "IMPP": {"label", "service"}, "NOTE": {"label"},
	"X-ABDATE": {"label"}, "X-ABRELATEDNAMES": {"label"},
}

// single are properties of which a card has one, and lists that are one property.
var single = []string{"FN", "NICKNAME", "TITLE", "ROLE", "BDAY", "CATEGORIES", "PHOTO", "UID"}

// ParseProperty reads what Property.String prints: a name of vCard, ".part" of a structured one, "#key" for columns that
// belong together, ";TYPE=type". The empty text is the zero Property.
func ParseProperty(s string) (Property, error) {
	var p Property
	name, typ, _ := strings.Cut(strings.TrimSpace(s), ";")
	name, p.Key, _ = strings.Cut(name, "#")
	name, p.Part, _ = strings.Cut(name, ".")
	p.Name, p.Part = strings.ToUpper(strings.TrimSpace(name)), strings.ToLower(p.Part)
	if typ != "" {
		prefix := "TYPE="
		if len(typ) < len(prefix) || !strings.EqualFold(typ[:len(prefix)], prefix) {
			return p, fmt.Errorf("%q: only TYPE=… may follow the semicolon", s)
		}
		p.Type = typ[len(prefix):]
	}
	if p.Name == "ANNIVERSARY" {
		p.Name, p.Type = "X-ABDATE", "anniversary"
	}
	known := parts[p.Name]
	switch {
	case p == (Property{}):
		return p, nil
	case known == nil && !slices.Contains(single, p.Name) && !strings.HasPrefix(p.Name, "X-"):
		return p, fmt.Errorf("%q is no property that a column can be", s)
	case strings.Trim(p.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "":
		return p, fmt.Errorf("%q is no name of a property", p.Name)
	case p.Part != "" && !slices.Contains(known, p.Part), p.Part == "" && (p.Name == "N" || p.Name == "ADR" || p.Name == "ORG"):
		return p, fmt.Errorf("%q: the parts of %s are %s", s, p.Name, strings.Join(known, ", "))
	}
	return p, nil
}

// String is the form that ParseProperty reads.
func (p Property) String() string {
	s := p.Name
	if p.Part != "" {
		s += "." + p.Part
	}
	if p.Key != "" {
		s += "#" + p.Key
	}
	if p.Type != "" {
		s += ";TYPE=" + p.Type
	}
	return s
}

func (p Property) isDate() bool { return (p.Name == "BDAY" || p.Name == "X-ABDATE") && p.Part == "" }
