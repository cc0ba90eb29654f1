package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/internal/discovery"
	"ksync/internal/transfer"
	"ksync/store"
)

// clinic is our own server behind TLS at https://example.com/, with something
// in front of it, and DNS.
type clinic struct {
	store   *store.Store
	account store.Account
	front   func(h http.Handler, w http.ResponseWriter, r *http.Request) // nil: nothing
	plain   http.Handler                                                 // on port 80; nil: nobody answers
	zone    zone
	domain  string
	oldTLS  bool
}

// healthy is what DNS should hold.
const healthy zone = `example.com. A 192.0.2.1
_carddavs._tcp.example.com. SRV 0 1 443 example.com.
_carddavs._tcp.example.com. TXT "path=/dav/"
_caldavs._tcp.example.com. SRV 0 1 443 example.com.
_caldavs._tcp.example.com. TXT "path=/dav/"
_carddav._tcp.example.com. SRV 0 0 0 .
_caldav._tcp.example.com. SRV 0 0 0 .
`

func newClinic(t testing.TB) *clinic {
	st, a := newAccount(t, "ann@example.com")
	return &clinic{store: st, account: a, zone: healthy, plain: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://example.com"+r.URL.Path, http.StatusPermanentRedirect)
	})}
}

// transport reaches the test's servers, whatever the address.
func (c *clinic) transport(t testing.TB) *http.Transport {
	h := engine(c.store, c.account)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.front != nil {
			c.front(h, w, r)
			return
		}
		h.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = discard()
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.oldTLS {
		s.TLS.MinVersion = tls.VersionTLS10
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	doors := map[string]string{"443": s.Listener.Addr().String()}
	if c.plain != nil {
		p := httptest.NewServer(c.plain)
		t.Cleanup(p.Close)
		doors["80"] = p.Listener.Addr().String()
	}
	tr := s.Client().Transport.(*http.Transport).Clone()
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil || doors[port] == "" || host == "192.0.2.9" {
			return nil, fmt.Errorf("dial %s: connection refused", address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, doors[port])
	}
	return tr
}

func (c *clinic) examine(t testing.TB, user string, pass account.Secret) []Step {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return Diagnose(ctx, DoctorOptions{Domain: c.domain, CheckOptions: CheckOptions{Now: time.Now, Options: Options{
		URL: &url.URL{Scheme: "https", Host: "example.com", Path: "/"}, User: user, Password: pass,
		Resolver: c.zone.resolver(t), Transport: c.transport(t),
	}}})
}

func TestDiagnose_AHealthyServer(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	steps := c.examine(t, "ann", password)
	trip := func(kind string, more ...string) (all []string) {
		for _, name := range append([]string{"round trip", "headers", "names", "uploads in pieces"}, more...) {
			all = append(all, "ok "+kind+": "+name)
		}
		return all
	}
	diff(t, statuses(steps), slices.Concat([]string{
		"ok DNS: example.com", "ok DNS: _carddavs._tcp.example.com", "ok DNS: path of _carddavs._tcp.example.com", "ok DNS: _caldavs._tcp.example.com", "ok DNS: path of _caldavs._tcp.example.com",
		"ok connection", "ok certificate", "ok old TLS", "ok http", "ok /.well-known/caldav", "ok /.well-known/carddav", "ok without password", "ok OPTIONS of the address",
		"ok methods", "ok encoded paths",
		"ok calendars: principal", "ok calendars: OPTIONS of the principal", "ok calendars: e-mail address", "ok calendars: home", "ok calendars: collections", "ok calendars: sync",
	}, trip("calendars"), []string{
		"ok contacts: principal", "ok contacts: OPTIONS of the principal", "ok contacts: home", "ok contacts: collections", "ok contacts: sync",
	}, trip("contacts", "large objects")))
	for _, s := range steps {
		if s.Status != OK {
			t.Logf("%+v", s)
		}
	}
	for kind, want := range map[store.Kind]int{store.Calendar: 2, store.AddressBook: 1} {
		found, err := c.store.Collections(t.Context(), c.account.ID, kind)
		if err != nil || len(found) != want {
			t.Errorf("%d collections of kind %v after the examination, want %d, %v", len(found), kind, want, err)
		}
	}
}

func discardBody(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

// what proxies do to a request before it arrives, or to an answer.
type front = func(h http.Handler, w http.ResponseWriter, r *http.Request)

func without(header string) front {
	return func(h http.Handler, w http.ResponseWriter, r *http.Request) {
		r.Header.Del(header)
		h.ServeHTTP(w, r)
	}
}

func refusing(server string, code int, methods ...string) front {
	return func(h http.Handler, w http.ResponseWriter, r *http.Request) {
		if slices.Contains(methods, r.Method) {
			discardBody(r)
			w.Header().Set("Server", server)
			w.WriteHeader(code)
			return
		}
		h.ServeHTTP(w, r)
	}
}

// decoding hands the decoded path on, as nginx does when proxy_pass has a path.
func decoding(h http.Handler, w http.ResponseWriter, r *http.Request) {
	u, err := url.Parse(strings.ReplaceAll(r.URL.EscapedPath(), "%25", "%2525"))
	if err == nil {
		r.URL.Path, r.URL.RawPath = u.Path, ""
	}
	h.ServeHTTP(w, r)
}

func bounded1MiB(h http.Handler, w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > 1<<20 {
		w.Header().Set("Server", "nginx/1.22.1")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	h.ServeHTTP(w, r)
}

// cutting loses the end of long answers.
func cutting(h http.Handler, w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	if len(body) > 1<<20 {
		body = body[:1<<20]
		rec.Header().Del("Content-Length")
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = io.Copy(w, bytes.NewReader(body))
}

func answering(match func(*http.Request) bool, code int) front {
	return func(h http.Handler, w http.ResponseWriter, r *http.Request) {
		if match(r) {
			discardBody(r)
			w.WriteHeader(code)
			return
		}
		h.ServeHTTP(w, r)
	}
}

// Each row is one fault in front of the server, the step that tells of it, and
// a word of how to mend it.
func TestDiagnose_FindsWhatAProxyBreaks(t *testing.T) {
	t.Parallel()
	signedIn := func(r *http.Request) bool { _, _, ok := r.BasicAuth(); return ok }
	for _, tt := range []struct {
		name       string
		front      front
		want, mend string // where the name of a kind is in it, the fault shows behind the sign-in alone
	}{
		{"PROPFIND, REPORT, MKCALENDAR refused", refusing("nginx", 405, "REPORT", "MKCALENDAR"), "problem methods", "limit_except"},
		{"by Apache", refusing("Apache/2.4.71 (Debian)", 403, "PROPPATCH"), "problem methods", "<LimitExcept>"},
		{"by Caddy", refusing("Caddy", 501, "COPY", "MOVE"), "problem methods", "Caddy: take `method`"},
		{"by nobody knows what", refusing("", 405, "DELETE"), "problem methods", "Apache: take"},
		{"slashes refused", answering(func(r *http.Request) bool { return strings.Contains(r.URL.EscapedPath(), "%2F") }, 404), "warning encoded paths", "AllowEncodedSlashes"},
		{"@ refused", answering(func(r *http.Request) bool { return strings.Contains(r.URL.EscapedPath(), "%40") }, 400), "problem encoded paths", "byte by byte"},
		{"paths decoded twice", decoding, "problem contacts: names", "not even a slash"},
		{"names with slashes taken apart", func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.RawPath, "%2F") {
				r.URL.RawPath = ""
			}
			h.ServeHTTP(w, r)
		}, "warning contacts: names", "not even a slash"},
		{"well-known only without a password", answering(func(r *http.Request) bool { return signedIn(r) && strings.HasPrefix(r.URL.Path, "/.well") }, 404), "problem /.well-known/caldav", "with and without"},
		{"well-known not for GET", answering(func(r *http.Request) bool { return r.Method == "GET" && strings.HasPrefix(r.URL.Path, "/.well") }, 404), "warning /.well-known/caldav", "every method"},
		{"OPTIONS answered by the proxy", answering(func(r *http.Request) bool { return r.Method == "OPTIONS" }, 200), "problem calendars: OPTIONS of the principal", "DAV header lacks"},
		{"Depth taken out", without("Depth"), "problem contacts: headers", "Depth does not arrive"},
		{"If-Match taken out", without("If-Match"), "problem contacts: round trip", "lose changes"},
		{"If-None-Match taken out", without("If-None-Match"), "problem calendars: headers", "overwrite"},
		{"Prefer taken out", without("Prefer"), "warning calendars: headers", "longer than they need"},
		{"Authorization taken out", without("Authorization"), "problem calendars: discovery", "Authorization"},
		{"1 MiB and no more", bounded1MiB, "problem contacts: large objects", "client_max_body_size"},
		{"no chunked bodies", answering(func(r *http.Request) bool { return r.Method == "PUT" && r.ContentLength < 0 }, 411), "problem contacts: uploads in pieces", "proxy_http_version"},
		{"long answers cut", cutting, "problem contacts: large objects", "proxy_temp_path"},
		{"weak ETags", func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			if e := rec.Header().Get("ETag"); e != "" && r.Method == "GET" {
				w.Header().Set("ETag", "W/"+e)
			}
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		}, "problem contacts: round trip", "lose changes"},
		{"not trusted", told(discovery.ProxyNotTrusted), "problem addresses of clients", "trusted-proxies"},
		{"says not who asks", told(discovery.ProxySilent), "warning addresses of clients", "$proxy_add_x_forwarded_for"},
		{"takes itself for another", func(h http.Handler, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/index.php/login/v2" {
				fmt.Fprint(w, `{"login":"http://127.0.0.1:8008/login/v2/flow/x"}`)
				return
			}
			h.ServeHTTP(w, r)
		}, "problem its own address", "set url = https://example.com/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			c.front = tt.front
			user, pass := "ann", account.Secret(password)
			if !strings.Contains(tt.want, "contacts:") && !strings.Contains(tt.want, "calendars:") && !strings.Contains(tt.name, "password") {
				user, pass = "", ""
			}
			expect(t, c.examine(t, user, pass), tt.want, tt.mend)
		})
	}
}

