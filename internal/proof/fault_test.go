package proof_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"

	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/dav"
	"ksync/internal/proof"
	"ksync/internal/proof/diskfault"
	"ksync/store"
)

var faultRounds = flag.Int("fault-rounds", 5, "moments at which each kind of disk fault strikes")

// TestFault_DiskFailsUnderTheStore holds design.md §5.5: whenever in a
// dialogue the disk begins to fail, each answer is right and whole, or it is
// 503 or 507 with Retry-After, or it breaks off. When the disk is well again,
// so is the server, without a restart, and everything acknowledged is there.
func TestFault_DiskFailsUnderTheStore(t *testing.T) {
	t.Parallel()
	seed := firstSeed()
	for fault := range diskfault.FaultCount {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, uint64(fault)))
			var total outcome
			for range *faultRounds {
				total.add(faultRound(t, fault, random.IntN(operations(fault))))
			}
			t.Logf("seed %d: %d rounds, %d operations failed; of %d requests %d were right, %d put off", seed, *faultRounds, total.failed, total.right+total.putOff, total.right, total.putOff)
			if total.failed == 0 || total.putOff == 0 {
				t.Error("no fault ever struck")
			}
		})
	}
}

// operations is about how many of the concerned operations a dialogue has.
func operations(f diskfault.Fault) int {
	switch f {
	case diskfault.BadFlush:
		return 12
	case diskfault.BadRead:
		return 60
	default:
		return 100
	}
}

type outcome struct{ failed, right, putOff int }

func (o *outcome) add(more outcome) {
	o.failed += more.failed
	o.right += more.right
	o.putOff += more.putOff
}

// sick is a server whose disk fails, with what a client may expect of it.
type sick struct {
	*testing.T
	fault diskfault.Fault
	after int
	c     *proof.Client
	book  string
	has   map[string][]string // what each object may be by now, "" for not there
	outcome
}

func faultRound(t *testing.T, fault diskfault.Fault, after int) outcome {
	dir := t.TempDir()
	disk := diskfault.Under(t, dir)
	s, stop := startSick(t, dir)
	s.fault, s.after = fault, after
	replica := proof.NewReplica(s.c, s.book)
	for n := range 20 {
		s.put(n, 0)
	}
	sync1(t, replica)
	st := s.reopen(stop, dir)
	disk.Break(fault, after)
	for n := range 3 {
		s.dialogue(n, replica)
	}
	s.failed = disk.Heal()
	s.recovered(replica)
	if err := st.Verify(context.Background()); err != nil {
		s.Errorf("%v after %d: %v", fault, after, err)
	}
	return s.outcome
}

// startSick makes a store with one account, served over HTTP.
func startSick(t *testing.T, dir string) (*sick, func()) {
	s := &sick{T: t, has: map[string][]string{}}
	c, done := engine(t, dir)
	s.c, s.book = c, c.AddressBooks+"one/"
	if err := c.MakeAddressBook(t.Context(), s.book); err != nil {
		t.Fatal(err)
	}
	return s, done
}

// reopen begins with nothing in memory, behind a real connection: there an
// answer can break off.
func (s *sick) reopen(stop func(), dir string) *store.Store {
	stop()
	st, err := store.Open(s.Context(), store.Options{Path: filepath.Join(dir, "proof.db")})
	if err != nil {
		s.Fatal(err)
	}
	accounts, err := st.Accounts(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	server := httptest.NewServer(dav.New(dav.Options{
		Store: st, Kinds: []*dav.Kind{caldav.Kind(), carddav.Kind()},
		SignIn: func(*http.Request) (dav.Actor, error) {
			return dav.Actor{Account: accounts[0], Scope: store.FullScope}, nil
		},
	}))
	s.Cleanup(func() {
		server.Close()
		if err := st.Close(); err != nil {
			s.Error(err)
		}
	})
	s.c = s.c.At(server.URL)
	moved, err := proof.NewClient(server.URL, "ann", "")
	if err != nil {
		s.Fatal(err)
	}
	moved.AddressBooks = s.c.AddressBooks
	s.c = moved
	return st
}

// dialogue asks everything once: changes and questions.
func (s *sick) dialogue(n int, replica *proof.Replica) {
	s.put(20+n, 0)
	s.put(n, 1)
	s.list()
	s.delete(10 + n)
	s.sync(replica)
	s.get(n)
	s.put(5, 1+n)
	s.homes()
	s.get(10 + n)
}

func (s *sick) path(n int) string { return fmt.Sprintf("%sname-%d.vcf", s.book, n) }

// ask sends a request and reports whether there is an answer to look at.
func (s *sick) ask(method, path string, header proof.Header, body string) (*proof.Response, bool) {
	s.Helper()
	resp, err := s.c.Do(context.Background(), method, path, header, []byte(body))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF): // broken off
		s.putOff++
		return nil, false
	case err != nil:
		s.Errorf("%v after %d: %s %s: %v", s.fault, s.after, method, path, err)
		return nil, false
	case resp.Status == http.StatusServiceUnavailable || resp.Status == http.StatusInsufficientStorage:
		if resp.Header.Get("Retry-After") == "" {
			s.Errorf("%v after %d: %s %s: status %d without Retry-After", s.fault, s.after, method, path, resp.Status)
		}
		s.putOff++
		return nil, false
	}
	s.right++
	return resp, true
}

