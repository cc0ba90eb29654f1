package contentline_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/internal/contentline"
)

// form is a small format: what jCal and jCard add are tables.
var form = &contentline.JSONForm{
	Property: func(name string) contentline.Shape {
		return map[string]contentline.Shape{
			"TEXT": {Types: []string{"text"}}, "LIST": {Types: []string{"text"}, List: true}, "PARTS": {Types: []string{"text"}, Parts: true, Lists: true},
			"NUMBER": {Types: []string{"integer", "float"}},
		}[name]
	},
	Types:     map[string]contentline.ValueType{"text": contentline.TextValue, "integer": contentline.IntegerValue, "float": contentline.FloatValue, "boolean": contentline.BooleanValue},
	Groups:    true,
	TypeParam: contentline.UpperName,
}

func TestJSONForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, line, want, back string }{
		{"text", `TEXT:a\nb`, `["text",{},"text","a\nb"]`, ""},
		{"list", `LIST:a\,b,c`, `["list",{},"text","a,b","c"]`, ""},
		{"empty list", `LIST:`, `["list",{},"text",""]`, ""},
		{"parts", `PARTS:a;b,c;`, `["parts",{},"text",["a",["b","c"],""]]`, ""},
		{"group", `g.TEXT;A=1:x`, `["text",{"group":"g","a":"1"},"text","x"]`, ""},
		{"bare parameter", `TEXT;A;B=:x`, `["text",{"a":[],"b":""},"text","x"]`, ""},
		{"second type", `NUMBER:1.5`, `["number",{},"float",1.5]`, `NUMBER;VALUE=FLOAT:1.5`},
		{"neither type", `NUMBER:1e5`, `["number",{},"unknown","1e5"]`, ""},
		{"plus and zeros", `NUMBER:+007`, `["number",{},"integer",7]`, `NUMBER:7`},
		{"minus zero", `NUMBER:-0.0`, `["number",{},"float",-0.0]`, `NUMBER;VALUE=FLOAT:-0.0`},
		{"signs", `NUMBER:-+1`, `["number",{},"unknown","-+1"]`, ""},
		{"too many digits", "NUMBER:" + strings.Repeat("1", 65), `["number",{},"unknown","` + strings.Repeat("1", 65) + `"]`, ""},
		{"boolean", `X;VALUE=boolean:false`, `["x",{},"boolean",false]`, `X;VALUE=BOOLEAN:FALSE`},
		{"no UTF-8", "TEXT:\xff", `["text",{},"text","` + "\ufffd" + `"]`, "TEXT:\ufffd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := parse(t, "BEGIN:X\r\n"+tt.line+"\r\nEND:X\r\n").Components()[0]
			got := form.Bytes(c)
			if diff := cmp.Diff(`["x",[`+tt.want+`],[]]`, string(got)); diff != "" {
				t.Error(diff)
			}
			again, err := form.Read(got, contentline.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if tt.back == "" {
				tt.back = tt.line
			}
			if diff := cmp.Diff("BEGIN:X\r\n"+tt.back+"\r\nEND:X\r\n", strings.ReplaceAll(string(again.Bytes()), "\r\n ", "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONForm_Bounds(t *testing.T) {
	t.Parallel()
	lines := `["x",[` + strings.Repeat(`["a",{},"text",""],`, 10) + `["a",{},"text",""]],[]]`
	for name, tt := range map[string]struct {
		text string
		lim  contentline.Limits
	}{
		"bytes":      {lines, contentline.Limits{MaxBytes: 50}},
		"lines":      {lines, contentline.Limits{MaxLines: 10}},
		"parameters": {`["x",[["a",{"b":["","",""]},"text",""]],[]]`, contentline.Limits{MaxParams: 3}},
		"depth":      {`["x",[],[["x",[],[["x",[],[]]]]]]`, contentline.Limits{MaxDepth: 2}},
	} {
		if _, err := form.Read([]byte(tt.text), tt.lim); !errors.Is(err, contentline.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAppendJSONString: what it writes, encoding/json reads.
func TestAppendJSONString(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s") + string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		var got string
		if err := json.Unmarshal(contentline.AppendJSONString(nil, s), &got); err != nil || got != strings.ToValidUTF8(s, "\ufffd") {
			t.Fatalf("%q: %q, %v", s, got, err)
		}
	})
}

// TestJSONForm_NamesOfTextsComeBack: what the reader of lines takes for a name is one in JSON, however odd.
func TestJSONForm_NamesOfTextsComeBack(t *testing.T) {
	t.Parallel()
	for _, groups := range []bool{true, false} {
		f := *form
		f.Groups = groups
		rapid.Check(t, func(t *rapid.T) {
			odd := rapid.StringOfN(rapid.SampledFrom([]rune("aB.-_,\"'^=\\\x00\x01\t\x7f é\u2028ſı\u0085")), 0, 6, -1)
			name, param, value := odd.Draw(t, "name"), odd.Draw(t, "param"), odd.Draw(t, "type")
			text := "BEGIN:X" + odd.Draw(t, "component") + "\r\n" + name + ";" + param + "=\"1\":x\r\nA;VALUE=\"" + value + "\":y\r\n"
			text += "END:" + strings.TrimPrefix(strings.SplitAfter(text, "\r\n")[0], "BEGIN:")
			doc, err := contentline.Parse([]byte(text), contentline.Limits{})
			if err != nil {
				t.Skip(err)
			}
			c := doc.Components()[0]
			there := f.Bytes(c)
			back, err := f.Read(there, contentline.Limits{})
			if err != nil {
				t.Fatalf("%q: %s: %v", text, there, err)
			}
			again, err := contentline.Parse(back.Bytes(), contentline.Limits{})
			if err != nil {
				t.Fatalf("%q became %q: %v", text, back.Bytes(), err)
			}
			if diff := cmp.Diff(string(there), string(f.Bytes(again.Components()[0]))); diff != "" {
				t.Fatalf("%q became %q: %s", text, back.Bytes(), diff)
			}
		})
	}
}
