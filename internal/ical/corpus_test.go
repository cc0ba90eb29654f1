package ical

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const corpusDir = "../../../shared/corpus"

// corpusFile is one row of the corpus manifest.
type corpusFile struct{ path, class, note string }

func corpus(t testing.TB) (files []corpusFile) {
	f, err := os.Open(filepath.Join(corpusDir, "MANIFEST.csv"))
	if err != nil {
		t.Skip("no ../shared/corpus beside this checkout")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if strings.HasPrefix(row[0], "icalendar/") {
			files = append(files, corpusFile{row[0], row[10], row[11]})
		}
	}
	return files
}

func (f corpusFile) read(t testing.TB) []byte {
	data, err := os.ReadFile(filepath.Join(corpusDir, f.path))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// notOne are the notes of files that hold more than one object, or a message.
func (f corpusFile) notOne() bool {
	for note := range strings.SplitSeq(f.note, ";") {
		note = strings.TrimSpace(note)
		if strings.HasPrefix(note, "METHOD=") || strings.HasPrefix(note, "mixed:") || strings.HasSuffix(note, "-uids") ||
			strings.HasPrefix(note, "stream-of-") || note == "VCALENDAR" {
			return true
		}
	}
	return false
}

// Not parallel: it looks at the clock.
func TestParse_Corpus(t *testing.T) {
	for _, f := range corpus(t) {
		t.Run(f.path, func(t *testing.T) {
			data := f.read(t)
			o, err := Parse(data)
			refused, _ := errors.AsType[*Error](err)
			switch {
			case err != nil && refused == nil:
				t.Fatalf("error without a condition: %v", err)
			case f.class == "invalid":
				if err == nil {
					t.Errorf("accepted (%s)", f.note)
				}
			case f.notOne():
				if refused == nil || refused.Cond != NotObject {
					t.Errorf("%v, want valid-calendar-object-resource (%s)", err, f.note)
				}
			case err != nil:
				// The manifest does not always note several UIDs.
				if refused.Cond != NotObject || len(mustSplit(t, data)) == 1 {
					t.Errorf("%v (%s)", err, f.note)
				}
			default:
				checkObject(t, o, data)
			}
		})
	}
}

// checkObject: the bytes stay, and every question has an answer, soon.
func checkObject(t *testing.T, o *Object, data []byte) {
	if !bytes.Equal(o.Bytes(), data) {
		t.Error("the text has changed")
	}
	for tries := 50; ; tries-- { // the machine may be busy: the quickest counts
		began := time.Now()
		checkInstances(t, o)
		switch took := time.Since(began); {
		case took < 100*time.Millisecond:
			return
		case tries == 0:
			t.Fatalf("takes %v", took)
		}
	}
}

func checkInstances(t *testing.T, o *Object) {
	span := o.Span()
	if span.First > span.Last {
		t.Errorf("span %+v", span)
	}
	for in, err := range o.Instances(Range{}, time.UTC, Limits{Instances: 1000}) {
		if err == nil && in.End.Before(in.Start) {
			t.Errorf("instance %+v", in)
		}
		if err == nil && (in.Start.UnixMilli() < span.First || in.End.UnixMilli() > span.Last) {
			t.Errorf("instance %v to %v outside of span %+v", in.Start, in.End, span)
			break
		}
	}
}

func TestSplit_Corpus(t *testing.T) {
	t.Parallel()
	for _, f := range corpus(t) {
		t.Run(f.path, func(t *testing.T) {
			t.Parallel()
			data := f.read(t)
			items, err := Split(data)
			if refused, _ := errors.AsType[*Error](err); err != nil && refused == nil {
				t.Fatal(err)
			}
			if err != nil && f.class != "invalid" {
				t.Errorf("%v (%s)", err, f.note)
			}
			var uids []string
			for _, item := range items {
				if item.Err != nil {
					t.Errorf("%s: %v", item.UID, item.Err)
				}
				if uids = append(uids, item.UID); item.UID == "" {
					t.Error("an item without UID")
				}
			}
			slices.Sort(uids)
			if n := len(uids); len(slices.Compact(uids)) != n {
				t.Error("two items with one UID")
			}
			again, _ := Split(data)
			if !slices.EqualFunc(items, again, func(a, b Item) bool { return bytes.Equal(a.Bytes, b.Bytes) }) {
				t.Error("a second import gives something else")
			}
		})
	}
}
