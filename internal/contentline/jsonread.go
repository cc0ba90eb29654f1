package contentline

import (
	"fmt"
	"slices"
	"strings"
)

// Read is the way back from Bytes: one component. The error is ErrTooLarge, or says what is no component, property or
// parameter. A value that is not of its type is taken as it is, as Parse would.
func (f *JSONForm) Read(data []byte, lim Limits) (*Component, error) {
	lim = lim.orDefault()
	v, err := parseJSON(data, lim)
	if err != nil {
		return nil, err
	}
	r := &formReader{JSONForm: f, lim: lim}
	return r.component(v, 0)
}

type formReader struct {
	*JSONForm
	lim   Limits
	lines int
}

func (r *formReader) component(v *JSONValue, depth int) (*Component, error) {
	if depth >= r.lim.MaxDepth {
		return nil, ErrTooLarge
	}
	if v.Kind != JSONArray || len(v.List) < 2 || v.List[0].Kind != JSONString || v.List[1].Kind != JSONArray {
		return nil, fmt.Errorf("%w: a component is [name, properties, components]", errJSON)
	}
	name := UpperName(v.List[0].Text)
	if name == "" || !inPlace(name, "") {
		return nil, fmt.Errorf("%w: %q is no name", errJSON, name)
	}
	c := NewComponent(name)
	for i := range v.List[1].List {
		l, err := r.property(&v.List[1].List[i])
		if err != nil {
			return nil, err
		}
		if r.lines++; r.lines > r.lim.MaxLines {
			return nil, ErrTooLarge
		}
		c.items = append(c.items, item{line: l})
	}
	if len(v.List) < 3 {
		return c, nil
	}
	for i := range v.List[2].List {
		inner, err := r.component(&v.List[2].List[i], depth+1)
		if err != nil {
			return nil, err
		}
		c.AppendComponent(inner)
	}
	return c, nil
}

func (r *formReader) property(v *JSONValue) (*Line, error) {
	p := v.List
	if v.Kind != JSONArray || len(p) < 4 || p[0].Kind != JSONString || p[1].Kind != JSONObject || p[2].Kind != JSONString {
		return nil, fmt.Errorf("%w: a property is [name, parameters, type, value]", errJSON)
	}
	name, typ := UpperName(p[0].Text), lowerName(p[2].Text)
	params, group, err := r.readParams(&p[1])
	if err != nil {
		return nil, err
	}
	if name == "" || !inPlace(name, ":;") || group == "" && (name == "BEGIN" || name == "END") {
		return nil, fmt.Errorf("%w: %q is no name", errJSON, name)
	}
	shape := r.Property(name)
	value, err := r.text(shape, typ, p[3:])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if typ != unknownType && (len(shape.Types) == 0 || shape.Types[0] != typ) {
		if typ == "" {
			return nil, fmt.Errorf("%w: no type", errJSON)
		}
		params = slices.Insert(params, 0, Param{Name: valueParam, Values: []string{r.TypeParam(typ)}})
	}
	return New(group, name, value, params...), nil
}

// inPlace says that a name cannot break out of its place in a line. It is as lenient as the reader of lines: what a text
// may be called comes back from JSON, or its owner could read it and not write it. None is empty but that of a component,
// which is refused all the same: it is no component that anyone knows.
func inPlace(s, separators string) bool {
	return s == trimBlanks(s) && !strings.ContainsAny(s, "\r\n"+separators)
}

func (r *formReader) readParams(v *JSONValue) (params []Param, group string, err error) {
	left := r.lim.MaxParams
	for i, key := range v.Keys {
		values, err := paramValues(&v.List[i])
		if err != nil {
			return nil, "", err
		}
		if left -= 1 + len(values); left < 0 {
			return nil, "", ErrTooLarge
		}
		name := UpperName(key)
		switch {
		case r.Groups && name == "GROUP" && len(values) == 1 && values[0] != "" && inPlace(values[0], ":;."):
			group = values[0]
			continue
		case name == keptValueParam:
			name = valueParam
		case name == valueParam: // RFC 7265 §3.5.1: it is the type
			continue
		}
		if name == "" || !inPlace(name, ":;=") {
			return nil, "", fmt.Errorf("%w: %q is no parameter", errJSON, name)
		}
		params = append(params, Param{Name: name, Values: values})
	}
	return params, group, nil
}

func paramValues(v *JSONValue) ([]string, error) {
	list := []JSONValue{*v}
	if v.Kind == JSONArray {
		list = v.List
	}
	var values []string
	for i := range list {
		s, ok := list[i].Scalar()
		if !ok {
			return nil, fmt.Errorf("%w: a parameter is a text or an array of them", errJSON)
		}
		values = append(values, s)
	}
	return values, nil
}

// text joins the values of a property.
func (r *formReader) text(shape Shape, typ string, values []JSONValue) (string, error) {
	t, known := r.Types[typ]
	if !known {
		t = RawValue
	}
	return joined(values, ",", func(v *JSONValue) (string, error) {
		if s, ok := t.Text(v); ok || v.Kind != JSONArray {
			return scalar(v, s, ok)
		}
		return joined(v.List, ";", func(v *JSONValue) (string, error) {
			if v.Kind != JSONArray {
				s, ok := t.Text(v)
				return scalar(v, s, ok)
			}
			return joined(v.List, ",", func(v *JSONValue) (string, error) {
				s, ok := t.Text(v)
				return scalar(v, s, ok)
			})
		})
	})
}

func joined(values []JSONValue, separator string, one func(*JSONValue) (string, error)) (string, error) {
	parts := make([]string, len(values))
	for i := range values {
		var err error
		if parts[i], err = one(&values[i]); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, separator), nil
}

// scalar is a value as its type has it, else as it is.
func scalar(v *JSONValue, s string, ok bool) (string, error) {
	if ok {
		return s, nil
	}
	if s, ok = v.Scalar(); ok || v.Kind == JSONNull {
		return s, nil
	}
	return "", fmt.Errorf("%w: a value that no type has", errJSON)
}
