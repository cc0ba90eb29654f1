package csvcard

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// propertyOf maps a column by its name: Google's numbered columns, then whole names, then the words of a name.
func propertyOf(name string) Property {
	if p, ok := google(name); ok {
		return p
	}
	words := normalise(name)
	if property, ok := names()[words]; ok {
		p, _ := ParseProperty(property)
		return p
	}
	return fromWords(strings.Fields(words))
}

// normalise leaves lower-case words of plain letters and numbers: "Straße (geschäftlich)" is "strasse geschaftlich".
func normalise(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name[:min(len(name), 200)])) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'ß':
			b.WriteString("ss")
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	s := " " + strings.Join(strings.Fields(b.String()), " ") + " "
	return strings.TrimSpace(oneWord.Replace(s))
}

// oneWord joins what is one word in other files.
var oneWord = strings.NewReplacer(" e mail", " email", " b p ", " bp ")

// numbered are the columns of Google Contacts: "Address 1 - Street".
var numbered = regexp.MustCompile(`(?i)^\s*(e-mail|phone|address|website|event|relation|im|organization|custom field) (\d+) - (.+?)\s*$`)

var googleNames = map[string]string{
	"e-mail": "EMAIL", "phone": "TEL", "address": "ADR", "website": "URL", "event": "X-ABDATE", "relation": "X-ABRELATEDNAMES",
	"im": "IMPP", "organization": "ORG", "custom field": "NOTE",
}

var googleParts = map[string]string{
	"type": "label", "label": "label", "value": "", "service": "service", "formatted": "formatted", "street": "street", "city": "locality",
	"po box": "pobox", "region": "region", "postal code": "code", "country": "country", "extended address": "extended",
	"name": "name", "department": "unit",
}

func google(name string) (Property, bool) {
	m := numbered.FindStringSubmatch(name)
	if m == nil {
		return Property{}, false
	}
	p := Property{Name: googleNames[strings.ToLower(m[1])], Key: m[2]}
	field := strings.ToLower(m[3])
	if p.Name == "ORG" {
		return organization(field), true
	}
	part, ok := googleParts[field]
	if p.Part = part; !ok || part != "" && !slices.Contains(parts[p.Name], part) {
		return Property{}, true
	}
	return p, true
}

func organization(field string) Property {
	switch field {
	case "name":
		return Property{Name: "ORG", Part: "name"}
	case "department":
		return Property{Name: "ORG", Part: "unit"}
	case "title":
		return Property{Name: "TITLE"}
	}
	return Property{}
}

// fromWords maps a name by what its words mean, such as those that Outlook gives phones and addresses.
func fromWords(words []string) Property {
	var p Property
	has := func(class string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(classes()[class], w) })
	}
	if has("beside") {
		return p
	}
	for _, row := range kinds {
		if has(row.class) {
			p, _ = ParseProperty(row.property)
			break
		}
	}
	if p.Name == "" {
		return p
	}
	var types []string
	for _, place := range []string{"home", "work", "main"} {
		if has(place) {
			types = append(types, place)
			break
		}
	}
	if p.Name == "TEL" && has("assistant") {
		types = []string{"assistant"}
	}
	if p.Type != "" {
		types = append(types, p.Type)
	}
	p.Type = strings.Join(types, ",")
	if p.Name == "ADR" {
		if p.Key = p.Type; has("other") {
			p.Key = "other"
		}
	}
	return p
}

// kinds are tried in this order: "E-Mail-Adresse" is no address, "Land/Region" no region.
var kinds = []struct{ class, property string }{
	{"email", "EMAIL"}, {"fax", "TEL;TYPE=fax"}, {"pager", "TEL;TYPE=pager"}, {"mobile", "TEL;TYPE=cell"}, {"car", "TEL;TYPE=car"}, {"phone", "TEL"},
	{"pobox", "ADR.pobox"}, {"code", "ADR.code"}, {"country", "ADR.country"}, {"region", "ADR.region"}, {"city", "ADR.locality"}, {"street", "ADR.street"},
}

// settle decides what only the neighbours of a column can tell.
func (t *Table) settle() {
	count := func(property string) (n int) {
		for _, c := range t.Columns {
			if c.Property.String() == property {
				n++
			}
		}
		return n
	}
	for i := range t.Columns {
		switch c := &t.Columns[i]; normalise(c.Name) {
		case "title", "titre", "titulo", "titolo", "titel":
			if count("TITLE") > 1 {
				c.Property = Property{Name: "N", Part: "prefix"} // Outlook, which has the job apart
			}
		case "name":
			if count("N.given") > 0 && count("N.family") == 0 {
				c.Property = Property{Name: "N", Part: "family"} // a German one
			}
		}
	}
}

// english tells by the names of the columns, of which Outlook's are those of the person's language.
func (t *Table) english() bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool {
		return slices.Contains([]string{"first name", "given name", "last name", "family name", "birthday", "birth date"}, normalise(c.Name))
	})
}
