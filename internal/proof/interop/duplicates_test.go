package interop

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"ksync/internal/proof"
	"ksync/internal/proof/prooftest"
)

// reader is a person in a browser without scripts.
type reader struct {
	*testing.T
	http.Client
	url string
}

// signedIn is the person of an account: whoever runs the server gave them a
// link to choose a password.
func signedIn(t *testing.T, s *proof.Server, data, login string) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{T: t, Client: http.Client{Jar: jar}, url: s.URL}
	out, err := exec.CommandContext(t.Context(), binary, "user", "password", login, "--link", "--url", s.URL, "--data", data).Output()
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/reset/[\w-]+`).FindString(string(out))
	const password = "correct zebra battery"
	r.send(link, url.Values{"new-password": {password}, "password-again": {password}})
	r.send("/sign-in", url.Values{"login": {login}, "password": {password}})
	return r
}

// send opens a page, or sends it a form, and returns what it leads to.
func (r *reader) send(path string, form url.Values) string {
	r.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(r.Context(), method, r.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := r.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.Fatalf("%s %s: %d %v\n%s", method, path, resp.StatusCode, err, body)
	}
	return string(body)
}

// part is what a pattern finds first on a page.
func (r *reader) part(page, pattern string) string {
	r.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if found == nil {
		r.Fatalf("no %s on:\n%s", pattern, page)
	}
	return found[1]
}

// fields are the hidden ones of a form, and the radio that is chosen.
func (r *reader) fields(page string) url.Values {
	v := url.Values{}
	for _, f := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		v.Add(f[1], strings.ReplaceAll(f[2], "&#43;", "+"))
	}
	v.Set("reference", v.Get("shown"))
	return v
}

// After a merge on the page the folder of a vdirsyncer has one contact, with
// what both said; after the undo it has both again.
func TestVdirsyncer_SeesAMergeAndItsUndo(t *testing.T) {
	t.Parallel()
	client(t, "vdirsyncer")
	data := t.TempDir()
	s := prooftest.Start(t, binary, data)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(t, s, c, "carddav")
	card := func(uid string, lines ...string) []byte {
		return []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nN:Keller;Anna;;;\r\nFN:Anna Keller\r\nBDAY:1980-02-28\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCARD\r\n")
	}
	p.put(t, "contacts/one.vcf", card("one", "TEL;TYPE=CELL:+41796112031", "NOTE:Likes tea", "ORG:Acme"))
	p.put(t, "contacts/two.vcf", card("two", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:anna@keller.example"))
	p.put(t, "contacts/else.vcf", proof.Card("else", 1, 1))
	p.discover(t)
	p.sync(t)
	if got := len(p.files(t, "contacts")); got != 3 {
		t.Fatalf("%d files before", got)
	}

	r := signedIn(t, s, data, "ann")
	group := r.send(r.part(r.send("/duplicates", nil), `href="(/duplicates/groups/[0-9a-f]+)"`), nil)
	form := r.fields(group)
	form.Set("do", "merge")
	merged := r.send(r.part(group, `action="(/duplicates/groups/[0-9a-f]+)"`), form)
	p.sync(t)
	p.wantBoth(t, "contacts", "anna@keller.example", "Revision 1.")
	all := strings.Join(meaning(p.files(t, "contacts")), "\n")
	for _, want := range []string{"Likes tea", "+41796112031", "UID:one"} {
		if !strings.Contains(all, want) {
			t.Errorf("the folder has no %q:\n%s", want, all)
		}
	}

	r.send(r.part(merged, `action="(/duplicates/merges/\d+/undo)"`), url.Values{})
	p.sync(t)
	p.wantBoth(t, "contacts", "UID:one", "UID:two", "Revision 1.")
}
