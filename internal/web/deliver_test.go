package web

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/internal/assistant"
)

// delivery is a ticket for Ann's phone.
func (h house) delivery() assistant.Delivery {
	h.Helper()
	h.ann()
	from := account.Visit{}
	p, err := h.accounts.SignIn(h.Context(), from, account.Attempt{Login: annsLogin, Password: annsPassword})
	h.must(err)
	ann, err := h.accounts.Session(h.Context(), from, p.Done.Token)
	h.must(err)
	made, err := h.helper.SetUp(h.Context(), from, ann, assistant.NewDevice{Name: "Ann's iPhone", Platform: assistant.IPhone, Data: []assistant.Data{assistant.Contacts}})
	h.must(err)
	return made
}

// ask does a request without any cookie, and reads its answer.
func (h house) ask(method, url string, change ...func(*http.Request)) (*http.Response, string) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), method, url, nil)
	h.must(err)
	for _, f := range change {
		f(r)
	}
	a, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r) // follows nothing
	h.must(err)
	defer a.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(a.Body)
	h.must(err)
	return a, string(body)
}

func TestDeliver_TheFileWithoutACookie(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	made := h.delivery()
	gzip := func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") }
	first := ""
	for range 5 {
		a, body := h.ask("GET", made.URL.Reveal()+"/Ann-s-iPhone.mobileconfig", gzip)
		for name, want := range map[string]string{
			"Content-Type": "application/x-apple-aspen-config", "Content-Disposition": `attachment; filename="Ann-s-iPhone.mobileconfig"`,
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Content-Encoding": "",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if a.StatusCode != 200 || a.ContentLength != int64(len(body)) || len(a.TransferEncoding) != 0 || len(a.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("%d, %d of %d bytes, %v", a.StatusCode, a.ContentLength, len(body), a.Header)
		}
		if first == "" {
			first = body
		}
		if body != first || !strings.Contains(body, "<key>CardDAVPassword</key>") {
			t.Error("another file, or without a password")
		}
	}
	a, body := h.ask("GET", made.URL.Reveal()+"/Ann-s-iPhone.mobileconfig")
	other, unknown := h.ask("GET", h.url+"/p/"+strings.Repeat("a", 26)+"/x.mobileconfig")
	if a.StatusCode != 410 || other.StatusCode != 410 || a.Header.Get("X-Robots-Tag") != "noindex" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("used up: %d, unknown: %d, %v", a.StatusCode, other.StatusCode, a.Header)
	}
	same := strings.NewReplacer(made.Ticket.Reveal(), "T", strings.Repeat("a", 26), "T", "Ann-s-iPhone", "x") // the page names its own address
	if same.Replace(body) != same.Replace(unknown) {
		t.Error("used up and unknown are told apart")
	}
}

// What looks at an address without fetching it spends nothing.
func TestDeliver_OtherMethodsSpendNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	made := h.delivery()
	for _, method := range []string{"HEAD", "POST", "OPTIONS", "PUT", "PROPFIND"} {
		if a, _ := h.ask(method, made.URL.Reveal()+"/x.mobileconfig"); a.StatusCode < 400 {
			t.Errorf("%s: %d", method, a.StatusCode)
		}
	}
	l, err := h.helper.Landing(t.Context(), account.Visit{}, made.Ticket)
	if err != nil || l.Downloads != 5 || l.Device.State != assistant.Begun {
		t.Errorf("%+v, %v", l, err)
	}
}

// A Host header that somebody invents is not in the profile.
func TestDeliver_HostHeaderHasNoPart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	made := h.delivery()
	_, body := h.ask("GET", made.URL.Reveal()+"/x.mobileconfig", func(r *http.Request) {
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
	})
	if strings.Contains(body, "evil") || !strings.Contains(body, "<string>localhost</string>") {
		t.Error(body)
	}
}
