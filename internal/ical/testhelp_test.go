package ical

import "strings"

// replace swaps the one occurrence of a text, and panics when there is none: a test that
// changes nothing tests nothing.
func replace(text, old, with string) string {
	if !strings.Contains(text, old) {
		panic("no " + old)
	}
	return strings.Replace(text, old, with, 1)
}
