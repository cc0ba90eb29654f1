package web

import (
	"net/http"
	"net/url"
	"strings"
)

// entries are what a person typed, and what is wrong with it.
type entries struct {
	values url.Values // nil: nothing was sent
	wrongs []wrong
}

// wrong is one mistake: what happened, what it means, what to do, in one text.
type wrong struct {
	Field string // "" is the form as a whole
	Text  string
}

// value is a field as it was sent, without the blanks around it.
func (e *entries) value(name string) string { return strings.TrimSpace(e.values.Get(name)) }

// secret is a field as it was sent, to the last blank.
func (e *entries) secret(name string) string { return e.values.Get(name) }

func (e *entries) ticked(name string) bool { return e.values.Get(name) != "" }

// set fills in a field that nobody typed yet.
func (e *entries) set(name, value string) {
	if e.values == nil {
		e.values = url.Values{}
	}
	if !e.values.Has(name) {
		e.values.Set(name, value)
	}
}

func (e *entries) failed() bool { return len(e.wrongs) > 0 }

// wrong notes a mistake; texts are wrong.<key>.
func (v *visit) wrong(field, key string, namesAndValues ...any) {
	v.form.wrongs = append(v.form.wrongs, wrong{field, v.T("wrong."+key, namesAndValues...)})
}

// again shows a form once more, with its mistakes.
func (v *visit) again(page string, data any) error {
	return v.show(http.StatusUnprocessableEntity, page, data)
}

// Input is one field of a form, for the template of that name.
type Input struct {
	*Page
	Name, Type, Label, Hint, Value, Wrong, Autocomplete, InputMode, Class string
	MaxLength                                                             int
	Required, Focus, Plain                                                bool
}

// maxText bounds a line that people type, in characters.
const maxText = 128

// Input describes a field. The flags are "required", "focus", "plain" (no
// capitals by themselves, no spelling), "code" (spaced), "numeric" (digits
// only), "hint" (its text is hint.<name>) and "as:<key>" (its label is
// field.<key> and its hint hint.<key>).
func (p *Page) Input(name, kind, autocomplete string, flags ...string) Input {
	in := Input{Page: p, Name: name, Type: kind, Autocomplete: autocomplete, Wrong: p.WrongOf(name), MaxLength: maxText}
	label, hint := name, false
	for _, flag := range flags {
		switch {
		case flag == "required":
			in.Required = true
		case flag == "focus":
			in.Focus = !p.visit.form.failed()
		case flag == "numeric":
			in.InputMode, in.Class = "numeric", "code"
		case flag == "plain":
			in.Plain = true
		case flag == "code":
			in.Class = "code"
		case flag == "hint":
			hint = true
		case strings.HasPrefix(flag, "as:"):
			label = strings.TrimPrefix(flag, "as:")
		}
	}
	in.Label = p.T("field." + label)
	if hint {
		in.Hint = p.T("hint." + label)
	}
	if kind == "password" {
		in.MaxLength = 0 // a long one is refused with words, never cut
	} else {
		in.Value = p.visit.form.value(name)
	}
	in.Focus = in.Focus || p.First(name)
	return in
}

// Describes names the elements that explain the field, for screen readers.
func (in Input) Describes() string {
	var ids []string
	if in.Hint != "" {
		ids = append(ids, in.Name+"-hint")
	}
	if in.Wrong != "" {
		ids = append(ids, in.Name+"-wrong")
	}
	return strings.Join(ids, " ")
}

// WrongOf is what is wrong with a field; "" when nothing is.
func (p *Page) WrongOf(name string) string {
	for _, w := range p.visit.form.wrongs {
		if w.Field == name {
			return w.Text
		}
	}
	return ""
}

// First reports whether a field is the first that is wrong: it has the cursor.
func (p *Page) First(name string) bool {
	for _, w := range p.visit.form.wrongs {
		if w.Field != "" {
			return w.Field == name
		}
	}
	return false
}
