package store

import (
	"path/filepath"
	"strings"
	"testing"
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
