package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/duplicates"
	"ksync/store"
)

// one is a picture of one dot.
const one = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

// book makes an address book.
func (p *person) book(uri, source string) int64 {
	p.Helper()
	c, err := p.store.CreateCollection(p.Context(), store.Collection{Account: p.account.ID, Kind: store.AddressBook, URI: uri, DisplayName: "The " + uri, Source: source}, nil)
	p.must(err)
	return c.ID
}

// ref is a card as requests name it.
type ref struct {
	Book int64  `json:"book"`
	URI  string `json:"uri"`
	ETag string `json:"etag"`
}

func (r ref) service() duplicates.Ref {
	return duplicates.Ref{Collection: r.Book, URI: r.URI, ETag: r.ETag}
}

// card stores one as a client does.
func (p *person) card(book int64, uri string, lines ...string) ref {
	p.Helper()
	data := []byte("BEGIN:VCARD\r\nVERSION:3.0\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCARD\r\n")
	index, err := indexOf(nil, data)
	p.must(err)
	done, err := p.store.PutObject(p.Context(), store.Put{Account: p.account.ID, Collection: book, URI: uri, Bytes: data, Index: index})
	p.must(err)
	return ref{book, uri, done.ETag}
}

// twin stores a card of the nth person.
func (p *person) twin(book int64, n int, uri string, more ...string) ref {
	p.Helper()
	lines := []string{
		"UID:" + uri, fmt.Sprintf("FN:Given%c Family%c", 'a'+n, 'k'+n), fmt.Sprintf("N:Family%c;Given%c;;;", 'k'+n, 'a'+n),
		fmt.Sprintf("TEL;TYPE=CELL:+4179611203%d", n), fmt.Sprintf("EMAIL:x%d@y.example", n),
	}
	return p.card(book, uri, append(lines, more...)...)
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// merging is the body of a merge.
func merging(t *testing.T, reference ref, others ...ref) string {
	t.Helper()
	return text(t, map[string]any{"reference": reference, "duplicates": others})
}

// cardThings makes one of each thing that a path about duplicates names, and puts their ids in.
func (p *person) cardThings() *strings.Replacer {
	p.Helper()
	book := p.book("people", "")
	ann := p.twin(book, 0, "ann.vcf", "PHOTO;ENCODING=b;TYPE=GIF:"+one)
	anne := p.twin(book, 0, "anne.vcf")
	hidden := []duplicates.Ref{p.twin(book, 1, "b1.vcf").service(), p.twin(book, 1, "b2.vcf").service()}
	p.must(p.finder.Hide(p.Context(), p.account.ID, hidden))
	job, err := p.finder.MergeAllSure(p.Context(), p.account.ID, store.Author{}, p.book("empty", ""), "")
	p.must(err)
	done, err := p.finder.Merge(p.Context(), p.account.ID, store.Author{}, duplicates.Request{
		Reference: p.twin(book, 2, "c1.vcf").service(), Duplicates: []duplicates.Ref{p.twin(book, 2, "c2.vcf").service()},
	})
	p.must(err)
	groups, err := p.finder.Groups(p.Context(), p.account.ID, duplicates.Query{})
	p.must(err)
	pairs, err := p.finder.Hidden(p.Context(), p.account.ID, "", 0)
	p.must(err)
	for { // a job that runs is in the way of an undo and of another job
		if job, err = p.finder.Job(p.Context(), p.account.ID, job.ID); err != nil || job.State != duplicates.JobRuns {
			break
		}
	}
	p.must(err)
	if len(groups.Groups) != 1 || len(pairs.Pairs) != 1 {
		p.Fatalf("%+v %+v", groups, pairs)
	}
	return strings.NewReplacer("{group}", groups.Groups[0].ID, "{book}", itoa(book), "{hidden}", itoa(pairs.Pairs[0].ID), "{job}", itoa(job.ID),
		"{done}", itoa(done.Undo), "{merge}", merging(p.T, ann, anne), "{hide}", text(p.T, map[string]any{"cards": []ref{ann, anne}}))
}

// look asks and takes the answer apart.
func look[A any](p *person, path string) A {
	p.Helper()
	a := p.do("GET", path, "")
	if a.status != http.StatusOK {
		p.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return decoded[A](p.T, a)
}

func decoded[A any](t *testing.T, a answer) (v A) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
