package httpd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"ksync/internal/httpd"
	"ksync/internal/logtest"
)

// davStub says which request reached the DAV handler, and fails on demand.
var davStub = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	switch r.URL.Query().Get("do") {
	case "panic":
		w.Header().Set("ETag", `"half"`)
		panic("the handler broke")
	case "panic-late":
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<16))
		panic("the handler broke late")
	case "abort":
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, "DAV %s %s from %s", r.Method, r.URL.Path, r.RemoteAddr)
})

func ready(context.Context) error { return nil }

func serve(o httpd.Options, r *http.Request) *httptest.ResponseRecorder {
	if o.DAV == nil {
		o.DAV = davStub
	}
	if o.Ready == nil {
		o.Ready = ready
	}
	if o.Pages == nil {
		o.Pages = pagesStub{httpd.Address(nil)}
	}
	rec := httptest.NewRecorder()
	httpd.New(o).ServeHTTP(rec, r)
	return rec
}

func TestRoutes_EveryMethodReachesDAV(t *testing.T) {
	t.Parallel()
	methods := []string{"OPTIONS", "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL", "MKCALENDAR", "COPY", "MOVE",
		"LOCK", "UNLOCK", "REPORT", "ACL", "SEARCH", "BIND", "UNBIND", "CHECKOUT", "NONSENSE", "propfind"}
	for _, path := range []string{"/dav", "/dav/", "/dav/calendars/1/a%20b/c.ics", "/dav/addressbooks/1/a%2Fb", "/.well-known/caldav", "/.well-known/carddav",
		"/.well-known/carddav/", "/remote.php/dav", "/remote.php/dav/principals/", "/principals/", "/principals/users/me/", "/dav//x", "/dav/../dav/"} {
		for _, method := range methods {
			rec := serve(httpd.Options{}, httptest.NewRequest(method, path, nil))
			if want := "DAV " + method; rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), want) {
				t.Errorf("%s %s: %d %q", method, path, rec.Code, rec.Body)
			}
		}
	}
}

func TestRoutes_RootIsAPageForBrowsersAndDAVForTheRest(t *testing.T) {
	t.Parallel()
	for method, wantDAV := range map[string]bool{"GET": false, "HEAD": false, "PROPFIND": true, "OPTIONS": true, "REPORT": true, "PUT": true, "NONSENSE": true} {
		rec := serve(httpd.Options{}, httptest.NewRequest(method, "/", nil))
		isPage := strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html")
		if isPage == wantDAV {
			t.Errorf("%s /: %d %s", method, rec.Code, rec.Header().Get("Content-Type"))
		}
	}
}

func TestRoutes_ElsewhereNothing(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]int{
		"GET /davx": 404, "PROPFIND /x": 404, "GET /.well-known/other": 404, "GET /remote.php/webdav": 404, "GET //evil.example/": 404,
		"PUT /healthz": 405, "NONSENSE /healthz": 405, "NONSENSE /x": 405, "GET /healthz": 200, "HEAD /readyz": 200,
	} {
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, "http://x/", nil)
		r.URL.Path = path
		if rec := serve(httpd.Options{}, r); rec.Code != want || rec.Header().Get("Location") != "" {
			t.Errorf("%s: %d, want %d", request, rec.Code, want)
		}
	}
}

func TestReady_FollowsTheStore(t *testing.T) {
	t.Parallel()
	rec := serve(httpd.Options{}, httptest.NewRequest("GET", "/readyz", nil))
	if rec.Code != 200 {
		t.Errorf("ready: %d", rec.Code)
	}
	broken := func(context.Context) error { return errors.New("/secret/path: disk is gone") }
	rec = serve(httpd.Options{Ready: broken}, httptest.NewRequest("GET", "/readyz", nil))
	if rec.Code != 503 || rec.Header().Get("Retry-After") == "" || strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("not ready: %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if rec = serve(httpd.Options{Ready: broken}, httptest.NewRequest("GET", "/healthz", nil)); rec.Code != 200 {
		t.Errorf("alive: %d", rec.Code)
	}
}

// pagesStub shows where a page would say that people reach the server.
type pagesStub struct {
	address func(*http.Request) *url.URL
}

func (p pagesStub) Routes(r chi.Router) {
	r.Get("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "page at %v", p.address(r))
	})
	r.Head("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	})
	r.Post("/sent", func(http.ResponseWriter, *http.Request) {})
}

func (pagesStub) NotFound(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "no such page", http.StatusNotFound)
}

func (pagesStub) Refuse(w http.ResponseWriter, r *http.Request, status int) bool {
	if r.Header.Get("Accept") != "text/html" {
		return false
	}
	w.WriteHeader(http.StatusOK)
	fmt.Fprintf(w, "page of %d", status)
	return true
}

