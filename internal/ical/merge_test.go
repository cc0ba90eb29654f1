package ical_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/ical"
)

func mergeZone(id, offset string) string {
	return "BEGIN:VTIMEZONE\nTZID:" + id + "\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:" + offset + "\nTZOFFSETTO:" + offset + "\nEND:STANDARD\nEND:VTIMEZONE\n"
}

func mergeEvent(uid, tzid string) string {
	return "BEGIN:VEVENT\nUID:" + uid + "\nDTSTART;TZID=" + tzid + ":20260102T100000\nEND:VEVENT\n"
}

func mergeCalendar(inner ...string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\nCALSCALE:GREGORIAN\n" + strings.Join(inner, "") + "END:VCALENDAR\n"
}

func merge(t *testing.T, head ical.Head, objects ...string) string {
	t.Helper()
	var b bytes.Buffer
	m, err := ical.NewMerger(&b, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if err := m.Add([]byte(o)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.End(); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

func TestMerger(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		objects []string
		want    string
	}{
		{"nothing", nil, ""},
		{"no last line end", []string{strings.TrimSuffix(mergeCalendar(mergeEvent("a", "UTC")), "\n"), mergeCalendar(mergeEvent("b", "UTC"))},
			mergeEvent("a", "UTC") + mergeEvent("b", "UTC")},
		{"a zone once", []string{mergeCalendar(mergeZone("Mine", "+0100"), mergeEvent("a", "Mine")), mergeCalendar(mergeZone("Mine", "+0100"), mergeEvent("b", "Mine"))},
			mergeZone("Mine", "+0100") + mergeEvent("a", "Mine") + mergeEvent("b", "Mine")},
		{"a zone whose name says all", []string{mergeCalendar(mergeZone("Europe/Berlin", "+0100"), mergeEvent("a", "Europe/Berlin")), mergeCalendar(mergeZone("Europe/Berlin", "+0200"), mergeEvent("b", "Europe/Berlin"))},
			mergeZone("Europe/Berlin", "+0100") + mergeEvent("a", "Europe/Berlin") + mergeEvent("b", "Europe/Berlin")},
		{"another zone of the same TZID", []string{
			mergeCalendar(mergeZone("Mine", "+0100"), mergeEvent("a", "Mine")), mergeCalendar(mergeZone("Mine", "+0200"), mergeEvent("b", "Mine")),
			mergeCalendar(mergeEvent("c", "Mine"), mergeZone("Mine", "+0200")), mergeCalendar(mergeZone("Mine", "+0300"), mergeEvent("d", "Mine"))},
			mergeZone("Mine", "+0100") + mergeEvent("a", "Mine") + mergeZone("Mine-2", "+0200") + mergeEvent("b", "Mine-2") +
				mergeEvent("c", "Mine-2") + mergeZone("Mine-3", "+0300") + mergeEvent("d", "Mine-3")},
		{"a TZID that was taken", []string{mergeCalendar(mergeZone("Mine-2", "+0500")), mergeCalendar(mergeZone("Mine", "+0100")), mergeCalendar(mergeZone("Mine", "+0200"), mergeEvent("b", "Mine"))},
			mergeZone("Mine-2", "+0500") + mergeZone("Mine", "+0100") + mergeZone("Mine-3", "+0200") + mergeEvent("b", "Mine-3")},
		{"a TZID that a sibling has", []string{mergeCalendar(mergeZone("Mine", "+0100")),
			mergeCalendar(mergeZone("Mine", "+0200"), mergeZone("Mine-2", "+0300"), mergeEvent("a", "Mine"), mergeEvent("b", "Mine-2"))},
			mergeZone("Mine", "+0100") + mergeZone("Mine-3", "+0200") + mergeZone("Mine-2", "+0300") + mergeEvent("a", "Mine-3") + mergeEvent("b", "Mine-2")},
		{"two zones of one TZID, and one of none", []string{mergeCalendar(mergeZone("Mine", "+0100"), mergeZone("Mine", "+0200"), mergeZone("", "+0300"), mergeEvent("a", "Mine"))},
			mergeZone("Mine", "+0100") + mergeEvent("a", "Mine")},
		{"a stream", []string{mergeCalendar(mergeEvent("a", "UTC")) + mergeCalendar(mergeEvent("b", "UTC"))}, mergeEvent("a", "UTC") + mergeEvent("b", "UTC")},
		{"a byte order mark, METHOD", []string{"\ufeff" + mergeCalendar("METHOD:PUBLISH\n", mergeEvent("a", "UTC"))}, mergeEvent("a", "UTC")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n" + tt.want + "END:VCALENDAR\n"
			if diff := cmp.Diff(want, merge(t, ical.Head{ProdID: "-//x//EN"}, tt.objects...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMerger_Head(t *testing.T) {
	t.Parallel()
	want := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:p\nNAME:a\\, b\\nc\nX-WR-CALNAME:a\\, b\\nc\nX-APPLE-CALENDAR-COLOR:#FF0000\nEND:VCALENDAR\n"
	if diff := cmp.Diff(want, merge(t, ical.Head{ProdID: "p", Name: "a, b\nc", Color: "#FF0000"})); diff != "" {
		t.Error(diff)
	}
}

func TestMerger_LeavesOutWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	m, err := ical.NewMerger(&b, ical.Head{ProdID: "p"})
	if err != nil {
		t.Fatal(err)
	}
	before := b.Len()
	if _, ok := errors.AsType[*ical.Error](m.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\n"))); !ok || b.Len() != before {
		t.Errorf("wrote %q", b.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestMerger_TellsTheWritersErrors(t *testing.T) {
	t.Parallel()
	if _, err := ical.NewMerger(full{}, ical.Head{}); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

// What was merged is, cut up again, the same objects.
func TestMerger_SplitGivesTheSameObjects(t *testing.T) {
	t.Parallel()
	var objects []string
	for i := range 20 {
		zone := fmt.Sprintf("Zone %d", i%5)
		objects = append(objects, mergeCalendar(mergeZone(zone, fmt.Sprintf("+%02d00", i%7)), mergeEvent(fmt.Sprint("uid", i), zone)))
	}
	items, err := ical.Split([]byte(merge(t, ical.Head{ProdID: "p"}, objects...)))
	if err != nil || len(items) != len(objects) {
		t.Fatalf("%d items, %v", len(items), err)
	}
	for i, it := range items {
		if diff := cmp.Diff(startOf(t, objects[i]), startOf(t, string(it.Bytes))); diff != "" || it.UID != fmt.Sprint("uid", i) {
			t.Errorf("%s: %s", it.UID, diff)
		}
	}
}

// startOf is when an object begins, in UTC.
func startOf(t *testing.T, text string) int64 {
	t.Helper()
	o, err := ical.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o.Span().First
}

func BenchmarkMerger(b *testing.B) {
	object := []byte(strings.ReplaceAll(mergeCalendar(mergeZone("Europe/Berlin", "+0100"), mergeEvent("a", "Europe/Berlin")), "\n", "\r\n"))
	m, err := ical.NewMerger(io.Discard, ical.Head{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(object)))
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Add(object); err != nil {
			b.Fatal(err)
		}
	}
}
