package account

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func header(userinfo string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(userinfo))}}
}

func TestReadBasic(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header                   http.Header
		login, decoded, password string
	}{
		"plain":                 {header("ann:pw"), "ann", "ann", "pw"},
		"colons in password":    {header("ann:a:b:"), "ann", "ann", "a:b:"},
		"upper case":            {header("Ann@Example.ORG:pw"), "ann@example.org", "ann@example.org", "pw"},
		"iOS 18.4":              {header("ann%40example.org:pw"), "ann%40example.org", "ann@example.org", "pw"},
		"percent for itself":    {header("100%:pw"), "100%", "100%", "pw"},
		"UTF-8":                 {header("zoë:grüße"), "zoë", "zoë", "grüße"},
		"decomposed UTF-8":      {header("zoe\u0308:pw"), "zoë", "zoë", "pw"},
		"Latin-1":               {header("zo\xeb:gr\xfc"), "zoë", "zoë", "grü"},
		"scheme in lower case":  {http.Header{"Authorization": {"basic YW5uOnB3"}}, "ann", "ann", "pw"},
		"two blanks":            {http.Header{"Authorization": {"Basic  YW5uOnB3"}}, "ann", "ann", "pw"},
		"without padding":       {http.Header{"Authorization": {"Basic YTpiYg"}}, "a", "a", "bb"},
		"encoded NUL is no NUL": {header("a%00b:pw"), "a%00b", "a%00b", "pw"},
	} {
		got, err := readBasic(tt.header)
		if err != nil || got.login != tt.login || got.decoded != tt.decoded || got.password.Reveal() != tt.password {
			t.Errorf("%s: got %q %q %q, %v", name, got.login, got.decoded, got.password.Reveal(), err)
		}
	}
}

func TestReadBasic_Refused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header http.Header
		want   error
	}{
		"none":             {http.Header{}, errNoCredentials},
		"another scheme":   {http.Header{"Authorization": {"Bearer abc"}}, errNoCredentials},
		"Negotiate":        {http.Header{"Authorization": {"Negotiate YII="}}, errNoCredentials},
		"no colon":         {header("ann"), errBadCredentials},
		"no login":         {header(":pw"), errBadCredentials},
		"no password":      {header("ann:"), errBadCredentials},
		"NUL in login":     {header("a\x00nn:pw"), errBadCredentials},
		"NUL in password":  {header("ann:p\x00w"), errBadCredentials},
		"line end":         {header("ann\r\nx:pw"), errBadCredentials},
		"not base64":       {http.Header{"Authorization": {"Basic !!!"}}, errBadCredentials},
		"nothing":          {http.Header{"Authorization": {"Basic"}}, errBadCredentials},
		"a megabyte":       {header("ann:" + strings.Repeat("x", 1<<20)), errBadCredentials},
		"two of them":      {http.Header{"Authorization": {"Basic YW5uOnB3", "Basic YW5uOnB3"}}, errBadCredentials},
		"a megabyte login": {header(strings.Repeat("x", 1<<20) + ":pw"), errBadCredentials},
	} {
		if _, err := readBasic(tt.header); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func FuzzReadBasic(f *testing.F) {
	for _, s := range []string{"Basic YW5uOnB3", "basic  YTpiYg==", "Basic", "Bearer x", "Basic em/rOmdy/A=="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		c, err := readBasic(http.Header{"Authorization": {value}})
		if err != nil {
			return
		}
		for _, s := range []string{c.login, c.decoded, c.password.Reveal()} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || len(s) > 4*maxAuthorization {
				t.Errorf("%q gave %q", value, s)
			}
		}
	})
}
