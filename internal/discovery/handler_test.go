package discovery

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func serve(t *testing.T, s Service, method, target, body string) *http.Response {
	t.Helper()
	h, err := NewHandler(s)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "evil.example"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHandler_Answers(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]struct {
		status int
		kind   string
		has    string
	}{
		"GET /mail/config-v1.1.xml":                                 {200, "text/xml; charset=utf-8", "<clientConfig"},
		"GET /.well-known/autoconfig/mail/config-v1.1.xml":          {200, "text/xml; charset=utf-8", "<clientConfig"},
		"GET /.well-known/user-agent-configuration.json":            {200, "application/json", `"caldav"`},
		"POST /autodiscover/autodiscover.xml":                       {200, "text/xml; charset=utf-8", "imap.example.org"},
		"POST /Autodiscover/AutoDiscover.XML":                       {200, "text/xml; charset=utf-8", "imap.example.org"},
		"GET /autodiscover/autodiscover.xml":                        {200, "text/xml; charset=utf-8", "<ErrorCode>600<"},
		"POST /mail/config-v1.1.xml":                                {405, "", "nothing to do"},
		"PUT /autodiscover/autodiscover.xml":                        {405, "", "nothing to do"},
		"PROPFIND /.well-known/user-agent-configuration.json":       {405, "", "nothing to do"},
		"GET /mail/config-v1.2.xml":                                 {404, "", "not found"},
		"GET /mail/config-v1.1.xml?emailaddress=nobody%40x.org":     {200, "", "%EMAILADDRESS%"},
		"GET /mail/config-v1.1.xml?emailaddress=%22%3E%3Cscript%3E": {200, "", "%EMAILADDRESS%"},
	} {
		method, target, _ := strings.Cut(request, " ")
		got := serve(t, example(), method, target, ask("ann@example.org"))
		body := read(t, got)
		if got.StatusCode != want.status || want.kind != "" && got.Header.Get("Content-Type") != want.kind || !strings.Contains(body, want.has) {
			t.Errorf("%s: %d %s\n%s", request, got.StatusCode, got.Header, body)
		}
		if got.StatusCode == 405 && got.Header.Get("Allow") == "" {
			t.Errorf("%s: 405 without Allow", request)
		}
		if strings.Contains(body, "evil") || strings.Contains(body, "script") || strings.Contains(body, "nobody") {
			t.Errorf("%s: the request shows in the answer\n%s", request, body)
		}
	}
}

func TestHandler_WithoutMailThereIsNoAutodiscover(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{PathAutodiscover: 404, PathAutoconfig: 200, PathPACC: 200} {
		method := http.MethodGet
		if path == PathAutodiscover {
			method = http.MethodPost
		}
		if got := serve(t, example(withoutMail), method, path, ask("ann@example.org")); got.StatusCode != want {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
}

// Somebody's address and nobody's get answers of the same kind and length.
func TestHandler_TellsNothingAboutAccounts(t *testing.T) {
	t.Parallel()
	ann := read(t, serve(t, example(), http.MethodPost, PathAutodiscover, ask("ann@example.org")))
	bob := read(t, serve(t, example(), http.MethodPost, PathAutodiscover, ask("bob@example.org")))
	diff(t, strings.ReplaceAll(ann, "ann@", "bob@"), bob)
}

func TestHandler_HEADHasTheHeadersAlone(t *testing.T) {
	t.Parallel()
	get, head := serve(t, example(), http.MethodGet, PathPACC, ""), serve(t, example(), http.MethodHead, PathPACC, "")
	diff(t, head.Header, get.Header)
	diff(t, read(t, head), "")
}

func TestNewHandler_RefusesBrokenSettings(t *testing.T) {
	t.Parallel()
	if _, err := NewHandler(example(func(s *Service) { s.IMAP.Host = "imap.example.org:993" })); err == nil {
		t.Error("a host with a port was taken")
	}
}
