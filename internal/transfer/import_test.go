package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ksync/store"
)

func TestImport_TellsOfEveryItem(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	dir := tree(t,
		"book.vcf", card("a", "Ann")+"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Half\r\n"+card("b", "Ben"),
		"cal.ics", calendarOf(event("e1", "one"), crlf("BEGIN:VEVENT\nUID:broken\nBEGIN:VALARM\nEND:VEVENT\n"), crlf("BEGIN:VTODO\nUID:t1\nDTSTAMP:20260101T000000Z\nEND:VTODO\n")),
		"journal.ics", calendarOf(crlf("BEGIN:VJOURNAL\nUID:j1\nDTSTAMP:20260101T000000Z\nEND:VJOURNAL\n")),
		"cut.ics", strings.TrimSuffix(calendarOf(event("e2", "two")), "END:VCALENDAR\r\n"),
		"empty.ics", "",
		"google.ics", calendarOf(),
		"notes.txt", "no card in here",
		"wrong.txt", card("c", "Cid"),
		".hidden.vcf", card("d", "Dan"),
		"z/junk.vcf", "hello\r\n",
	)
	o := Options{Store: st, Account: a.ID}
	want := []string{
		"book.vcf:1 a contacts created",
		"book.vcf:7   failed: BEGIN:VCARD has no END",
		"book.vcf:10 b contacts created",
		"cal.ics:4 e1 calendar created",
		"cal.ics:10 broken  failed: END does not match BEGIN:VALARM",
		"cal.ics:14 t1 tasks created",
		"cut.ics:1   failed: the calendar has no END: the file may have been cut off",
		"cut.ics:4 e2 calendar created",
		"empty.ics   failed: nothing inside",
		"google.ics:1   skipped: a calendar without events, tasks or journal entries",
		"journal.ics:4 j1  failed: no calendar of the account takes VJOURNAL",
		"wrong.txt:1 c contacts created",
		"junk.vcf:1   failed: neither a card nor a calendar",
	}
	r := importAll(t, o, Limits{}, dir)
	diff(t, brief(r), want)
	diff(t, r.Total, map[Outcome]int{Created: 6, Updated: 0, Unchanged: 0, Duplicate: 0, Skipped: 1, Failed: 6})

	again := importAll(t, o, Limits{}, dir)
	diff(t, again.Total, map[Outcome]int{Created: 0, Updated: 0, Unchanged: 6, Duplicate: 0, Skipped: 1, Failed: 6})
}

func TestImport_ReplacesByUIDWhereverItIs(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	c, err := st.Collection(t.Context(), a.ID, store.AddressBook, "contacts")
	if err != nil {
		t.Fatal(err)
	}
	for uri, uid := range map[string]string{"phone-made-name": "a", "b.vcf": "other"} {
		if _, err := st.PutObject(t.Context(), store.Put{Account: a.ID, Collection: c.ID, URI: uri, Bytes: []byte(card(uid, "Old")), Index: store.Index{UID: uid}}); err != nil {
			t.Fatal(err)
		}
	}
	r := importAll(t, Options{Store: st, Account: a.ID}, Limits{}, tree(t, "x.vcf", card("a", "New")+card("b", "Ben")+card("../x y", "Odd")))
	diff(t, brief(r), []string{"x.vcf:1 a contacts updated", "x.vcf:7 b contacts created", "x.vcf:13 ../x y contacts created"})
	got := objects(t, st, a)
	diff(t, got["contacts/phone-made-name"], card("a", "New"))
	diff(t, got["contacts/b.vcf"], card("other", "Old"))
	diff(t, got["contacts/b-"+digest([]byte(card("b", "Ben")))[:8]+".vcf"], card("b", "Ben"))
	diff(t, got["contacts/"+digest([]byte("../x y"))+".vcf"], card("../x y", "Odd"))
}

func TestImport_SameUIDTwice(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	dir := tree(t,
		"1.vcf", card("x", "Ann")+card("x", "Ben")+card("x", "Ann"),
		"2.vcf", card("x", "Ann"),
		"3.vcf", card("x", "Cid"),
		"4.ics", calendarOf(event("e", "one")),
		"5.ics", calendarOf(event("e", "two")),
	)
	ben := "x-" + digest([]byte(card("x", "Ben")))[:8]
	want := func(first string) []string {
		return []string{
			"1.vcf:1 x contacts " + first,
			"1.vcf:7 " + ben + " contacts " + first,
			"1.vcf:13 x contacts unchanged: the same UID as 1.vcf:1",
			"2.vcf:1 x contacts unchanged: the same UID as 1.vcf:1",
			"3.vcf:1 x contacts duplicate: the same UID as 1.vcf:1",
			"4.ics:4 e calendar " + first,
			"5.ics:4 e calendar duplicate: the same UID as 4.ics:4",
		}
	}
	for _, first := range []string{"created", "unchanged"} {
		got := brief(importAll(t, Options{Store: st, Account: a.ID}, Limits{}, dir))
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], dir+"/", "")
		}
		diff(t, got, want(first))
	}
}

