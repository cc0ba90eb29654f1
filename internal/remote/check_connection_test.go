package remote

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// The scheme of the address is the other one's: one finding that says so, and not
// one for each thing that then does not work.
func TestCheck_TheOtherScheme(t *testing.T) {
	t.Parallel()
	speaks := func(open func(http.Handler) *httptest.Server) string {
		s := open(http.NotFoundHandler())
		s.Config.ErrorLog = discard()
		t.Cleanup(s.Close)
		_, host, _ := strings.Cut(s.URL, "://")
		return host
	}
	for _, tt := range []struct {
		name, scheme, host string
		mend               string
	}{
		{"http where TLS is", "http", speaks(httptest.NewTLSServer), "https://"},
		{"https where none is", "https", speaks(httptest.NewServer), "port for http?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps := check(t, &url.URL{Scheme: tt.scheme, Host: tt.host, Path: "/"}, "", nil)
			diff(t, statuses(steps), []string{"problem connection"})
			if !strings.Contains(steps[0].Mend, tt.mend) {
				t.Errorf("no %q in %+v", tt.mend, steps[0])
			}
		})
	}
}
