package dedup

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"ksync/internal/need"
	"ksync/internal/vcard"
)

func sharedFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(need.Shared(t, "dedupe/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func sharedBook(t *testing.T, name string) *Book {
	t.Helper()
	items, err := vcard.Split(sharedFile(t, name+"/book.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	book := NewBook()
	for _, item := range items {
		c, err := vcard.Parse(item.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		book.Put(strings.ToLower(vcard.BareUID(item.UID)), Normalise(c, "CH"))
	}
	return book
}

func rows(t *testing.T, name string) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(string(sharedFile(t, name)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = r[i]
		}
		all = append(all, row)
	}
	return all
}

func scores(book *Book) map[[2]string]float64 {
	found := map[[2]string]float64{}
	for _, g := range book.Groups(false) {
		for _, p := range g.Pairs {
			found[[2]string{p.A, p.B}], found[[2]string{p.B, p.A}] = p.Score, p.Score
		}
	}
	return found
}

// The bar of dedupe.md: 54 of 59 right, and none of two people among the sure ones.
func TestTrickyPairs(t *testing.T) {
	t.Parallel()
	found := scores(sharedBook(t, "tricky"))
	wrong := 0
	for _, row := range rows(t, "tricky/pairs.csv") {
		score, listed := found[[2]string{strings.ToLower(row["uid_a"]), strings.ToLower(row["uid_b"])}]
		if row["label"] == "not" && LaneOf(score) == Sure {
			t.Errorf("surely one: %s", row["why"])
		}
		if row["label"] != "unsure" && listed != (row["label"] == "dup") {
			wrong++
			t.Logf("%s, scored %.2f: %s", row["label"], score, row["why"])
		}
	}
	if wrong > 5 {
		t.Errorf("%d pairs are wrong", wrong)
	}
}

// The bar for the small book; make dedupe-eval scores the larger ones.
func TestDevelopmentBook(t *testing.T) {
	t.Parallel()
	cluster := map[string]string{}
	size := map[string]int{}
	for _, row := range rows(t, "dev-500/gold.csv") {
		cluster[strings.ToLower(vcard.BareUID(row["uid"]))] = row["cluster"]
		size[row["cluster"]]++
	}
	want := 0
	for _, n := range size {
		want += n * (n - 1) / 2
	}
	right, listed, sureWrong := 0, 0, 0
	for p, score := range scores(sharedBook(t, "dev-500")) {
		if p[0] > p[1] {
			continue
		}
		listed++
		switch same := cluster[p[0]] == cluster[p[1]]; {
		case same:
			right++
		case LaneOf(score) == Sure:
			sureWrong++
		}
	}
	if f1 := 2 * float64(right) / float64(listed+want); f1 < 0.97 || sureWrong > 0 {
		t.Errorf("F1 %.3f: %d right of %d listed and %d there are; %d false among the sure", f1, right, listed, want, sureWrong)
	}
}

// The named merges of the development data by their counts; merge_check.py knows more and is run by make dedupe-eval.
func TestMergeCases(t *testing.T) {
	t.Parallel()
	var cases []struct {
		ID, Why, Reference string
		Duplicates         []string
		Count              map[string]int
	}
	if err := json.Unmarshal(sharedFile(t, "merge_cases.json"), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		cards := []*vcard.Card{parsedBytes(t, []byte(c.Reference))}
		for _, d := range c.Duplicates {
			cards = append(cards, parsedBytes(t, []byte(d)))
		}
		result := parsedBytes(t, merged(t, Options{}, cards...).Merged)
		for property, want := range c.Count {
			got := 0
			for _, l := range result.Component.All(property) {
				if classOf(property) == list {
					got += len(vcard.Items(l))
					continue
				}
				got++
			}
			if got != want {
				t.Errorf("%s (%s): %d %s, want %d", c.ID, c.Why, got, property, want)
			}
		}
	}
}