// told is a server that has something to say about its proxy.
func told(what string) front {
	return func(h http.Handler, w http.ResponseWriter, r *http.Request) {
		w.Header().Set(discovery.HeaderProxy, what)
		h.ServeHTTP(w, r)
	}
}

// expect finds a step by status and name, with a word in its mending.
func expect(t *testing.T, steps []Step, want, mend string) {
	t.Helper()
	i := slices.Index(statuses(steps), want)
	if i < 0 {
		t.Fatalf("no %q in\n%s", want, strings.Join(statuses(steps), "\n"))
	}
	if !strings.Contains(steps[i].Mend, mend) {
		t.Errorf("%q is not in %+v", mend, steps[i])
	}
	for _, s := range steps {
		if s.Status != OK && s.Mend == "" {
			t.Errorf("no word on how to mend %+v", s)
		}
	}
}

func TestDiagnose_FindsWhatIsWrongInDNS(t *testing.T) {
	t.Parallel()
	edit := func(old, with string) zone { return zone(strings.ReplaceAll(string(healthy), old, with)) }
	pacc := func(t *testing.T, digest string) zone {
		t.Helper()
		return healthy + zone("ua-auto-config.example.com. CNAME example.com.\n_ua-auto-config.example.com. TXT \""+digest+"\"\n")
	}
	body, err := discovery.Service{URL: &url.URL{Scheme: "https", Host: "example.com"}}.PACC()
	if err != nil {
		t.Fatal(err)
	}
	told, err := discovery.NewHandler(discovery.Service{URL: &url.URL{Scheme: "https", Host: "example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		zone       zone
		want, mend string
	}{
		{"no address", edit("example.com. A 192.0.2.1", ""), "problem DNS: example.com", "A record"},
		{"one address is dead", healthy + "example.com. AAAA 2001:db8::1\nexample.com. A 192.0.2.9\n", "warning DNS: example.com", "take it out of DNS"},
		{"all are dead", edit("192.0.2.1", "192.0.2.9"), "problem DNS: example.com", "firewall"},
		{"no SRV", "example.com. A 192.0.2.1\n", "warning DNS: _caldavs._tcp.example.com", "ksyncd dns example.com"},
		{"SRV says no", edit("SRV 0 1 443 example.com.", "SRV 0 0 0 ."), "problem DNS: _carddavs._tcp.example.com", "no such service"},
		{"SRV leads elsewhere", edit("SRV 0 1 443 example.com.", "SRV 0 1 443 old.example.com."), "warning DNS: _carddavs._tcp.example.com", "another place"},
		{"SRV with another port", edit("SRV 0 1 443 example.com.", "SRV 0 1 8443 example.com."), "warning DNS: _caldavs._tcp.example.com", "another place"},
		{"SRV leads to an alias", edit("example.com. A 192.0.2.1", "example.com. CNAME www.example.com.\nwww.example.com. A 192.0.2.1"), "warning DNS: _caldavs._tcp.example.com", "alias"},
		{"path leads nowhere", edit("path=/dav/", "path=/nowhere/"), "problem DNS: path of _caldavs._tcp.example.com", "find nothing"},
		{"a plain service", edit("_caldav._tcp.example.com. SRV 0 0 0 .", "_caldav._tcp.example.com. SRV 0 1 80 example.com."), "warning DNS: _caldav._tcp.example.com", "0 0 0 ."},
		{"digest of something else", pacc(t, "v=UAAC1; a=sha256; d=AAAA"), "problem DNS: _ua-auto-config.example.com", "prints now"},
		{"right digest", pacc(t, discovery.PACCDigest(body)), "ok DNS: _ua-auto-config.example.com", ""},
		{"autoconfig answers", healthy + "autoconfig.example.com. CNAME example.com.\n", "ok DNS: autoconfig.example.com", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			c.zone = tt.zone
			c.front = func(h http.Handler, w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == discovery.PathPACC, r.URL.Path == discovery.PathAutoconfig:
					told.ServeHTTP(w, r)
				case strings.HasPrefix(r.URL.Path, "/nowhere"):
					http.NotFound(w, r)
				default:
					h.ServeHTTP(w, r)
				}
			}
			expect(t, c.examine(t, "", ""), tt.want, tt.mend)
		})
	}
}

