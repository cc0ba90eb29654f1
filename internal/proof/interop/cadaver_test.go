package interop

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"ksync/internal/proof"
)

// cadaver is a command line WebDAV client on neon; it finds its password in .netrc.
type cadaver struct {
	home
	url string
}

func newCadaver(t *testing.T, s *proof.Server, c *proof.Client) cadaver {
	client(t, "cadaver")
	d := cadaver{home: newHome(t), url: s.URL}
	d.write(t, ".netrc", fmt.Sprintf("machine 127.0.0.1 login %s password %s\n", c.Login, c.Password))
	return d
}

// do runs commands in a collection. cadaver tells success in words only.
func (d cadaver) do(t *testing.T, collection string, commands ...string) string {
	t.Helper()
	return d.run(t, strings.Join(commands, "\n")+"\nquit\n", "cadaver", d.url+collection)
}

func (d cadaver) wantDone(t *testing.T, collection string, commands ...string) {
	t.Helper()
	out := d.do(t, collection, commands...)
	if done := strings.Count(out, "succeeded."); done != len(commands) || strings.Contains(out, "failed") {
		t.Errorf("%d of %d commands succeeded:\n%s", done, len(commands), out)
	}
}

func TestCadaver_MovesMembersAbout(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	d := newCadaver(t, s, c)
	card := proof.Card("cadaver", 3, 1)
	d.write(t, "local.vcf", string(card))
	book, other := c.AddressBooks+"contacts/", c.AddressBooks+"other/"
	if err := c.MakeAddressBook(t.Context(), other); err != nil {
		t.Fatal(err)
	}

	d.wantDone(t, book, "put local.vcf one.vcf")
	wantIn(t, d.do(t, book, "ls"), "one.vcf", fmt.Sprint(len(card)))

	d.wantDone(t, book, "get one.vcf fetched.vcf")
	fetched, err := os.ReadFile(d.path("fetched.vcf"))
	if err != nil || string(fetched) != string(card) {
		t.Errorf("fetched %q, error %v", fetched, err)
	}

	d.wantDone(t, book, "copy one.vcf "+other+"copied.vcf")
	d.wantDone(t, book, "move one.vcf two.vcf")
	wantMembers(t, c, book, "two.vcf")
	wantMembers(t, c, other, "copied.vcf")

	d.wantDone(t, other, "delete copied.vcf")
	wantMembers(t, c, other)
}

func TestCadaver_KeepsPropertiesOfMembers(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	d := newCadaver(t, s, c)
	if _, err := c.Put(t.Context(), c.AddressBooks+"contacts/one.vcf", proof.Card("one", 1, 1)); err != nil {
		t.Fatal(err)
	}
	d.do(t, c.AddressBooks+"contacts/", "set namespace http://example.org/ns/", "propset one.vcf shelf third")
	wantIn(t, d.do(t, c.AddressBooks+"contacts/", "set namespace http://example.org/ns/", "propget one.vcf shelf"), "third")
	d.do(t, c.AddressBooks+"contacts/", "move one.vcf two.vcf")
	wantIn(t, d.do(t, c.AddressBooks+"contacts/", "set namespace http://example.org/ns/", "propget two.vcf shelf"), "third")
	d.do(t, c.AddressBooks+"contacts/", "set namespace http://example.org/ns/", "propdel two.vcf shelf")
	if out := d.do(t, c.AddressBooks+"contacts/", "set namespace http://example.org/ns/", "propget two.vcf shelf"); strings.Contains(out, "third") {
		t.Errorf("still there:\n%s", out)
	}
}

func TestCadaver_WillNotOverwriteUnasked(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	d := newCadaver(t, s, c)
	book := c.AddressBooks + "contacts/"
	for _, uid := range []string{"one", "two"} {
		if _, err := c.Put(t.Context(), book+uid+".vcf", proof.Card(uid, 1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	out := d.do(t, book, "set nooverwrite", "unset overwrite", "move one.vcf two.vcf")
	wantIn(t, out, "412")
	wantMembers(t, c, book, "one.vcf", "two.vcf")
}

func wantMembers(t *testing.T, c *proof.Client, collection string, names ...string) {
	t.Helper()
	listed, err := c.Listing(t.Context(), collection)
	if err != nil {
		t.Fatal(err)
	}
	if len(listed) != len(names) {
		t.Errorf("%s has %v, want %v", collection, listed, names)
	}
	for _, n := range names {
		if listed[collection+n] == "" {
			t.Errorf("%s has no %s: %v", collection, n, listed)
		}
		if _, err := c.Want(t.Context(), []int{200}, http.MethodGet, collection+n, nil, nil); err != nil {
			t.Error(err)
		}
	}
}

// escape percent-encodes a path.
func escape(path string) string { return (&url.URL{Path: path}).EscapedPath() }
