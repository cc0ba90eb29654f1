package web

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/internal/carddav"
	"ksync/internal/duplicates"
	"ksync/store"
)

// book is an account's first address book.
func (h house) book(a store.Account) store.Collection {
	h.Helper()
	all, err := h.store.Collections(h.Context(), a.ID, store.AddressBook)
	h.must(err)
	return all[0]
}

// put stores a card as a phone does.
func (h house) put(c store.Collection, uri string, lines ...string) {
	h.Helper()
	data := []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uri + "\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCARD\r\n")
	index, err := carddav.Kind().Check(&c, data)
	h.must(err)
	_, err = h.store.PutObject(h.Context(), store.Put{Account: c.Account, Collection: c.ID, URI: uri + ".vcf", Bytes: data, Index: index})
	h.must(err)
}

// cards are the texts of an address book, by name.
func (h house) cards(c store.Collection) map[string]string {
	h.Helper()
	page, err := h.store.Objects(h.Context(), store.Query{Account: c.Account, Collection: c.ID, WithBytes: true, MaxBytes: 1 << 30})
	h.must(err)
	all := map[string]string{}
	for _, o := range page {
		all[o.URI] = string(o.Bytes)
	}
	return all
}

// roberts are two cards of one person.
func (h house) roberts(c store.Collection) {
	h.Helper()
	h.put(c, "robert", "N:Keller;Robert;;;", "FN:Robert Keller", "TEL;TYPE=CELL:+41 79 611 20 31", "EMAIL:robert@keller.example", "ORG:Acme AG;Sales", "BDAY:1980-02-28", "TITLE:Buyer", "CATEGORIES:friends", "NOTE:Likes tea")
	h.put(c, "bob", "N:Keller;Bob;;;", "FN:Bob Keller", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:bob@work.example", "BDAY:1980-02-28", "TITLE:Boss", "CATEGORIES:work", "NOTE:Has a dog")
	h.put(c, "team", "N:Team;;;;", "FN:Team", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:bob", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:robert")
}

// pairOf are two cards that are surely one.
func (h house) pairOf(c store.Collection, n int) {
	h.Helper()
	name := []string{"Quentin", "Ottilie", "Wendelin", "Roswitha", "Ferdinand", "Leocadia"}[n%6]
	for i, more := range []string{"NOTE:first", "URL:https://example.org/" + name} {
		h.put(c, fmt.Sprintf("%s-%d", strings.ToLower(name), i), "N:Abegg;"+name+";;;", "FN:"+name+" Abegg", fmt.Sprintf("TEL;TYPE=CELL:+4179300%04d", n*731), "EMAIL:"+strings.ToLower(name)+"@abegg.example", fmt.Sprintf("BDAY:19%02d-03-1%d", 60+n, n), more)
	}
}

// visitor is a person with a house of duplicates who is signed in.
func (h house) visitor() (*person, store.Collection) {
	h.Helper()
	a := h.ann()
	p := h.person()
	p.signIn("")
	return p, h.book(a)
}

var groupPath = regexp.MustCompile(`/duplicates/groups/[0-9a-f]+[^"#]*`)

// firstGroup opens the first group of the list.
func (p *person) firstGroup() answer {
	p.Helper()
	a := p.get(pathDuplicates)
	found := groupPath.FindString(a.body)
	if found == "" {
		p.Fatalf("no group:\n%s", text(a.body))
	}
	return p.get(unescape(found))
}

// formOf are the fields of a page of a group, as a browser sends them.
func formOf(a answer, do string) url.Values {
	v := url.Values{"do": {do}}
	for _, tag := range inputs.FindAllString(a.body, -1) {
		at := attributesOf(tag)
		switch {
		case at["name"] == "" || at["name"] == "back" || at["name"] == "keys" || at["name"] == "language":
		case (at["type"] == "radio" || at["type"] == "checkbox") && !strings.HasSuffix(strings.SplitN(tag, " aria-", 2)[0], " checked") && !strings.Contains(tag, " checked"):
		default:
			v.Add(at["name"], unescape(at["value"]))
		}
	}
	return v
}

func pathOf(a answer) string { p, _, _ := strings.Cut(a.path, "?"); return p }

// labelled is the value of the radio or box whose text has these words.
func labelled(t *testing.T, a answer, name, words string) string {
	t.Helper()
	for _, found := range regexp.MustCompile(`(?s)<input [^>]*name="`+name+`" value="([^"]+)".*?</label>`).FindAllStringSubmatch(a.body, -1) {
		if strings.Contains(tags.ReplaceAllString(found[0], " "), words) {
			return found[1]
		}
	}
	t.Fatalf("no %s with %q:\n%s", name, words, text(a.body))
	return ""
}

// wordy are two cards of one person that are together larger than a card may be.
func wordy(t *testing.T) (h house, p *person, book store.Collection) {
	t.Helper()
	h = newHouse(t, func(so *account.ServiceOptions, o *Options) {
		o.Duplicates = duplicates.New(duplicates.Options{Store: o.Store, Check: carddav.Kind().Check, Limits: duplicates.Limits{Object: 900}})
	})
	p, book = h.visitor()
	h.roberts(book)
	h.put(book, "bob", "N:Keller;Bob;;;", "FN:Bob Keller", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:bob@work.example", "BDAY:1980-02-28", "NOTE:"+strings.Repeat("x", 800))
	return h, p, book
}

// bob is somebody else, signed in.
func (h house) bob() *person {
	h.Helper()
	b, err := account.Create(h.Context(), h.store, store.Account{Login: "bob@example.org", Locale: "en"})
	h.must(err)
	h.must(h.accounts.ImposePassword(h.Context(), b.ID, annsPassword))
	p := h.person()
	p.leads(p.post("/sign-in", url.Values{"login": {"bob@example.org"}, "password": {annsPassword}}), "/account")
	return p
}