// wrote notes what a change makes of an object, or may have made.
func (s *sick) wrote(method string, n int, resp *proof.Response, answered bool, text string, want ...int) {
	s.Helper()
	path := s.path(n)
	switch {
	case !answered:
		s.has[path] = append(s.may(path), text)
	case slices.Contains(want, resp.Status):
		s.has[path] = []string{text}
	default:
		s.Errorf("%v after %d: %s %s: status %d\n%s", s.fault, s.after, method, path, resp.Status, resp.Body)
	}
}

// may is what an object may be.
func (s *sick) may(path string) []string {
	if all, known := s.has[path]; known {
		return all
	}
	return []string{""}
}

func (s *sick) put(n, revision int) {
	s.Helper()
	text := string(proof.Card(fmt.Sprintf("uid-%d", n), n, revision))
	resp, ok := s.ask(http.MethodPut, s.path(n), proof.Header{"Content-Type", "text/vcard"}, text)
	s.wrote("PUT", n, resp, ok, text, 201, 204)
}

func (s *sick) delete(n int) {
	s.Helper()
	resp, ok := s.ask(http.MethodDelete, s.path(n), nil, "")
	s.wrote("DELETE", n, resp, ok, "", 204)
}

// get compares one object with what it may be.
func (s *sick) get(n int) {
	s.Helper()
	path := s.path(n)
	resp, ok := s.ask(http.MethodGet, path, nil, "")
	if !ok {
		return
	}
	got := string(resp.Body)
	if resp.Status == http.StatusNotFound {
		got = ""
	} else if resp.Status != http.StatusOK {
		s.Errorf("%v after %d: GET %s: status %d", s.fault, s.after, path, resp.Status)
	}
	if !slices.Contains(s.may(path), got) {
		s.Errorf("%v after %d: GET %s: status %d\n%s\nmay be %q", s.fault, s.after, path, resp.Status, got, s.may(path))
	}
}

// list takes no shorter list: what is certainly there is in it.
func (s *sick) list() {
	s.Helper()
	resp, ok := s.ask("PROPFIND", s.book, proof.Header{"Depth", "1", "Content-Type", "application/xml"}, `<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>`)
	if !ok {
		return
	}
	ms, err := proof.ParseMultistatus(resp.Body)
	if err != nil || resp.Status != http.StatusMultiStatus {
		s.Errorf("%v after %d: PROPFIND: status %d, %v", s.fault, s.after, resp.Status, err)
		return
	}
	listed := map[string]bool{}
	for _, a := range ms.Answers {
		listed[a.Href] = true
	}
	for path, may := range s.has {
		if there := slices.Contains(may, ""); there && len(may) > 1 {
			continue // nobody knows
		} else if listed[path] == there {
			s.Errorf("%v after %d: %s: listed %v", s.fault, s.after, path, listed[path])
		}
	}
}

// homes: no collection is missing from its home.
func (s *sick) homes() {
	s.Helper()
	resp, ok := s.ask("PROPFIND", s.c.AddressBooks, proof.Header{"Depth", "1", "Content-Type", "application/xml"}, `<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>`)
	if !ok {
		return
	}
	ms, err := proof.ParseMultistatus(resp.Body)
	if err != nil || resp.Status != http.StatusMultiStatus {
		s.Errorf("%v after %d: PROPFIND of the home: status %d, %v", s.fault, s.after, resp.Status, err)
		return
	}
	if !slices.ContainsFunc(ms.Answers, func(a proof.Answer) bool { return a.Href == s.book }) {
		s.Errorf("%v after %d: the home has lost its address book", s.fault, s.after)
	}
}

// sync takes a page; a token only comes with all that it stands for, which
// recovered finds out.
func (s *sick) sync(r *proof.Replica) {
	s.Helper()
	r.Client = s.c
	resp, ok := s.ask("REPORT", r.Collection, proof.Header{"Depth", "0", "Content-Type", "application/xml"}, proof.SyncBody(r.Token, 0))
	if !ok {
		return
	}
	if resp.Status != http.StatusMultiStatus {
		s.Errorf("%v after %d: sync-collection: status %d\n%s", s.fault, s.after, resp.Status, resp.Body)
		return
	}
	if err := r.Take(resp.Body); err != nil {
		s.Errorf("%v after %d: %v", s.fault, s.after, err)
	}
}

// recovered: with the disk well again every request is answered, everything is
// as it may be, and a client that synced all along has what there is.
func (s *sick) recovered(r *proof.Replica) {
	s.Helper()
	before := s.putOff
	s.put(99, 0)
	for n := range 25 {
		s.get(n)
	}
	s.list()
	s.homes()
	s.sync(r)
	checkReplica(s, r, fmt.Sprintf("%v after %d", s.fault, s.after))
	if s.putOff != before {
		s.Errorf("%v after %d: %d requests were put off although the disk is well", s.fault, s.after, s.putOff-before)
	}
}
