package api

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"ksync/internal/account"
	"ksync/internal/profile"
	"ksync/store"
)

// need is what an operation wants of its caller beyond a session.
type need uint8

const (
	fresh   need = 1 << iota // proved lately who they are
	limited                  // may be an account that must get a new password first
	admin                    // may invite others; all others are told that there is nothing
)

// operation is one row of the table.
type operation struct {
	method, path string // below /api/v1
	id, summary  string
	tag          string
	text         string
	needs        need
	status       int    // of success; 200 by default
	kind         string // media type of the answer; JSON by default
	sends        any    // example of what is sent
	answers      any    // example of the answer
}

// mobileconfig is the media type of profiles.
const mobileconfig = profile.MediaType

// maxBody bounds what is sent; the largest are answers of passkeys.
const maxBody = 64 << 10

// call is one request of a signed-in person.
type call struct {
	account.Person
	from account.Visit
	w    http.ResponseWriter
	r    *http.Request
}

type callKey struct{}

// nothing is the input or output of operations without one.
type nothing struct{}

// add makes an operation of a function.
func add[I, O any](s *server, op operation, run func(ctx context.Context, c *call, in *I) (*O, error)) {
	huma.Register(s.huma, s.describe(op), func(ctx context.Context, in *I) (*O, error) {
		c := ctx.Value(callKey{}).(*call)
		if err := s.allowed(c, op.needs); err != nil {
			return nil, s.problem(ctx, err)
		}
		out, err := run(ctx, c, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
	s.exemplify(op)
}

// exemplify adds the examples to the document.
func (s *server) exemplify(op operation) {
	for _, d := range methods(s.huma.OpenAPI().Paths[version+op.path]) {
		if d.Method != op.method {
			continue
		}
		if op.sends != nil {
			d.RequestBody.Content["application/json"].Example = op.sends
		}
		if op.answers != nil {
			d.Responses[strconv.Itoa(cmp.Or(op.status, http.StatusOK))].Content["application/json"].Example = op.answers
		}
	}
}

func (s *server) describe(op operation) huma.Operation {
	problem := s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	d := huma.Operation{
		OperationID: op.id, Method: op.method, Path: version + op.path, Summary: op.summary, Description: op.text,
		Tags: []string{op.tag}, DefaultStatus: op.status, MaxBodyBytes: maxBody, BodyReadTimeout: time.Minute,
		Responses: map[string]*huma.Response{
			"default": {Description: "A problem", Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}},
		},
	}
	if op.kind != "" {
		d.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{op.kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	}
	if op.needs&admin != 0 {
		d.Description += " For those who may invite others; everybody else gets 404."
	}
	if op.needs&fresh != 0 {
		d.Description += " Wants a step-up in the last ten minutes."
	}
	return d
}

// allowed is the check before the check: package account makes it again.
func (s *server) allowed(c *call, needs need) error {
	if c.Account.NewPassword && needs&limited == 0 {
		return account.ErrNewPassword
	}
	if needs&admin != 0 && !c.Account.Admin {
		return store.ErrNotFound
	}
	if needs&fresh != 0 && !s.Accounts.Fresh(c.Person) {
		return account.ErrStepUp
	}
	return nil
}

// signedIn lets those through whose session is good, on whatever route.
func (s *server) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := s.Token(r)
		if token == "" && r.Header.Get("Authorization") != "" {
			s.refuse("no-credentials-here")(w, r)
			return
		}
		if token == "" {
			s.refuse("signed-out")(w, r)
			return
		}
		from := account.VisitOf(r)
		person, err := s.Accounts.Session(r.Context(), from, token)
		if err != nil {
			s.problem(r.Context(), err).write(w)
			return
		}
		c := &call{Person: person, from: from, w: w, r: r}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
	})
}

// when is a time (ms) in JSON: null when there is none.
func when(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	return instant(time.UnixMilli(ms))
}

// instant is a time in JSON: null when there is none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// views shows each of a list; never null.
func views[A, B any](all []A, view func(A) B) []B {
	shown := make([]B, len(all))
	for i, one := range all {
		shown[i] = view(one)
	}
	return shown
}