func TestDiagnose_AutoconfigOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"another site": 200, "nothing": 404} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			c.zone += "autoconfig.example.com. CNAME example.com.\n"
			c.front = answering(func(r *http.Request) bool { return r.URL.Path == discovery.PathAutoconfig }, status)
			expect(t, c.examine(t, "", ""), "warning DNS: autoconfig.example.com", "look there")
		})
	}
}

// The domain of the addresses need not be that of the server.
func TestDiagnose_DomainBesideTheHost(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.domain = "example.org"
	c.zone += "_caldavs._tcp.example.org. SRV 0 1 443 example.com.\n"
	steps := c.examine(t, "", "")
	expect(t, steps, "ok DNS: _caldavs._tcp.example.org", "")
	expect(t, steps, "warning DNS: _carddavs._tcp.example.org", "ksyncd dns example.org")
}

func TestDiagnose_TheDoorForHTTP(t *testing.T) {
	t.Parallel()
	to := func(target string) http.Handler { return http.RedirectHandler(target, http.StatusMovedPermanently) }
	status := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	for name, tt := range map[string]struct {
		plain http.Handler
		want  string
	}{
		"closed":                     {nil, "ok http"},
		"to https":                   {to("https://example.com/"), "ok http"},
		"to another name":            {to("https://www.example.com/"), "warning http"},
		"asks for passwords":         {status(401), "problem http"},
		"a page":                     {status(200), "warning http"},
		"redirects within the plain": {to("/dav/"), "warning http"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			c.plain = tt.plain
			expect(t, c.examine(t, "", ""), tt.want, "")
		})
	}
}

