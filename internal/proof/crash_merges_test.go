package proof_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ksync/internal/proof"
)

// How many families there are for each thing that is done to duplicates.
// Phones edit the cards of every second one at the same time.
const (
	mergeFamilies = 12
	hideFamilies  = 4
	jobFamilies   = 8
	mostEdits     = 12
)

// crashMerges kills the server while duplicates are merged, merged by a job,
// undone and hidden through the API, and phones change the same cards. Each of
// these is there as a whole or not at all, and what was acknowledged is there;
// then all of it is undone, and everything is as it was.
func crashMerges(t *testing.T, random *rand.Rand) string {
	data := t.TempDir()
	s := startOn(t, data)
	m := newMerging(t, s, random)
	replicas := []*proof.Replica{proof.NewReplica(m.client, m.book.path), proof.NewReplica(m.client, m.sure.path), proof.NewReplica(m.client, m.book.path)}
	for _, r := range replicas {
		sync1(t, r)
	}
	m.strike = &striker{server: s, pause: time.Duration(random.IntN(5000)) * time.Microsecond}
	m.strike.left.Store(random.Int64N(200))
	m.work(t, replicas[2])

	s = startOn(t, data)
	m.client, m.person = m.client.At(s.URL), m.person.At(s.URL)
	how := m.check(t)
	checkReplicas(t, m.client, replicas)
	command(t, data, "verify")
	m.undoAll(t)
	checkReplicas(t, m.client, replicas)
	command(t, data, "verify")
	return how
}

func checkReplicas(t *testing.T, c *proof.Client, replicas []*proof.Replica) {
	t.Helper()
	for i, r := range replicas {
		r.Client = c
		sync1(t, r)
		checkReplica(t, r, fmt.Sprintf("replica %d", i))
	}
}

// place is an address book as both protocols name it.
type place struct {
	id   int64
	path string
}

// merging is one person at the API with a phone, and their families.
type merging struct {
	client   *proof.Client
	person   *proof.Person
	strike   *striker
	seed     uint64
	book     place // families that are merged one by one, then those that are hidden
	sure     place // families that a job merges
	families []*family
	hidden   []*hiding
	job      *sureJob
}

func newMerging(t *testing.T, s *proof.Server, random *rand.Rand) *merging {
	t.Helper()
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	person, err := s.Person(t.Context(), "ann", "correct zebra battery")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.MakeAddressBook(t.Context(), c.AddressBooks+"sure/"); err != nil {
		t.Fatal(err)
	}
	m := &merging{client: c, person: person, seed: random.Uint64()}
	m.book, m.sure = m.place(t, "contacts"), m.place(t, "sure")
	m.job = &sureJob{}
	for n := range mergeFamilies + hideFamilies + jobFamilies {
		f := &family{merging: m, number: n, book: m.book, edited: n%2 == 0}
		switch {
		case n < mergeFamilies:
			m.families = append(m.families, f)
		case n < mergeFamilies+hideFamilies:
			m.hidden = append(m.hidden, &hiding{family: f})
		default:
			f.book, f.edited = m.sure, false
			m.job.families = append(m.job.families, f)
		}
		f.store(t)
	}
	return m
}

func (m *merging) place(t *testing.T, uri string) place {
	t.Helper()
	var list struct {
		Books []struct {
			ID  int64
			URI string
		}
	}
	if _, err := m.person.API(t.Context(), http.MethodGet, "/duplicates/books", nil, nil, &list); err != nil {
		t.Fatal(err)
	}
	for _, b := range list.Books {
		if b.URI == uri {
			return place{b.ID, m.client.AddressBooks + uri + "/"}
		}
	}
	t.Fatalf("no address book %s in %v", uri, list)
	return place{}
}

// work goes on until the server is killed. Every family has its own client.
func (m *merging) work(t *testing.T, watcher *proof.Replica) {
	t.Helper()
	var wg sync.WaitGroup
	until := func(step func(context.Context, *rand.Rand) error, number uint64) {
		random := rand.New(rand.NewPCG(m.seed, number))
		wg.Go(func() {
			var err error
			for err == nil {
				err = step(t.Context(), random)
			}
			if !errors.Is(err, errEdited) {
				m.strike.failed(t, err)
			}
		})
	}
	for _, f := range m.families {
		until(f.step, uint64(f.number))
		if f.edited {
			until(f.edit, uint64(f.number+100))
		}
	}
	for _, h := range m.hidden {
		until(h.step, uint64(h.number))
		if h.edited {
			until(h.edit, uint64(h.number+100))
		}
	}
	until(func(ctx context.Context, _ *rand.Rand) error { return m.job.step(ctx, m) }, 99)
	until(func(ctx context.Context, _ *rand.Rand) error {
		_, err := watcher.Sync(ctx, 0)
		return err
	}, 98)
	wg.Wait()
}

