package httpd_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"ksync/internal/discovery"
	"ksync/internal/httpd"
	"ksync/internal/logtest"
)

func proxies(networks ...string) httpd.Proxies {
	var p httpd.Proxies
	for _, n := range networks {
		if n == "unix" {
			p.Unix = true
			continue
		}
		p.Networks = append(p.Networks, netip.MustParsePrefix(n))
	}
	return p
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		proxies   httpd.Proxies
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                        {proxies(), "192.0.2.1:5", nil, "192.0.2.1:5"},
		"a stranger's claim":              {proxies("10.0.0.0/8"), "192.0.2.1:5", []string{"203.0.113.9"}, "192.0.2.1:5"},
		"nobody is trusted":               {proxies(), "127.0.0.1:5", []string{"203.0.113.9"}, "127.0.0.1:5"},
		"our proxy":                       {proxies("10.0.0.0/8"), "10.0.0.1:5", []string{"203.0.113.9"}, "203.0.113.9"},
		"what the client invented":        {proxies("10.0.0.0/8"), "10.0.0.1:5", []string{"127.0.0.1, 10.9.9.9, 203.0.113.9"}, "203.0.113.9"},
		"two headers":                     {proxies("10.0.0.0/8"), "10.0.0.1:5", []string{"127.0.0.1", "203.0.113.9"}, "203.0.113.9"},
		"two of our proxies":              {proxies("10.0.0.0/8"), "10.0.0.1:5", []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"only proxies":                    {proxies("10.0.0.0/8"), "10.0.0.1:5", []string{"10.0.0.3"}, "10.0.0.3"},
		"our proxy says nothing":          {proxies("10.0.0.0/8"), "10.0.0.1:5", nil, "10.0.0.1:5"},
		"our proxy says nonsense":         {proxies("10.0.0.0/8"), "10.0.0.1:5", []string{"203.0.113.9, unknown"}, "10.0.0.1:5"},
		"with a port":                     {proxies("10.0.0.0/8"), "10.0.0.1:5", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"IPv6":                            {proxies("fd00::/8"), "[fd00::1]:5", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		"IPv4 in IPv6":                    {proxies("10.0.0.0/8"), "[::ffff:10.0.0.1]:5", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"unix socket, trusted":            {proxies("unix"), "@", []string{"203.0.113.9"}, "203.0.113.9"},
		"unix socket, not trusted":        {proxies("10.0.0.0/8"), "@", []string{"203.0.113.9"}, "@"},
		"unix trusted, but came over TCP": {proxies("unix"), "192.0.2.1:5", []string{"203.0.113.9"}, "192.0.2.1:5"},
	} {
		r := httptest.NewRequest("GET", "/dav/", nil)
		r.RemoteAddr = tt.peer
		if tt.peer == "@" {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.UnixAddr{Net: "unix"})))
		}
		r.Header["X-Forwarded-For"] = tt.forwarded
		if body := serve(httpd.Options{Proxies: tt.proxies}, r).Body.String(); !strings.HasSuffix(body, " from "+tt.want) {
			t.Errorf("%s: got %q, want %s", name, body, tt.want)
		}
	}
}

func TestProxies_StrangersHeadersAreDropped(t *testing.T) {
	t.Parallel()
	names := []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}
	for _, peer := range []string{"192.0.2.1:1", "10.0.0.1:1"} {
		var seen http.Header
		r := httptest.NewRequest("GET", "/dav/", nil)
		r.RemoteAddr = peer
		for _, name := range names {
			r.Header.Set(name, "203.0.113.9")
		}
		serve(httpd.Options{Proxies: proxies("10.0.0.0/8"), DAV: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })}, r)
		for _, name := range names {
			if kept := seen.Get(name) != ""; kept != strings.HasPrefix(peer, "10.") {
				t.Errorf("%s from %s: kept %v", name, peer, kept)
			}
		}
	}
}

func TestAddress_ProxyHostMustBeOne(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", "a b", "evil\"><script>", "a/b", "a@b", "a\\b", "a%2fb"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header.Set("X-Forwarded-Host", host)
		r.Header.Set("X-Forwarded-Proto", "https")
		if body := serve(httpd.Options{Proxies: proxies("10.0.0.0/8")}, r).Body.String(); !strings.Contains(body, "<nil>") {
			t.Errorf("host %q is shown:\n%s", host, body)
		}
	}
}

// Behind a proxy that the settings do not name everybody is one address, and
// nothing showed it.
func TestProxies_OneThatIsNotNamedIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		peer, header string
		want         string // in the answer
		log          string // one line with that address; "": none
	}{
		"on this machine":           {"127.0.0.1:5", "X-Forwarded-For", discovery.ProxyNotTrusted, "proxy=127.0.0.1"},
		"in a container network":    {"172.17.0.1:5", "X-Forwarded-Proto", discovery.ProxyNotTrusted, "proxy=172.17.0.1"},
		"in IPv6":                   {"[fd00::1]:5", "Forwarded", discovery.ProxyNotTrusted, "proxy=fd00::1"},
		"in a carrier's network":    {"100.100.1.2:5", "X-Real-Ip", discovery.ProxyNotTrusted, "proxy=100.100.1.2"},
		"on a unix socket":          {"@", "X-Forwarded-For", discovery.ProxyNotTrusted, "proxy=unix"},
		"a stranger wants trust":    {"203.0.113.9:5", "X-Forwarded-For", discovery.ProxyNotTrusted, ""},
		"a client of the network":   {"192.168.1.2:5", "User-Agent", "", ""},
		"named":                     {"10.0.0.1:5", "X-Forwarded-For", "", ""},
		"named, and says not whose": {"10.0.0.1:5", "X-Forwarded-Proto", discovery.ProxySilent, ""},
		"named, and says nothing":   {"10.0.0.1:5", "User-Agent", discovery.ProxySilent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logtest.Log
			h := httpd.New(httpd.Options{Ready: ready, DAV: davStub, Proxies: proxies("10.0.0.0/8"), Logger: log.Logger(slog.LevelWarn)})
			for range 2 {
				r, rec := httptest.NewRequest("GET", "/dav/", nil), httptest.NewRecorder()
				if r.RemoteAddr = tt.peer; tt.peer == "@" {
					r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.UnixAddr{Net: "unix"})))
				}
				r.Header.Set(tt.header, "203.0.113.9")
				if h.ServeHTTP(rec, r); rec.Header().Get(discovery.HeaderProxy) != tt.want {
					t.Errorf("the answer says %q, want %q", rec.Header().Get(discovery.HeaderProxy), tt.want)
				}
			}
			warned := strings.Count(log.String(), "level=WARN")
			if tt.log == "" && warned > 0 || tt.log != "" && (warned != 1 || !strings.Contains(log.String(), tt.log+"\n")) {
				t.Errorf("want one warning with %q: %s", tt.log, log.String())
			}
		})
	}
}