func TestDiagnose_OldTLS(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.oldTLS = true
	expect(t, c.examine(t, "", ""), "warning old TLS", "TLSv1.2")
}

// Without a sign-in nothing that could change something is sent to a server
// that asks for none.
func TestDiagnose_OpenServersAreLeftAlone(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.front = func(h http.Handler, w http.ResponseWriter, r *http.Request) {
		if slices.Contains([]string{"PUT", "DELETE", "MKCOL", "MKCALENDAR", "PROPPATCH", "MOVE", "COPY"}, r.Method) {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		r.SetBasicAuth("ann", password)
		h.ServeHTTP(w, r)
	}
	expect(t, c.examine(t, "", ""), "problem without password", "401")
}

func TestFind_FollowsDNS(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		zone zone
		want string
	}{
		"SRV of calendars":     {"_caldavs._tcp.example.com. SRV 0 1 443 sync.example.com.\n", "https://sync.example.com/"},
		"SRV of contacts":      {"_carddavs._tcp.example.com. SRV 0 1 8443 sync.example.com.\n", "https://sync.example.com:8443/"},
		"the first of several": {"_caldavs._tcp.example.com. SRV 9 1 443 late.example.com.\n_caldavs._tcp.example.com. SRV 1 1 443 soon.example.com.\n", "https://soon.example.com/"},
		"no such service":      {"_caldavs._tcp.example.com. SRV 0 0 0 .\n", "https://example.com/"},
		"nothing":              {"", "https://example.com/"},
		"DNS is silent":        {"", "https://broken.example.com/"},
	} {
		domain := "example.com"
		if strings.Contains(tt.want, "broken") {
			domain = "broken.example.com"
		}
		if got, err := Find(t.Context(), Options{Resolver: tt.zone.resolver(t)}, domain); err != nil || got.String() != tt.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, tt.want)
		}
	}
}