// check looks at everything before anything is done to it, and tells what
// became of what was under way.
func (m *merging) check(t *testing.T) string {
	t.Helper()
	kept, lost := 0, 0
	count := func(underWay, done bool) {
		switch {
		case underWay && done:
			kept++
		case underWay:
			lost++
		}
	}
	for _, f := range m.families {
		merged := f.look(t).merged(t, f)
		if f.underWay == nil && merged != f.merged {
			t.Errorf("family %d: merged %v, though %v was acknowledged last", f.number, merged, f.merged)
		}
		count(f.underWay != nil, merged != f.merged)
		f.now = merged
	}
	for _, h := range m.hidden {
		n := len(h.pairs(t))
		if n != h.acked && (!h.underWay || n != h.next) {
			t.Errorf("family %d: %d pairs are hidden, %d were acknowledged", h.number, n, h.acked)
		}
		h.look(t).merged(t, h.family)
		count(h.underWay, n != h.acked)
	}
	m.job.check(t)
	switch {
	case kept+lost == 0:
		return "nothing was under way"
	case lost == 0:
		return "what was under way had been done"
	case kept == 0:
		return "what was under way was not done"
	}
	return "some of what was under way had been done"
}

// undoAll takes back whatever is merged.
func (m *merging) undoAll(t *testing.T) {
	t.Helper()
	for _, f := range m.families {
		f.repeat(t)
		if !f.now {
			continue
		}
		if _, err := m.person.API(t.Context(), http.MethodPost, fmt.Sprintf("/merges/%d/undo", f.undo), nil, nil, nil); err != nil {
			t.Errorf("family %d: undo: %v", f.number, err)
			continue
		}
		if f.look(t).merged(t, f) {
			t.Errorf("family %d: is merged after the undo", f.number)
		}
	}
	m.job.undoAll(t, m)
}

// refusedAs tells whether the API answered with one of these problems.
func refusedAs(err error, types ...string) bool {
	r := new(proof.Refusal)
	if !errors.As(err, &r) {
		return false
	}
	for _, id := range types {
		if r.Type == id {
			return true
		}
	}
	return false
}

// family is three cards of one person, and a group that names two of them.
type family struct {
	*merging
	number int
	book   place
	edited bool
	bodies [4]string // as they were stored; the group is the last one

	merged   bool           // what was acknowledged last
	undo     int64          // id of the merge that was acknowledged last
	merges   int            // asked for
	underWay map[string]any // what was asked last and not answered; empty for an undo
	now      bool           // merged, as was found after the kill
	edits    [3][]string    // acknowledged changes of each card
	sent     int            // changes that were tried
}

func (f *family) uid(m int) string {
	return fmt.Sprintf("5e0f6b2c-7c1d-4a6e-9b3a-%06d%06d", f.number, m)
}
func (f *family) uri(m int) string { return fmt.Sprintf("family-%d-%d.vcf", f.number, m) }
func (f *family) own(m int) string { return fmt.Sprintf("own-%d-%d@example.net", f.number, m) }