func TestAddress_IsWhatCanBeTrusted(t *testing.T) {
	t.Parallel()
	public := &url.URL{Scheme: "https", Host: "sync.example.org", Path: "/"}
	for name, tt := range map[string]struct {
		public     *url.URL
		options    httpd.Options
		from, want string
	}{
		"setting":            {public, httpd.Options{}, "192.0.2.9:1", "https://sync.example.org/"},
		"Host is no witness": {nil, httpd.Options{}, "192.0.2.9:1", "<nil>"},
		"a stranger's word":  {nil, httpd.Options{Proxies: proxies("10.0.0.0/8")}, "192.0.2.9:1", "<nil>"},
		"our proxy's word":   {nil, httpd.Options{Proxies: proxies("10.0.0.0/8")}, "10.0.0.1:1", "https://forged.example/"},
		"setting goes first": {public, httpd.Options{Proxies: proxies("10.0.0.0/8")}, "10.0.0.1:1", "https://sync.example.org/"},
	} {
		r := httptest.NewRequest("GET", "http://forged-host.example/", nil)
		r.RemoteAddr = tt.from
		r.Header.Set("X-Forwarded-Host", "forged.example")
		r.Header.Set("X-Forwarded-Proto", "https")
		tt.options.Pages = pagesStub{httpd.Address(tt.public)}
		if body := serve(tt.options, r).Body.String(); body != "page at "+tt.want {
			t.Errorf("%s: %q, want %q", name, body, tt.want)
		}
	}
}

func TestViaHTTPS_TakesOnlyATrustedWord(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]bool{"192.0.2.9:1": false, "10.0.0.1:1": true} {
		r := httptest.NewRequest("GET", "/dav/", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-Proto", "https")
		var got bool
		serve(httpd.Options{Proxies: proxies("10.0.0.0/8"), DAV: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = httpd.ViaHTTPS(r) })}, r)
		if got != want {
			t.Errorf("from %s: %v", from, got)
		}
	}
}

func TestDiscovery_HasItsAddressesInAnyCase(t *testing.T) {
	t.Parallel()
	told := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "told "+r.Method) })
	for request, want := range map[string]int{
		"GET /mail/config-v1.1.xml": 200, "GET /.well-known/autoconfig/mail/config-v1.1.xml": 200,
		"GET /.well-known/user-agent-configuration.json": 200, "PROPFIND /mail/config-v1.1.xml": 200,
		"POST /autodiscover/autodiscover.xml": 200, "POST /Autodiscover/Autodiscover.xml": 200, "POST /AUTODISCOVER/autoDiscover.XML": 200,
		"POST /autodiscover/autodiscover.xml/x": 404, "POST /xautodiscover/autodiscover.xml": 404, "GET /autodiscover/autodiscover-xml": 404,
	} {
		method, path, _ := strings.Cut(request, " ")
		rec := serve(httpd.Options{Discovery: told}, httptest.NewRequest(method, path, nil))
		if rec.Code != want || want == 200 && rec.Body.String() != "told "+method {
			t.Errorf("%s: %d %s", request, rec.Code, rec.Body)
		}
		if rec := serve(httpd.Options{}, httptest.NewRequest(method, path, nil)); rec.Code != 404 {
			t.Errorf("%s without discovery: %d", request, rec.Code)
		}
	}
}

func TestHeaders_StrictByThemselves(t *testing.T) {
	t.Parallel()
	for what, rec := range map[string]*httptest.ResponseRecorder{
		"an answer": serve(httpd.Options{}, httptest.NewRequest("GET", "/healthz", nil)),
		"a panic":   serve(httpd.Options{}, httptest.NewRequest("GET", "/dav/?do=panic", nil)),
		"a refusal": serve(httpd.Options{Rand: strings.NewReader("")}, httptest.NewRequest("GET", "/dav/", nil)),
	} {
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
			if got := rec.Header().Get(name); !strings.Contains(got, want) {
				t.Errorf("%s of %s: %q", name, what, got)
			}
		}
	}
}

func TestRoutes_WrongMethodNamesTheRightOnes(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]string{"PUT /healthz": "GET, HEAD", "GET /sent": "POST"} {
		method, path, _ := strings.Cut(request, " ")
		rec := serve(httpd.Options{}, httptest.NewRequest(method, path, nil))
		if got := rec.Header().Get("Allow"); rec.Code != 405 || got != want {
			t.Errorf("%s: %d, Allow %q, want %q", request, rec.Code, got, want)
		}
	}
}