func TestImport_InstancesOfOneEventInSeveralCalendars(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	master := calendarOf(crlf("BEGIN:VEVENT\nUID:r\nDTSTAMP:20260101T000000Z\nDTSTART:20260102T100000Z\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n"))
	moved := calendarOf(crlf("BEGIN:VEVENT\nUID:r\nDTSTAMP:20260101T000000Z\nDTSTART:20260103T120000Z\nRECURRENCE-ID:20260103T100000Z\nEND:VEVENT\n"))
	r := importAll(t, Options{Store: st, Account: a.ID}, Limits{}, tree(t, "x.ics", master+calendarOf(event("z", "other"))+moved))
	diff(t, r.Total[Created], 2)
	got := objects(t, st, a)["calendar/r.ics"]
	if !strings.Contains(got, "RRULE") || !strings.Contains(got, "RECURRENCE-ID") {
		t.Errorf("stored:\n%s", got)
	}
}

func TestImport_KeepsTheBytesOfWhatIsOneObject(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	odd := "\n" + strings.ReplaceAll(calendarOf("X-OURS:1\r\n", zone("Unused", "+0100"), event("e", "one")), "\r\n", "\n")
	importAll(t, Options{Store: st, Account: a.ID}, Limits{}, tree(t, "e.ics", odd))
	diff(t, objects(t, st, a), map[string]string{"calendar/e.ics": odd[1:]})
}

func TestImport_Into(t *testing.T) {
	t.Parallel()
	todo := crlf("BEGIN:VTODO\nUID:t\nDTSTAMP:20260101T000000Z\nEND:VTODO\n")
	both := tree(t, "a.ics", calendarOf(event("e", "one"), todo), "b.vcf", card("c", "Cid"))
	for _, tt := range []struct {
		name   string
		into   string
		create bool
		want   []string
		made   []string
	}{
		{"a calendar by URI", "calendar", false, []string{
			"a.ics:4 e calendar created",
			"a.ics:10 t calendar failed: the calendar does not take VTODO",
			`b.vcf:1 c  failed: there is no address book "calendar"`}, nil},
		{"a new one by name", "Übersee & Co", true, []string{
			"a.ics:4 e bersee-co created",
			"a.ics:10 t bersee-co created",
			"b.vcf:1 c bersee-co created"}, []string{"Übersee & Co", "Übersee & Co"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st, a := newAccount(t)
			r := importAll(t, Options{Store: st, Account: a.ID, Into: tt.into, Create: tt.create}, Limits{}, both)
			diff(t, brief(r), tt.want)
			diff(t, r.Made, tt.made)
		})
	}
}

func TestImport_IntoNothing(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	_, err := OpenTargets(t.Context(), Options{Store: st, Account: a.ID, Into: "Calender"})
	if err == nil || err.Error() != `there is no address book or calendar "Calender"; there are: contacts (Contacts), calendar (Calendar), tasks (Tasks)` {
		t.Error(err)
	}
}

func TestImport_CreatesWhatNoCalendarTakes(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	dir := tree(t, "j.ics", calendarOf(crlf("BEGIN:VJOURNAL\nUID:j1\nDTSTAMP:20260101T000000Z\nEND:VJOURNAL\n")))
	r := importAll(t, Options{Store: st, Account: a.ID, Create: true}, Limits{}, dir)
	diff(t, brief(r), []string{"j.ics:4 j1 journal created"})
	c, err := st.Collection(t.Context(), a.ID, store.Calendar, "journal")
	if err != nil {
		t.Fatal(err)
	}
	diff(t, c.Components, []string{"VJOURNAL"})
}

func TestImport_Progress(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	var last Progress
	o := Options{Store: st, Account: a.ID, Progress: func(p Progress) {
		if p.Done < last.Done || p.Done > p.Total {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}}
	dir := tree(t, "a.vcf", card("a", "Ann"), "b.ics", calendarOf(event("e", "one")))
	importAll(t, o, Limits{}, dir)
	diff(t, last, Progress{Done: last.Total, Total: int64(len(card("a", "Ann")) + len(calendarOf(event("e", "one")))), Unit: "bytes", Items: 2, Current: dir + "/b.ics"})
}

func TestImport_FaultEndsIt(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	ctx, cancel := context.WithCancel(t.Context())
	var b strings.Builder
	for i := range 5000 {
		b.WriteString(card(fmt.Sprint("c", i), "Ann"))
	}
	files, err := Open([]string{tree(t, "a.vcf", b.String())}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Store: st, Account: a.ID, Checks: checks(), Progress: func(p Progress) {
		if p.Items > 100 {
			cancel()
		}
	}}
	r, err := Import(ctx, files, o)
	if !errors.Is(err, context.Canceled) || r.Total[Created] == 0 || r.Total[Created] == 5000 || len(objects(t, st, a)) < r.Total[Created] {
		t.Errorf("err %v, report %v, stored %d", err, r.Total, len(objects(t, st, a)))
	}
}

func TestImport_TooLargeObject(t *testing.T) {
	t.Parallel()
	st, a := newAccount(t)
	r := importAll(t, Options{Store: st, Account: a.ID, Limits: Limits{Object: 200}}, Limits{}, tree(t, "a.vcf", card("a", strings.Repeat("x", 200))+card("b", "Ben")))
	diff(t, r.Total[Created], 1)
	diff(t, r.Total[Failed], 1)
}