// store puts the cards: so alike that they are sure to be one person's.
func (f *family) store(t *testing.T) {
	t.Helper()
	n := f.number
	given := []string{"Ada", "Björn", "Chloé", "Dragan", "Eleni", "Fatima", "Goran"}[n%7]
	name := []string{"Bal", "Cor", "Dun", "Fel", "Gor"}[n%5] + []string{"dovic", "mann", "setti", "quist", "thorpe"}[n/5%5]
	for m := range 3 {
		f.bodies[m] = strings.Join([]string{"BEGIN:VCARD", "VERSION:3.0", "UID:" + f.uid(m), "FN:" + given + " " + name, "N:" + name + ";" + given + ";;;",
			fmt.Sprintf("TEL;TYPE=CELL:+41 79 6%02d %02d 17", n, 97-n), fmt.Sprintf("EMAIL:family-%d@example.org", n), "EMAIL:" + f.own(m), "END:VCARD", ""}, "\r\n")
	}
	f.bodies[3] = strings.Join([]string{"BEGIN:VCARD", "VERSION:3.0", "UID:" + f.uid(3), fmt.Sprintf("FN:Group %d", n), fmt.Sprintf("N:Group %d;;;;", n),
		"X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:" + f.uid(1), "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:" + f.uid(2), "END:VCARD", ""}, "\r\n")
	for m, body := range f.bodies {
		if _, err := f.client.Put(t.Context(), f.book.path+f.uri(m), []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
}

// step merges what is not merged, and undoes what is.
func (f *family) step(ctx context.Context, _ *rand.Rand) error {
	if f.merged {
		f.underWay = map[string]any{}
		if _, err := f.person.API(ctx, http.MethodPost, fmt.Sprintf("/merges/%d/undo", f.undo), nil, nil, nil); err != nil {
			return err
		}
	} else {
		refs, err := f.refs(ctx)
		if err != nil {
			return err
		}
		f.merges++
		f.underWay = map[string]any{"reference": refs[0], "duplicates": refs[1:]}
		if _, err := f.merge(ctx); refusedAs(err, "cards-changed") {
			f.underWay = nil
			return nil // a phone was faster
		} else if err != nil {
			return err
		}
	}
	f.merged, f.underWay = !f.merged, nil
	f.strike.acknowledged()
	return nil
}

// merge asks for what is under way. repeated is set when it had been done before.
func (f *family) merge(ctx context.Context) (repeated bool, err error) {
	var done struct{ Undo int64 }
	key := proof.Header{"Idempotency-Key", fmt.Sprintf("\"family-%d-%d\"", f.number, f.merges)}
	header, err := f.person.API(ctx, http.MethodPost, "/duplicates/merge", key, f.underWay, &done)
	if err == nil {
		f.undo = done.Undo
	}
	return header.Get("Idempotency-Replayed") == "true", err
}

// repeat asks once more for a merge that was not answered: it is done once.
func (f *family) repeat(t *testing.T) {
	t.Helper()
	if len(f.underWay) == 0 {
		return
	}
	repeated, err := f.merge(t.Context())
	switch {
	case refusedAs(err, "cards-changed") && !f.now && f.edited:
	case err != nil || repeated != f.now:
		t.Errorf("family %d: merged %v; asked again: repeated %v, %v", f.number, f.now, repeated, err)
	default:
		f.now = true
	}
}

// refs names the cards as they are now.
func (f *family) refs(ctx context.Context) ([]map[string]any, error) {
	refs := make([]map[string]any, 3)
	for m := range refs {
		resp, err := f.client.Want(ctx, []int{http.StatusOK}, http.MethodGet, f.book.path+f.uri(m), nil, nil)
		if err != nil {
			return nil, err
		}
		refs[m] = map[string]any{"book": f.book.id, "uri": f.uri(m), "etag": strings.Trim(resp.Header.Get("ETag"), `"`)}
	}
	return refs, nil
}

var errEdited = errors.New("enough edits") // ends a phone

// edit adds a line to a card, as a phone does that has seen it.
func (f *family) edit(ctx context.Context, random *rand.Rand) error {
	m := random.IntN(3)
	path := f.book.path + f.uri(m)
	seen, err := f.client.Do(ctx, http.MethodGet, path, nil, nil)
	if err != nil || seen.Status == http.StatusNotFound {
		return err
	}
	if f.sent++; f.sent > mostEdits {
		return errEdited
	}
	mail := fmt.Sprintf("edit-%d-%d-%d@example.com", f.number, m, f.sent)
	body := strings.Replace(string(seen.Body), "END:VCARD", "EMAIL:"+mail+"\r\nEND:VCARD", 1)
	header := proof.Header{"Content-Type", "text/vcard; charset=utf-8", "If-Match", seen.Header.Get("ETag")}
	resp, err := f.client.Want(ctx, []int{201, 204, http.StatusPreconditionFailed}, http.MethodPut, path, header, []byte(body))
	if err != nil || resp.Status == http.StatusPreconditionFailed {
		return err
	}
	f.edits[m] = append(f.edits[m], mail)
	f.strike.acknowledged()
	return nil
}
