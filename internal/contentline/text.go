package contentline

import "strings"

// Unescape undoes RFC 5545 §3.3.11, RFC 6350 §3.4: "\n" and "\N" are line feeds; "\\", "\;" and "\," stand for
// themselves, and so does "\:", which old vCard writers send. A backslash before anything else is kept.
func Unescape(v string) string {
	at := strings.IndexByte(v, '\\')
	if at < 0 {
		return v
	}
	var b strings.Builder
	b.Grow(len(v))
	for at >= 0 && at+1 < len(v) {
		b.WriteString(v[:at])
		switch c := v[at+1]; c {
		case 'n', 'N':
			b.WriteByte('\n')
		case '\\', ';', ',', ':':
			b.WriteByte(c)
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
		v = v[at+2:]
		at = strings.IndexByte(v, '\\')
	}
	b.WriteString(v)
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

// Escape makes text a value (or a part of a structured one): RFC 5545 §3.3.11, RFC 6350 §3.4.
func Escape(v string) string {
	if !strings.ContainsAny(v, "\\;,\r\n") {
		return v
	}
	return escaper.Replace(v)
}

// SplitUnescaped splits v at each sep that no backslash escapes. The parts stay escaped; "" gives one empty part.
func SplitUnescaped(v string, sep byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case sep:
			parts = append(parts, v[start:i])
			start = i + 1
		}
	}
	return append(parts, v[start:])
}
