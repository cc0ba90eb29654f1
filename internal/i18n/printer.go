package i18n

import (
	"fmt"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// Count is the name of the value that chooses between singular and plural.
const Count = "Count"

// Printer writes for one reader. It may be used by any number of goroutines.
type Printer struct {
	tag   string
	texts *i18n.Localizer
	form  form
	zone  *time.Location
}

// Tag is the language, as HTML's lang wants it.
func (p *Printer) Tag() string { return p.tag }

// Zone is where times are shown.
func (p *Printer) Zone() *time.Location { return p.zone }

// T is the text of a key, with names and values in turn for its places:
// T("sessions.count", "Count", 3). Whole numbers are written as the reader
// does. A key that is in no catalogue comes back as it is: a test keeps those
// out of the pages.
func (p *Printer) T(key string, namesAndValues ...any) string {
	config := &i18n.LocalizeConfig{MessageID: key}
	data := make(map[string]any, len(namesAndValues)/2)
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		name, value := fmt.Sprint(namesAndValues[i]), namesAndValues[i+1]
		if n, ok := whole(value); ok {
			if name == Count {
				config.PluralCount = n
			}
			value = p.Number(n)
		}
		data[name] = value
	}
	config.TemplateData = data
	text, err := p.texts.Localize(config)
	if err != nil && config.PluralCount != nil {
		// The Romance languages have a third form, for whole millions; ours is the plural.
		config.PluralCount = nil
		text, err = p.texts.Localize(config)
	}
	if err != nil {
		return key
	}
	if p.form.sharp != "" {
		text = strings.ReplaceAll(text, "ß", p.form.sharp) // Swiss spelling
	}
	return text
}

// Client is a program in the reader's language, of its name as the account
// package writes it: "Firefox on Windows", "Android app".
func (p *Printer) Client(name string) string {
	if browser, system, ok := strings.Cut(name, " on "); ok {
		return p.T("client.on", "Browser", browser, "System", system)
	}
	for suffix, key := range map[string]string{" app": "client.app", " program": "client.program"} {
		if of, ok := strings.CutSuffix(name, suffix); ok {
			return p.T(key, "Name", of)
		}
	}
	return name
}

// Has reports whether the key has a text.
func (p *Printer) Has(key string) bool {
	_, err := p.texts.Localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: 2})
	return err == nil
}

func whole(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}
