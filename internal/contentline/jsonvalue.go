package contentline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// JSONKind is the kind of a JSONValue.
type JSONKind uint8

// The kinds of JSON.
const (
	JSONNull JSONKind = iota
	JSONBool
	JSONNumber
	JSONString
	JSONArray
	JSONObject
)

// JSONValue is a piece of JSON that keeps the order of an object's members and the digits of a number.
type JSONValue struct {
	Kind JSONKind
	Text string      // of a string; digits of a number; "true" or "false"
	Keys []string    // of an object
	List []JSONValue // elements of an array, values of an object
}

// Scalar gives the text of a string, number or boolean.
func (v *JSONValue) Scalar() (string, bool) {
	return v.Text, v.Kind == JSONString || v.Kind == JSONNumber || v.Kind == JSONBool
}

const (
	maxJSONDepth  = 40      // room for 16 components in each other, at two levels each, and a value
	maxJSONValues = 1 << 17 // they cost far more than the bytes that they are read from
)

// errJSON says that bytes are JSON, or no JSON, but nothing that content lines are told in.
var errJSON = errors.New("no content lines in JSON")

func parseJSON(data []byte, lim Limits) (*JSONValue, error) {
	if len(data) > lim.MaxBytes {
		return nil, ErrTooLarge
	}
	r := &jsonReader{dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJSON, err)
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something behind the end", errJSON)
	}
	return &v, nil
}

type jsonReader struct {
	dec   *json.Decoder
	count int
}

func (r *jsonReader) value(depth int) (v JSONValue, err error) {
	if r.count++; r.count > maxJSONValues {
		return v, ErrTooLarge
	}
	token, err := r.dec.Token()
	if err != nil {
		return v, err
	}
	switch t := token.(type) {
	case string:
		return JSONValue{Kind: JSONString, Text: t}, nil
	case json.Number:
		return JSONValue{Kind: JSONNumber, Text: t.String()}, nil
	case bool:
		return JSONValue{Kind: JSONBool, Text: fmt.Sprint(t)}, nil
	case json.Delim:
		if depth >= maxJSONDepth {
			return v, ErrTooLarge
		}
		return r.inner(t, depth)
	}
	return v, nil
}

// inner reads an array or an object, whose opening was read.
func (r *jsonReader) inner(open json.Delim, depth int) (v JSONValue, err error) {
	v.Kind = JSONArray
	if open == '{' {
		v.Kind = JSONObject
	}
	for r.dec.More() {
		if v.Kind == JSONObject {
			key, err := r.dec.Token()
			if err != nil {
				return v, err
			}
			v.Keys = append(v.Keys, fmt.Sprint(key))
		}
		inner, err := r.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.List = append(v.List, inner)
	}
	_, err = r.dec.Token()
	return v, err
}

// AppendJSONString appends s as a JSON string. What is no UTF-8 becomes U+FFFD.
func AppendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}
