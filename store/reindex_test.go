package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// misread is how the program before this one read an object: everything was over before 1970.
var misread = Index{UID: "old", Component: "VTODO", First: -2, Last: -1}

// reread is how this one does: "uid last".
func reread(bytes []byte) (i Index, err error) {
	i = Index{Component: "VEVENT", Exact: true}
	_, err = fmt.Sscan(string(bytes), &i.UID, &i.Last)
	return i, err
}

// outdated fills a database with objects whose index another program made.
func outdated(t *testing.T, path string, n int) (live, deleted Collection) {
	t.Helper()
	s := opened(t, Options{Path: path})
	live = seeded(t, s)
	deleted, err := s.CreateCollection(t.Context(), Collection{Account: live.Account, Kind: AddressBook, URI: "gone"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Collection{live, deleted} {
		for i := range n {
			p := c.text(fmt.Sprintf("object-%04d", i), fmt.Sprintf("uid-%d %d", i, 1000+i))
			p.Index = misread
			p.Index.UID = fmt.Sprint("old-", i)
			if _, err := s.PutObject(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.DeleteCollection(t.Context(), deleted.Account, deleted.ID, Precondition{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), func(tx *Tx) error {
		_, err := tx.exec(t.Context(), `insert into stale_index (kind) values ('addressbook')`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return live, deleted
}

func (s *Store) staleKinds(t *testing.T) (kinds []string) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *Tx) (err error) {
		kinds, err = list(t.Context(), tx, `select kind from stale_index where kind <> 'calendar'`, nil, func(scan scanner) (k string, err error) { return k, scan(&k) })
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return kinds
}

// What an update finds in another place is there before the first question, in
// deleted collections, too, and no client sees a change.
func TestReindex_BeforeAnybodyAsks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	live, deleted := outdated(t, path, reindexBatch+5)
	derive := Derive{AddressBook: reread}
	s := opened(t, Options{Path: path, Derive: derive})
	now, err := s.RestoreCollection(t.Context(), deleted.Account, deleted.ID)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := s.Collection(t.Context(), live.Account, live.Kind, live.URI); err != nil || c.Change != live.Change+reindexBatch+5 {
		t.Errorf("%d changes, %v", c.Change-live.Change, err)
	}
	for _, c := range []int64{live.ID, now.ID} {
		page, err := s.Objects(t.Context(), Query{Account: live.Account, Collection: c, Limit: 1000})
		if err != nil || len(page) != reindexBatch+5 {
			t.Fatalf("%d objects, %v", len(page), err)
		}
	}
	if r, err := s.Inspect(t.Context(), derive); err != nil || !r.Sound() {
		t.Errorf("%v, %v", r, err)
	}
	if stale := s.staleKinds(t); len(stale) != 0 {
		t.Errorf("still stale: %v", stale)
	}
}

// A start that is broken off leaves what is to be done.
func TestReindex_Interrupted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	outdated(t, path, reindexBatch+5)
	ctx, stop := context.WithCancel(t.Context())
	looked := 0
	_, err := Open(ctx, Options{Path: path, Derive: Derive{AddressBook: func(bytes []byte) (Index, error) {
		if looked++; looked == reindexBatch+2 {
			stop()
		}
		return reread(bytes)
	}}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	derive := Derive{AddressBook: reread}
	s := opened(t, Options{Path: path, Derive: derive})
	if r, err := s.Inspect(t.Context(), derive); err != nil || !r.Sound() {
		t.Errorf("%v, %v", r, err)
	}
}

// What cannot be read keeps its place, and so does a UID that another object has.
func TestReindex_TakesNothingFromAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksync.db")
	live, _ := outdated(t, path, 2)
	s := opened(t, Options{Path: path})
	odd := live.text("odd", "nothing that is read")
	odd.Index = Index{UID: "odd", Component: "VTODO", Last: 5}
	twin := live.text("twin", "uid-1 7")
	twin.Index = Index{UID: "twin", Component: "VTODO", Last: 5}
	for _, p := range []Put{odd, twin} {
		if _, err := s.PutObject(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, Options{Path: path, Derive: Derive{AddressBook: reread}})
	for uri, want := range map[string]Index{
		"odd":         odd.Index,
		"twin":        {UID: "twin", Component: "VEVENT", Last: 7, Exact: true},
		"object-0001": {UID: "uid-1", Component: "VEVENT", Last: 1001, Exact: true},
	} {
		if o, err := s.Object(t.Context(), live.Account, live.ID, uri); err != nil || !o.Index.equal(want) {
			t.Errorf("%s: %+v, %v", uri, o.Index, err)
		}
	}
	verified(t, s)
}
