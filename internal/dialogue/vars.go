package dialogue

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// vars are the variables of a dialogue while it is played.
type vars map[string]string

// marker finds {{name}}, {{name:=*}} and {{*}}.
var marker = regexp.MustCompile(`\{\{(?:(\w+)(:=\*)?|\*)\}\}`)

// unboundError names a variable that is used before an answer has bound it.
type unboundError string

func (e unboundError) Error() string { return "nothing has bound {{" + string(e) + "}}" }

// expand puts the variables into a request. escape is applied to each value, for bodies that have a syntax.
func (v vars) expand(text string, escape func(string) string) (string, error) {
	var failed error
	out := marker.ReplaceAllStringFunc(text, func(m string) string {
		name := marker.FindStringSubmatch(m)[1]
		value, ok := v[name]
		if !ok || strings.Contains(m, ":=") {
			failed = unboundError(name)
		}
		return escape(value)
	})
	return out, failed
}

func verbatim(s string) string { return s }

// match says whether text is what the pattern describes, and binds the pattern's captures if so.
func (v vars) match(pattern, text string) (bool, error) {
	if !strings.Contains(pattern, "{{") {
		return pattern == text, nil
	}
	re, err := v.compile(pattern)
	if err != nil {
		return false, err
	}
	found := re.FindStringSubmatch(text)
	for i, name := range re.SubexpNames() {
		if found != nil && name != "" {
			v[name] = found[i]
		}
	}
	return found != nil, nil
}

func (v vars) compile(pattern string) (*regexp.Regexp, error) {
	var expr strings.Builder
	rest := pattern
	for rest != "" {
		at := marker.FindStringSubmatchIndex(rest)
		if at == nil {
			expr.WriteString(regexp.QuoteMeta(rest))
			break
		}
		expr.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		piece, err := v.piece(marker.FindStringSubmatch(rest[at[0]:at[1]]))
		if err != nil {
			return nil, err
		}
		expr.WriteString(piece)
		rest = rest[at[1]:]
	}
	return regexp.Compile(`\A(?s:` + expr.String() + `)\z`)
}

// piece is the expression of one marker: its match, its name, its ":=*".
func (v vars) piece(m []string) (string, error) {
	switch {
	case m[1] == "":
		return ".+", nil
	case m[2] != "":
		return fmt.Sprintf("(?P<%s>.+)", m[1]), nil
	}
	value, ok := v[m[1]]
	if !ok {
		return "", unboundError(m[1])
	}
	return regexp.QuoteMeta(value), nil
}

// show describes a pattern for a person: variables are replaced by what they stand for.
func (v vars) show(pattern string) string {
	return marker.ReplaceAllStringFunc(pattern, func(m string) string {
		if value, ok := v[strings.Trim(m, "{}")]; ok {
			return value
		}
		return m
	})
}

func (v vars) clone() vars { return maps.Clone(v) }
