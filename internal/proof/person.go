package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Person is somebody who has signed in on the pages and asks the JSON API with
// the session that this gave. It is safe for concurrent use.
type Person struct {
	base    string
	session *http.Cookie
	http    *http.Client
}

// Person sets an account's password with the command for it, and signs in.
func (s *Server) Person(ctx context.Context, login, password string) (*Person, error) {
	if _, err := run(ctx, strings.NewReader(password+"\n"), s.binary, "user", "password", login, "--data", s.data); err != nil {
		return nil, err
	}
	p := &Person{base: s.URL, http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	form := url.Values{"login": {login}, "password": {password}}
	resp, _, err := p.send(ctx, http.MethodPost, "/sign-in", Header{"Content-Type", "application/x-www-form-urlencoded"}, []byte(form.Encode()))
	if err != nil {
		return nil, err
	}
	for _, c := range resp.Cookies() {
		if c.Name == "ksync" && c.Value != "" {
			p.session = c
			return p, nil
		}
	}
	return nil, fmt.Errorf("sign-in as %s: status %d without a session", login, resp.StatusCode)
}

// At is the same session at another address of the server.
func (p *Person) At(base string) *Person {
	moved := *p
	moved.base = base
	return &moved
}

// Refusal is a problem (RFC 9457) that the API answered with.
type Refusal struct {
	Status int
	Type   string // its last part, like cards-changed
	Text   string
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("status %d: %s", r.Status, r.Text) }

// API asks the JSON API below /api/v1 and reads the answer into v, if there is
// one. A problem is a [*Refusal]; any other error means that there was no
// whole answer.
func (p *Person) API(ctx context.Context, method, path string, header Header, body, v any) (http.Header, error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		sent = nil
	}
	resp, text, err := p.send(ctx, method, "/api/v1"+path, append(Header{"Content-Type", "application/json"}, header...), sent)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, refusal(resp.StatusCode, text)
	}
	if v != nil {
		err = json.Unmarshal(text, v)
	}
	return resp.Header, err
}

func refusal(status int, text []byte) error {
	var problem struct{ Type string }
	if err := json.Unmarshal(text, &problem); err != nil {
		return &Refusal{Status: status, Text: string(text)}
	}
	_, id, _ := strings.Cut(problem.Type, "#problem-")
	return &Refusal{Status: status, Type: id, Text: string(text)}
}

func (p *Person) send(ctx context.Context, method, path string, header Header, body []byte) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if p.session != nil {
		r.AddCookie(&http.Cookie{Name: p.session.Name, Value: p.session.Value})
	}
	resp, err := p.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(resp.Body)
	return resp, text, errors.Join(err, resp.Body.Close())
}