func TestLog_OneLineWithoutPersonalData(t *testing.T) {
	t.Parallel()
	var l logtest.Log
	r := httptest.NewRequest("PUT", "/dav/calendars/7/therapy/meeting.ics?token=abc", strings.NewReader("SUMMARY:private"))
	r.SetBasicAuth("ann", "hunter2")
	r.Header.Set("X-Request-Id", "forged\nline")
	rec := serve(httpd.Options{Logger: l.Logger(slog.LevelInfo)}, r)
	got := l.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "method=PUT status=200 bytes=") || strings.Count(got, "req=") != 1 || !strings.Contains(got, "req="+rec.Header().Get("X-Request-Id")) {
		t.Errorf("log: %s", got)
	}
	for _, secret := range []string{"therapy", "meeting", "abc", "hunter2", "private", "ann", "forged"} {
		if strings.Contains(got, secret) {
			t.Errorf("the log tells %q: %s", secret, got)
		}
	}
	var debug logtest.Log
	serve(httpd.Options{Logger: debug.Logger(slog.LevelDebug)}, r)
	if got := debug.String(); !strings.Contains(got, "href=/dav/calendars/7/therapy/meeting.ics") || strings.Contains(got, "token=abc") {
		t.Errorf("debug log: %s", got)
	}
}

func TestLog_OtherPackagesLinesHaveTheRequestID(t *testing.T) {
	t.Parallel()
	var l logtest.Log
	logger := slog.New(httpd.WithRequestID(l.Logger(slog.LevelInfo).Handler())).With("part", "dav")
	rec := serve(httpd.Options{DAV: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		logger.ErrorContext(r.Context(), "fault")
		logger.Error("no request")
	})}, httptest.NewRequest("GET", "/dav/", nil))
	first, second, _ := strings.Cut(l.String(), "\n")
	if id := rec.Header().Get("X-Request-Id"); !strings.HasSuffix(first, "msg=fault part=dav req="+id) || strings.Contains(second, "req=") {
		t.Errorf("log: %s", l.String())
	}
}

func TestPanic_IsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var l logtest.Log
	rec := serve(httpd.Options{Logger: l.Logger(slog.LevelInfo)}, httptest.NewRequest("GET", "/dav/?do=panic", nil))
	id := rec.Header().Get("X-Request-Id")
	if rec.Code != 500 || id == "" || !strings.Contains(rec.Body.String(), id) || strings.Contains(rec.Body.String(), "broke here, and was noted as .") || rec.Header().Get("ETag") != "" {
		t.Errorf("answer %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if strings.Contains(rec.Body.String(), "the handler broke") {
		t.Errorf("the answer tells the reason: %s", rec.Body)
	}
	got := l.String()
	if !strings.Contains(got, "msg=panic") || strings.Count(got, "req="+id) != 2 || !strings.Contains(got, `err="the handler broke"`) || !strings.Contains(got, "status=500") {
		t.Errorf("log: %s", got)
	}
}

// What the shell answers by itself is in the words of the pages where a
// browser reads it.
func TestRefusals_AreThoseOfThePages(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		o            httpd.Options
		method, path string
		status       int
	}{
		"panic":         {httpd.Options{}, "GET", "/dav/?do=panic", 500},
		"wrong method":  {httpd.Options{}, "DELETE", "/sent", 405},
		"no randomness": {httpd.Options{Rand: strings.NewReader("")}, "GET", "/dav/", 503},
	} {
		for _, accept := range []string{"text/html", "*/*"} {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Header.Set("Accept", accept)
			got := serve(tt.o, r)
			page := got.Body.String() == fmt.Sprintf("page of %d", tt.status)
			if page != (accept == "text/html") || !page && got.Code != tt.status {
				t.Errorf("%s for %s: %d %q", name, accept, got.Code, got.Body)
			}
		}
	}
}

func TestPanic_HalfAnAnswerIsBrokenOff(t *testing.T) {
	t.Parallel()
	for _, do := range []string{"panic-late", "abort"} {
		srv := httptest.NewServer(httpd.New(httpd.Options{DAV: davStub, Ready: ready}))
		srv.Client().Transport.(*http.Transport).DisableCompression = true // gzip would notice by itself
		resp, err := srv.Client().Get(srv.URL + "/dav/?do=" + do)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close() // read to its end
		}
		if err == nil {
			t.Errorf("%s: the client took half of an answer for a whole one", do)
		}
		if resp, err := srv.Client().Get(srv.URL + "/readyz"); err != nil || resp.StatusCode != 200 {
			t.Errorf("%s: the server is gone: %v", do, err)
		}
		srv.Close()
	}
}
