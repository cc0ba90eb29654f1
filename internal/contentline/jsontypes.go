package contentline

import (
	"strconv"
	"strings"
)

// Value types that jCal and jCard have in common. A number keeps its digits.
var (
	// RawValue is a string that stands in the line as it is: URIs, what is not known.
	RawValue = ValueType{
		Append: func(b []byte, text string) ([]byte, bool) { return AppendJSONString(b, text), true },
		Text:   (*JSONValue).Scalar,
	}
	// TextValue is a string that is escaped in the line.
	TextValue = ValueType{
		Append: func(b []byte, text string) ([]byte, bool) { return AppendJSONString(b, Unescape(text)), true },
		Text: func(v *JSONValue) (string, bool) {
			s, ok := v.Scalar()
			return Escape(s), ok
		},
	}
	// BooleanValue is RFC 5545 §3.3.2, RFC 6350 §4.4.
	BooleanValue = ValueType{Append: appendBoolean, Text: booleanText}
	// IntegerValue is RFC 5545 §3.3.8, RFC 6350 §4.5.
	IntegerValue = ValueType{Append: appendInteger, Text: integerText}
	// FloatValue is RFC 5545 §3.3.7, RFC 6350 §4.6.
	FloatValue = ValueType{Append: appendFloat, Text: floatText}
)

// Rewritten is a type whose values are strings, written in one way in JSON and in another in lines.
func Rewritten(json, text func(string) (string, bool)) ValueType {
	return ValueType{
		Append: func(b []byte, s string) ([]byte, bool) {
			s, ok := json(s)
			return AppendJSONString(b, s), ok
		},
		Text: func(v *JSONValue) (string, bool) {
			if v.Kind != JSONString {
				return "", false
			}
			return text(v.Text)
		},
	}
}

func appendBoolean(b []byte, text string) ([]byte, bool) {
	is := strings.EqualFold(text, "TRUE")
	return strconv.AppendBool(b, is), is || strings.EqualFold(text, "FALSE")
}

func booleanText(v *JSONValue) (string, bool) {
	return strings.ToUpper(v.Text), v.Kind == JSONBool
}

// maxDigits are more than any number of a calendar or a card has.
const maxDigits = 64

func appendInteger(b []byte, text string) ([]byte, bool) {
	if strings.Contains(text, ".") {
		return nil, false
	}
	return appendFloat(b, text)
}

// appendFloat leaves out what JSON does not allow: a plus sign, leading zeros.
func appendFloat(b []byte, text string) ([]byte, bool) {
	if len(text) > maxDigits {
		return nil, false
	}
	if strings.HasPrefix(text, "-") {
		b = append(b, '-')
	}
	whole, fraction, pointed := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+"), ".")
	if !digits(whole) || strings.HasPrefix(text, "-+") {
		return nil, false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	b = append(b, whole...)
	if pointed {
		b = append(append(b, '.'), fraction...)
	}
	return b, !pointed || digits(fraction)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func integerText(v *JSONValue) (string, bool) {
	return v.Text, v.Kind == JSONNumber && digits(strings.TrimPrefix(v.Text, "-"))
}

func floatText(v *JSONValue) (string, bool) {
	if v.Kind != JSONNumber || len(v.Text) > maxDigits {
		return "", false
	}
	if !strings.ContainsAny(v.Text, "eE") {
		return v.Text, true
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	s := strconv.FormatFloat(f, 'f', -1, 64)
	return s, err == nil && len(s) <= maxDigits
}
