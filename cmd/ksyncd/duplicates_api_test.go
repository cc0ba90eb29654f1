package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/store"
)

// twoWays is a person at the API and their phone, in the server as it is wired.
type twoWays struct {
	*testing.T
	handler http.Handler
	cookie  string
	phone   func(*http.Request)
	book    string // address of the address book
	token   string // of the phone's last sync
}

func newTwoWays(t *testing.T) *twoWays {
	t.Helper()
	handler, p, keys := wiredKeys(t)
	w := &twoWays{T: t, handler: handler, cookie: signInAnn(t, p.store, p.accounts).Reveal()}
	a, err := p.store.AccountByLogin(t.Context(), "ann@example.org")
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := account.Issuer{Store: p.store, Keys: keys, Rand: rand.Reader}.Issue(t.Context(), store.AppPassword{Account: a.ID, Name: "phone", Scope: store.FullScope})
	if err != nil {
		t.Fatal(err)
	}
	w.phone = func(r *http.Request) { r.SetBasicAuth(a.Login, secret.Reveal()) }
	w.book = fmt.Sprintf("/dav/addressbooks/%d/contacts/", a.ID)
	return w
}

func (w *twoWays) ask(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	w.Helper()
	r := httptest.NewRequest(method, "https://sync.example.org"+path, strings.NewReader(body))
	for _, f := range change {
		f(r)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// api asks as the person, and reads the answer into v.
func (w *twoWays) api(method, path string, body, v any) {
	w.Helper()
	var sent []byte
	var err error
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			w.Fatal(err)
		}
	}
	rec := w.ask(method, "/api/v1"+path, string(sent), func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "__Host-ksync", Value: w.cookie})
		r.Header.Set("Content-Type", "application/json")
	})
	if rec.Code != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), v); err != nil {
		w.Fatal(err)
	}
}

// sync is what the phone hears: each name with the status of its removal, or 200.
func (w *twoWays) sync() map[string]string {
	w.Helper()
	rec := w.ask("REPORT", w.book, `<D:sync-collection xmlns:D="DAV:"><D:sync-token>`+w.token+`</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`, w.phone)
	if rec.Code != http.StatusMultiStatus {
		w.Fatalf("%d %s", rec.Code, rec.Body)
	}
	heard := map[string]string{}
	for _, found := range regexp.MustCompile(`(?s)<D:response>.*?<D:href>([^<]*)</D:href>.*?HTTP/1.1 (\d+).*?</D:response>`).FindAllStringSubmatch(rec.Body.String(), -1) {
		heard[strings.TrimPrefix(found[1], w.book)] = found[2]
	}
	w.token = regexp.MustCompile(`<D:sync-token>([^<]*)<`).FindStringSubmatch(rec.Body.String())[1]
	return heard
}

func (w *twoWays) put(name string, lines ...string) {
	w.Helper()
	rec := w.ask(http.MethodPut, w.book+name, "BEGIN:VCARD\r\nVERSION:3.0\r\n"+strings.Join(lines, "\r\n")+"\r\nEND:VCARD\r\n", w.phone)
	if rec.Code != http.StatusCreated {
		w.Fatalf("PUT %s: %d %s", name, rec.Code, rec.Body)
	}
}

// A merge by the API is one step for a phone: the kept card and the group changed, the other card gone. Undone, all is back.
func TestServe_PhoneHearsOfAMergeByTheAPI(t *testing.T) {
	t.Parallel()
	w := newTwoWays(t)
	w.put("a.vcf", "UID:a", "FN:Anna Keller", "N:Keller;Anna;;;", "TEL;TYPE=CELL:+41 79 611 20 31", "EMAIL:anna@keller.example")
	w.put("b.vcf", "UID:b", "FN:Anna Keller", "N:Keller;Anna;;;", "TEL;TYPE=CELL:+41796112031", "EMAIL:anna@keller.example", "NOTE:likes tea")
	w.put("g.vcf", "UID:g", "FN:Friends", "N:Friends;;;;", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b")
	before := w.ask(http.MethodGet, w.book+"b.vcf", "", w.phone).Body.String()
	w.sync()

	var list struct {
		Groups []struct {
			Cards []map[string]any `json:"cards"`
		} `json:"groups"`
	}
	w.api("GET", "/duplicates", nil, &list)
	if len(list.Groups) != 1 || len(list.Groups[0].Cards) != 2 {
		t.Fatalf("%+v", list)
	}
	refs := map[any]map[string]any{}
	for _, c := range list.Groups[0].Cards {
		refs[c["uri"]] = map[string]any{"book": c["book"], "uri": c["uri"], "etag": c["etag"]}
	}
	var done struct {
		Undo int64 `json:"undo"`
	}
	w.api("POST", "/duplicates/merge", map[string]any{"reference": refs["a.vcf"], "duplicates": []any{refs["b.vcf"]}}, &done)
	if got, want := fmt.Sprint(w.sync()), "map[a.vcf:200 b.vcf:404 g.vcf:200]"; got != want {
		t.Errorf("the phone hears %s, want %s", got, want)
	}
	if got := w.ask(http.MethodGet, w.book+"a.vcf", "", w.phone); !strings.Contains(got.Body.String(), "NOTE:likes tea\r\n") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	stale := w.ask(http.MethodPut, w.book+"b.vcf", before, w.phone, func(r *http.Request) { r.Header.Set("If-Match", fmt.Sprintf("%q", refs["b.vcf"]["etag"])) })
	if stale.Code != http.StatusPreconditionFailed {
		t.Errorf("the phone stores the removed card again: %d", stale.Code)
	}
	w.api("POST", fmt.Sprintf("/merges/%d/undo", done.Undo), nil, &done)
	if got, want := fmt.Sprint(w.sync()), "map[a.vcf:200 b.vcf:200 g.vcf:200]"; got != want {
		t.Errorf("after the undo the phone hears %s, want %s", got, want)
	}
	if got := w.ask(http.MethodGet, w.book+"b.vcf", "", w.phone).Body.String(); got != before {
		t.Errorf("restored\n%s\nnot\n%s", got, before)
	}
}