// RFC 6764 §8: DNS alone does not say who gets a password.
func TestFind_PasswordStaysBelowTheDomain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		target string
		user   string
		hosts  []string
		found  bool
	}{
		"the domain itself":             {"example.com.", "ann", nil, true},
		"below it":                      {"sync.Example.com.", "ann", nil, true},
		"elsewhere":                     {"example.net.", "ann", nil, false},
		"a name that only ends like it": {"evilexample.com.", "ann", nil, false},
		"above it":                      {"com.", "ann", nil, false},
		"elsewhere, and allowed":        {"Sync.example.net.", "ann", []string{"sync.example.net"}, true},
		"elsewhere, without a password": {"example.net.", "", nil, true},
	} {
		o := Options{User: tt.user, Hosts: tt.hosts, Resolver: zone("_carddavs._tcp.example.com. SRV 0 1 443 " + tt.target + "\n").resolver(t)}
		got, err := Find(t.Context(), o, "example.com")
		if other, is := errors.AsType[*ErrOtherHost](err); tt.found != (err == nil) || err != nil && (!is || other.Host+"." != tt.target) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// import --from example.org: the server is elsewhere, and only DNS knows where.
func TestPull_ByTheRecordsOfTheDomain(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.store, c.account = filled(t)
	c.zone = "_caldavs._tcp.example.org. SRV 0 1 443 example.com.\n_carddavs._tcp.example.org. SRV 0 1 443 example.com.\n"
	tr := c.transport(t)
	reach := tr.DialContext
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "example.org:") {
			return nil, fmt.Errorf("dial %s: connection refused", address)
		}
		return reach(ctx, network, address)
	}
	here, bob := newAccount(t, "")
	o := Options{URL: &url.URL{Scheme: "https", Host: "example.org", Path: "/"}, User: "ann", Password: password, Transport: tr, Resolver: c.zone.resolver(t)}
	if _, err := NewClient(o).Pull(t.Context(), options(here, bob)); err == nil {
		t.Error("the password went to a host that DNS alone named")
	}
	o.Hosts = []string{"example.com"}
	r, err := NewClient(o).Pull(t.Context(), options(here, bob))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, r.Total[transfer.Created], 41)
}
