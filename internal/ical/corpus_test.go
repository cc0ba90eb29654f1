package ical

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ksync/internal/corpus"
)

// notOne are the notes of files that hold more than one object, or a message.
func notOne(f corpus.File) bool {
	for _, note := range f.Notes() {
		if strings.HasPrefix(note, "METHOD=") || strings.HasPrefix(note, "mixed:") || strings.HasSuffix(note, "-uids") ||
			strings.HasPrefix(note, "stream-of-") || note == "VCALENDAR" {
			return true
		}
	}
	return false
}

// Not parallel: it looks at the clock.
func TestParse_Corpus(t *testing.T) {
	for _, f := range corpus.Files(t, "icalendar") {
		t.Run(f.Path, func(t *testing.T) {
			data := f.Read(t)
			o, err := Parse(data)
			refused, _ := errors.AsType[*Error](err)
			switch {
			case err != nil && refused == nil:
				t.Fatalf("error without a condition: %v", err)
			case f.Class == "invalid":
				if err == nil {
					t.Errorf("accepted (%s)", f.Note)
				}
			case notOne(f):
				if refused == nil || refused.Cond != NotObject {
					t.Errorf("%v, want valid-calendar-object-resource (%s)", err, f.Note)
				}
			case err != nil:
				// The manifest does not always note several UIDs.
				if refused.Cond != NotObject || len(mustSplit(t, data)) == 1 {
					t.Errorf("%v (%s)", err, f.Note)
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
		if err == nil && in.End.Before(in.Start) && in.Component.Name != "VTODO" {
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
	for _, f := range corpus.Files(t, "icalendar") {
		t.Run(f.Path, func(t *testing.T) {
			t.Parallel()
			data := f.Read(t)
			items, err := Split(data)
			if refused, _ := errors.AsType[*Error](err); err != nil && refused == nil {
				t.Fatal(err)
			}
			if err != nil && f.Class != "invalid" {
				t.Errorf("%v (%s)", err, f.Note)
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
