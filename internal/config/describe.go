package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Describe prints s as a configuration file: each setting with its
// explanation, commented out where it has its default value.
func Describe(w io.Writer, s *Settings) error {
	defaults := &Settings{}
	shown := *s
	defaultModel, err := newModel(defaults)
	if err != nil {
		return err
	}
	model, err := newModel(&shown)
	if err != nil {
		return err
	}
	shown = *s
	var b strings.Builder
	b.WriteString("# ksyncd.conf: settings of the sync server, one `key = value` a line.\n" +
		"# Lines that begin with # mean nothing. A flag (--key) or a variable (KSYNC_KEY) goes first.\n")
	for i, flag := range model.Flags {
		if flag.Name == "config" {
			continue
		}
		value, standard := print(flag.Target), defaultModel.Flags[i].Default
		fmt.Fprintf(&b, "\n%s\n", comment(flag.Help))
		if strings.EqualFold(value, standard) || value == "" {
			fmt.Fprintf(&b, "#%s = %s\n", flag.Name, standard)
		} else {
			fmt.Fprintf(&b, "%s = %s\n", flag.Name, value)
		}
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// print is the text that the setting would be read from.
func print(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		items := make([]string, v.Len())
		for i := range items {
			items[i] = print(v.Index(i))
		}
		return strings.Join(items, ", ")
	}
	return fmt.Sprint(v.Interface())
}

// comment wraps text at about 90 columns behind "# ".
func comment(text string) string {
	var b strings.Builder
	width := 90
	for word := range strings.FieldsSeq(text) {
		if width+len(word) >= 90 {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteByte('#')
			width = 1
		}
		b.WriteByte(' ')
		b.WriteString(word)
		width += len(word) + 1
	}
	return b.String()
}
