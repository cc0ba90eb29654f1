// Package i18n speaks to people in their language.
//
// # Model
//
// There is one catalogue a language, embedded: catalogue/<tag>.json for the
// pages, catalogue/mail.<tag>.json for the letters, and others for what devices,
// domains and duplicates need. They are keys and texts, flat, with `{{.Name}}`
// where something is filled in, and
// `{"one": …, "other": …}` where the text depends on a number. All catalogues
// have the same keys with the same places to fill in; a test holds that, so
// nobody ever reads a key, or English between German.
//
// [Catalogue] is made once, and reads a language when somebody first wants it:
// most servers speak one or two. A [Printer] of it writes texts, dates and
// numbers for one reader. Texts are plain: who puts them into HTML escapes them.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed catalogue/*.json
var files embed.FS

// Language is one that the server speaks.
type Language struct {
	Tag  string // as in HTML's lang: "de"
	Name string // in itself: "Deutsch"
}

// Languages lists what the server speaks, its own language first.
func Languages() []Language {
	return []Language{{"en", "English"}, {"de", "Deutsch"}, {"es", "Español"}, {"fr", "Français"}, {"it", "Italiano"}}
}

// Catalogue holds the texts of all languages. It may be used by any number of goroutines.
type Catalogue struct {
	localizers map[string]func() *i18n.Localizer
	matcher    language.Matcher
}

// Load returns the embedded catalogues, the same for all who ask.
func Load() *Catalogue { return loaded() }

var loaded = sync.OnceValue(func() *Catalogue {
	c := &Catalogue{localizers: map[string]func() *i18n.Localizer{}}
	var tags []language.Tag
	for _, l := range Languages() {
		tag := language.MustParse(l.Tag)
		tags = append(tags, tag)
		c.localizers[l.Tag] = sync.OnceValue(func() *i18n.Localizer { return read(tag) })
	}
	c.matcher = language.NewMatcher(tags)
	return c
})

// read reads the files of a language. It panics on a broken build, which no test
// lets pass.
func read(tag language.Tag) *i18n.Localizer {
	bundle := i18n.NewBundle(tag)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, name := range parts(tag.String()) {
		if _, err := bundle.LoadMessageFileFS(files, name); err != nil {
			panic(fmt.Errorf("catalogue %s: %w", name, err))
		}
	}
	return i18n.NewLocalizer(bundle, tag.String())
}

// parts are the files of a language.
func parts(tag string) []string {
	return []string{"catalogue/" + tag + ".json", "catalogue/mail." + tag + ".json", "catalogue/discovery." + tag + ".json", "catalogue/profile." + tag + ".json", "catalogue/duplicates." + tag + ".json", "catalogue/setup." + tag + ".json"}
}

// Printer writes for the first of the wishes that names a language we speak:
// a tag like "de-CH" or an Accept-Language header; empty and odd ones are
// passed over. Times are shown in zone; nil means UTC.
func (c *Catalogue) Printer(zone *time.Location, wishes ...string) *Printer {
	if zone == nil {
		zone = time.UTC
	}
	for _, wish := range wishes {
		if tag, region, ok := c.match(wish); ok {
			return &Printer{tag: tag, texts: c.localizers[tag](), form: formOf(tag, region), zone: zone}
		}
	}
	first := Languages()[0].Tag
	return &Printer{tag: first, texts: c.localizers[first](), form: formOf(first, ""), zone: zone}
}

// maxWish bounds a header before it is taken apart.
const maxWish = 200

func (c *Catalogue) match(wish string) (tag, region string, ok bool) {
	tags, _, err := language.ParseAcceptLanguage(wish[:min(len(wish), maxWish)])
	if err != nil || len(tags) == 0 {
		return "", "", false
	}
	_, index, confidence := c.matcher.Match(tags...)
	if confidence == language.No {
		return "", "", false
	}
	tag = Languages()[index].Tag
	for _, t := range tags {
		if base, _ := t.Base(); base.String() == tag {
			if r, how := t.Region(); how == language.Exact { // else a guess
				region = r.String()
			}
			return tag, region, true
		}
	}
	return tag, "", true
}
