package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRecall_KeepsNoLargeTexts: who may make collections could fill the memory with their descriptions.
func TestRecall_KeepsNoLargeTexts(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "ksyncd.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := s.CreateAccount(t.Context(), Account{Login: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("x", 256<<10)
	for _, c := range []Collection{
		{URI: "small", DisplayName: "Work", TimeZone: strings.Repeat("x", 2<<10)},
		{URI: "name", DisplayName: large}, {URI: "description", Description: large}, {URI: "color", Color: large},
		{URI: "zone", TimeZone: large}, {URI: "zone-id", TimeZoneID: large}, {URI: "source", Source: large},
		{URI: "components", Components: []string{"VEVENT", large}},
	} {
		c.Account, c.Kind = a.ID, Calendar
		if _, err := s.CreateCollection(t.Context(), c, nil); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Collections(t.Context(), a.ID, Calendar)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if _, err := s.Collection(t.Context(), a.ID, Calendar, c.URI); err != nil {
			t.Fatal(err)
		}
		_, kept := s.collections.values[collectionName{a.ID, Calendar, c.URI}]
		if want := c.URI == "small"; kept != want {
			t.Errorf("%s is kept: %v, want %v", c.URI, kept, want)
		}
	}
}

// TestRecall_KeepsOverWritesOfObjects: what a phone's writes do not touch need not be read again for each of them.
func TestRecall_KeepsOverWritesOfObjects(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{Path: filepath.Join(t.TempDir(), "ksyncd.db")})
	book := seeded(t, s)
	other, err := s.CreateCollection(t.Context(), Collection{Account: book.Account, Kind: Calendar, URI: "c"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	password, err := s.CreateAppPassword(t.Context(), AppPassword{Account: book.Account, Hash: []byte("h")})
	if err != nil {
		t.Fatal(err)
	}
	fill := func() {
		t.Helper()
		_, err1 := s.Collection(t.Context(), book.Account, AddressBook, book.URI)
		_, err2 := s.Collection(t.Context(), book.Account, Calendar, other.URI)
		_, err3 := s.Properties(t.Context(), Place{Account: book.Account, Collection: book.ID})
		_, _, err4 := s.AppPasswordByHash(t.Context(), []byte("h"))
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
	}
	type kept struct{ Collections, Properties, Passwords int }
	for _, tt := range []struct {
		name  string
		write func() error
		want  kept
	}{
		{"a put", func() error { _, err := s.PutObject(t.Context(), book.text("a", "x")); return err }, kept{1, 1, 1}},
		{"another", func() error { _, err := s.PutObject(t.Context(), book.text("a", "y")); return err }, kept{1, 1, 1}},
		{"a put that changes nothing", func() error { _, err := s.PutObject(t.Context(), book.text("a", "y")); return err }, kept{2, 1, 1}},
		{"a delete", func() error {
			return s.DeleteObject(t.Context(), Delete{Account: book.Account, Collection: book.ID, URI: "a"})
		}, kept{1, 1, 1}},
		{"a name", func() error {
			return s.UpdateCollection(t.Context(), book.Account, other.ID, func(c *Collection) error { c.DisplayName = "n"; return nil }, nil, nil)
		}, kept{}},
		{"a revocation", func() error { return s.RevokeAppPassword(t.Context(), book.Account, password.ID) }, kept{}},
	} {
		fill()
		if err := tt.write(); err != nil {
			t.Fatal(tt.name, err)
		}
		got := kept{}
		if at, ok := s.stamps.now(); ok && s.collections.at == at && s.passwords.at == at && s.properties.at == at {
			got = kept{len(s.collections.values), len(s.properties.values), len(s.passwords.values)}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestRecall_CarriesOverNothingOfAnotherProcess: what is known to be so after a commit of one's own is not known any
// more when another process has committed behind it, or in its place.
func TestRecall_CarriesOverNothingOfAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksyncd.db")
	s, another := opened(t, Options{Path: path}), opened(t, Options{Path: path})
	book := seeded(t, s)
	for _, tt := range []struct {
		name    string
		commits int
		mine    effect
		carried bool
	}{
		{"one's own commit", 1, effect{wrote: true}, true},
		{"another behind it", 2, effect{wrote: true}, false},
		{"another in the place of one that wrote nothing", 1, effect{}, false},
		{"one's own of other things", 1, effect{wrote: true, other: true}, false},
	} {
		if _, err := s.Properties(t.Context(), Place{Account: book.Account, Collection: book.ID}); err != nil {
			t.Fatal(err)
		}
		from := s.properties.at
		for i := range tt.commits {
			if _, err := another.PutObject(t.Context(), book.text("a", fmt.Sprint(tt.name, i))); err != nil {
				t.Fatal(err)
			}
		}
		s.carry(from, []*job{{tx: &Tx{effect: tt.mine}}})
		if carried := s.properties.at != from; carried != tt.carried {
			t.Errorf("%s: carried %v, want %v", tt.name, carried, tt.carried)
		}
	}
}

// TestRecall_KnowsNothingOnceTheStoreIsBeingClosed: when its last connection is gone the index is, too. What others do
// to the file then is not seen in the old one.
func TestRecall_KnowsNothingOnceTheStoreIsBeingClosed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksyncd.db")
	s := opened(t, Options{Path: path})
	book := seeded(t, s)
	if _, err := s.Collection(t.Context(), book.Account, book.Kind, book.URI); err != nil {
		t.Fatal(err)
	}
	s.closing.Do(func() { // all of Close but its end
		if err := errors.Join(s.stamps.release(), s.readers.close(), s.writer.close()); err != nil {
			t.Fatal(err)
		}
	})
	another := opened(t, Options{Path: path})
	if err := another.DeleteCollection(t.Context(), book.Account, book.ID, Precondition{}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Collection(t.Context(), book.Account, book.Kind, book.URI); !errors.Is(err, ErrClosed) {
		t.Errorf("%+v, %v", c, err)
	}
	if err := s.stamps.close(); err != nil {
		t.Error(err)
	}
}
