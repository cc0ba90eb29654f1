package web

import (
	"regexp"
	"strings"
	"testing"
)

var (
	tags       = regexp.MustCompile(`<[^>]*>`)
	keyLike    = regexp.MustCompile(`\b[a-z]+(?:-[a-z]+)*\.[a-z]+(?:[-.][a-z]+)*\b`)
	controls   = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	attributes = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// keyInText finds a key of a catalogue that nobody translated.
func keyInText(html string) string {
	for _, word := range keyLike.FindAllString(tags.ReplaceAllString(html, " "), -1) {
		switch {
		case strings.HasSuffix(word, "example.org"), strings.HasPrefix(word, "com.infomaniak"), word == "password.fetch": // the last is of vdirsyncer
		default:
			return word
		}
	}
	return ""
}

func attributesOf(tag string) map[string]string {
	all := map[string]string{}
	for _, a := range attributes.FindAllStringSubmatch(tag, -1) {
		all[a[1]] = a[2]
	}
	return all
}

// checkLabels holds that what can be filled in has a name that is read out,
// and that what describes it exists.
func checkLabels(t *testing.T, name, html string) {
	t.Helper()
	for _, tag := range controls.FindAllString(html, -1) {
		a := attributesOf(tag)
		if a["type"] == "hidden" {
			continue
		}
		id := a["id"]
		wrapped := a["type"] == "checkbox" && strings.Contains(html, `<label class="tick">`+tag)
		if !wrapped && (id == "" || !strings.Contains(html, `for="`+id+`"`)) {
			t.Errorf("%s: %s has no label", name, tag)
		}
		for described := range strings.FieldsSeq(a["aria-describedby"]) {
			if !strings.Contains(html, `id="`+described+`"`) {
				t.Errorf("%s: %s is described by %s, which is not there", name, id, described)
			}
		}
		if id != "" && strings.Count(html, ` id="`+id+`"`) != 1 {
			t.Errorf("%s: the id %s is there %d times", name, id, strings.Count(html, ` id="`+id+`"`))
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if !strings.Contains(html, `id="`+link[1]+`"`) {
			t.Errorf("%s leads to #%s, which is not there", name, link[1])
		}
	}
}
