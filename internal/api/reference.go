package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

//go:embed reference.html
var referenceHTML string

//go:embed reference.css
var referenceCSS []byte

// reference serves the OpenAPI document and the page made of it. Both are made
// once, when somebody first reads them: they say nothing of anybody.
func (s *server) reference(r chi.Router) {
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // huma's own problems, which are made ours
		delete(s.huma.OpenAPI().Components.Schemas.Map(), unused)
	}
	document := sync.OnceValues(func() ([]byte, error) { return json.MarshalIndent(s.huma.OpenAPI(), "", "  ") })
	page := sync.OnceValues(func() ([]byte, error) { return referencePage(s.huma.OpenAPI()) })
	style := func() ([]byte, error) { return referenceCSS, nil }
	r.Get(root, http.RedirectHandler(root+"/", http.StatusMovedPermanently).ServeHTTP)
	for path, file := range map[string]struct {
		kind string
		data func() ([]byte, error)
	}{
		root + "/":              {"text/html; charset=utf-8", page},
		root + "/openapi.json":  {"application/vnd.oai.openapi+json;version=3.1", document},
		root + "/reference.css": {"text/css; charset=utf-8", style},
	} {
		serve := func(w http.ResponseWriter, r *http.Request) {
			data, err := file.data()
			if err != nil { // a broken build
				s.problem(r.Context(), err).write(w)
				return
			}
			w.Header().Set("Content-Type", file.kind)
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			_, _ = w.Write(data) // the client went away: nobody to tell
		}
		r.Get(path, serve)
		r.Head(path, serve)
	}
}

// section is the operations of one tag, as the page shows them.
type section struct {
	Name       string
	Operations []entry
}

type entry struct {
	Method, Path, ID, Summary, Text string
	Parameters                      []field
	Body                            []field
	Example                         string // of the body
	Answers                         []answer
}

type answer struct {
	Status  string
	Kind    string // of content; "" for none
	Fields  []field
	Example string
}

type field struct {
	Name, Type, Text string
	Required         bool
}

func referencePage(api *huma.OpenAPI) ([]byte, error) {
	t, err := template.New("reference").Parse(referenceHTML)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		Text     string
		Sections []section
		Problems []problemType
	}{api.Info.Description, sections(api), problemTypes()})
	return b.Bytes(), err
}

func sections(api *huma.OpenAPI) []section {
	var all []section
	for _, tag := range []string{"Account", "App passwords", "Sessions", "Second factors", "Devices", "Recent activity", "Invitations", duplicatesTag, "Apps"} {
		s := section{Name: tag}
		for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
			for _, op := range methods(api.Paths[path]) {
				if slices.Contains(op.Tags, tag) {
					s.Operations = append(s.Operations, describe(api, op))
				}
			}
		}
		all = append(all, s)
	}
	return all
}

func methods(item *huma.PathItem) []*huma.Operation {
	return slices.DeleteFunc([]*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete}, func(op *huma.Operation) bool { return op == nil })
}

func describe(api *huma.OpenAPI, op *huma.Operation) entry {
	e := entry{Method: op.Method, Path: op.Path, ID: op.OperationID, Summary: op.Summary, Text: strings.TrimSpace(op.Description)}
	for _, p := range op.Parameters {
		e.Parameters = append(e.Parameters, field{Name: p.Name, Type: p.In + ", " + typeOf(p.Schema), Text: p.Description, Required: p.Required})
	}
	if op.RequestBody != nil {
		sent := op.RequestBody.Content["application/json"]
		e.Body, e.Example = fields(api, sent.Schema, 0), example(sent)
	}
	var statuses []string
	for status := range op.Responses {
		if strings.HasPrefix(status, "2") {
			statuses = append(statuses, status)
		}
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		a := answer{Status: status}
		for kind, content := range op.Responses[status].Content {
			a.Kind, a.Fields, a.Example = kind, fields(api, content.Schema, 0), example(content)
		}
		e.Answers = append(e.Answers, a)
	}
	return e
}

// example is that of the document, "" for none.
func example(of *huma.MediaType) string {
	if of.Example == nil {
		return ""
	}
	text, err := json.MarshalIndent(of.Example, "", "  ")
	if err != nil {
		panic(err) // a value of ours, which every test writes
	}
	return string(text)
}

// fields are the properties of a schema, those of what it holds indented by dots.
func fields(api *huma.OpenAPI, schema *huma.Schema, depth int) []field {
	const deepest = 3
	schema = resolve(api, schema)
	if schema == nil || depth > deepest {
		return nil
	}
	if schema.Type == huma.TypeArray {
		return fields(api, schema.Items, depth)
	}
	var all []field
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := resolve(api, schema.Properties[name])
		all = append(all, field{Name: name, Type: typeOf(p), Text: schema.Properties[name].Description, Required: slices.Contains(schema.Required, name)})
		for _, inner := range fields(api, p, depth+1) {
			inner.Name = name + "." + inner.Name
			all = append(all, inner)
		}
	}
	return all
}

func resolve(api *huma.OpenAPI, schema *huma.Schema) *huma.Schema {
	if schema != nil && schema.Ref != "" {
		return api.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return schema
}

func typeOf(schema *huma.Schema) string {
	switch {
	case schema == nil:
		return ""
	case schema.Type == huma.TypeArray:
		return "list"
	case schema.Format != "":
		return schema.Type + " (" + schema.Format + ")"
	case schema.Type == "":
		return "any"
	}
	return schema.Type
}
