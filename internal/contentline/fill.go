package contentline

import "strings"

// fill parses the unfolded text into l. Text without a colon or a name leaves l with nothing but its raw form.
func (p *parser) fill(l *Line, text string) error {
	colon, quotes := findColon(text)
	if colon < 0 {
		return nil
	}
	head, params, _ := strings.Cut(text[:colon], ";")
	head = trimBlanks(head)
	group, name, _ := strings.Cut(head, ".")
	group, name = trimBlanks(group), trimBlanks(name) // a line that begins with a blank would be a fold
	if name == "" || group == "" {
		group, name = "", head // a dot that parts nothing belongs to the name
	}
	if name == "" {
		return nil
	}
	l.Group, l.Name, l.written = group, UpperName(name), name
	l.Value = text[colon+1:]
	if params == "" {
		return nil
	}
	return p.fillParams(l, params, quotes)
}

// findColon finds the colon before the value. Only the values of parameters are quoted: a quote in a name is a character
// as any other. quotes is false if a quote is never closed: then all are, so that a stray one does not swallow the value.
func findColon(text string) (colon int, quotes bool) {
	inside, params, value := false, false, false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ';':
			params, value = true, inside
		case '=':
			value = params
		case '"':
			inside = value && !inside
		case ':':
			if !inside {
				return i, true
			}
		}
	}
	return strings.IndexByte(text, ':'), false
}

// fillParams reads what stands between the name and the colon.
func (p *parser) fillParams(l *Line, text string, quotes bool) error {
	left := p.lim.MaxParams
	p.params = room(p.params, min(strings.Count(text, ";"), left)+1)
	first := len(p.params)
	for text != "" {
		name, value, valued, rest := cutParam(text, quotes)
		text, name = rest, UpperName(trimBlanks(name))
		if name == "" {
			continue
		}
		param := Param{Name: name}
		if valued {
			param.Values = p.paramValues(value, quotes, left)
		}
		if left -= 1 + len(param.Values); left < 0 {
			return ErrTooLarge
		}
		p.params = append(p.params, param)
	}
	if len(p.params) > first { // ";:" and ";=1:" name none
		l.Params = p.params[first:len(p.params):len(p.params)]
	}
	return nil
}

// cutParam cuts the first parameter off; valued is false for one without "=".
func cutParam(text string, quotes bool) (name, value string, valued bool, rest string) {
	for end := range len(text) {
		switch text[end] {
		case ';':
			return text[:end], "", false, text[end+1:]
		case '=':
			value, rest = cutOutside(text[end+1:], ';', quotes)
			return text[:end], value, true, rest
		}
	}
	return text, "", false, ""
}

// room is the slab, or a new one that has place for n: the old one is in use, and need not be copied.
func room[T any](slab []T, n int) []T {
	if cap(slab)-len(slab) >= n {
		return slab
	}
	return make([]T, 0, max(n, min(2*cap(slab), 1<<12), 8))
}

// paramValues splits at commas and gives up behind limit values; the caller then refuses the line.
func (p *parser) paramValues(text string, quotes bool, limit int) []string {
	p.values = room(p.values, min(strings.Count(text, ","), limit)+1)
	first := len(p.values)
	for more := true; more && len(p.values)-first <= limit; {
		one, rest := cutOutside(text, ',', quotes)
		more = len(one) < len(text)
		p.values = append(p.values, decodeParam(one, quotes))
		text = rest
	}
	return p.values[first:len(p.values):len(p.values)]
}

// cutOutside cuts at the first sep that is not inside quotes.
func cutOutside(text string, sep byte, quotes bool) (before, after string) {
	inside := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			inside = quotes && !inside
		case text[i] == sep && !inside:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

var caretDecoder = strings.NewReplacer("^n", "\n", "^^", "^", "^'", `"`)

// decodeParam takes the quotes off and undoes RFC 6868 §3.1. Other uses of "^" stay, as §3.2 asks.
func decodeParam(v string, quotes bool) string {
	if quotes && strings.Contains(v, `"`) {
		v = strings.ReplaceAll(v, `"`, "")
	}
	if strings.Contains(v, "^") {
		v = caretDecoder.Replace(v)
	}
	return v
}
