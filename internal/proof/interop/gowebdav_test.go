package interop

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-vcard"
	"github.com/emersion/go-webdav"
	"github.com/emersion/go-webdav/caldav"
	"github.com/emersion/go-webdav/carddav"
	"github.com/google/go-cmp/cmp"

	"ksync/internal/proof"
)

// caller is the HTTP client below go-webdav's; its header goes along with
// requests, since go-webdav sends no conditions of its own.
type caller struct {
	client *proof.Client
	header http.Header
}

// Do implements webdav.HTTPClient.
func (c *caller) Do(r *http.Request) (*http.Response, error) {
	r.SetBasicAuth(c.client.Login, c.client.Password)
	for name, values := range c.header {
		r.Header[name] = values
	}
	return http.DefaultClient.Do(r)
}

func TestGoWebDAV_FindsWhatTheAccountHas(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	for _, root := range []string{"/", "/dav/", c.Principal} {
		dav, err := webdav.NewClient(&caller{client: c}, s.URL+root)
		if err != nil {
			t.Fatal(err)
		}
		principal, err := dav.FindCurrentUserPrincipal(t.Context())
		if err != nil || principal != c.Principal {
			t.Errorf("principal from %s: %q, error %v", root, principal, err)
		}
	}
	books := carddavClient(t, s, &caller{client: c})
	if err := books.HasSupport(t.Context()); err != nil {
		t.Error(err)
	}
	home, err := books.FindAddressBookHomeSet(t.Context(), c.Principal)
	if err != nil || home != c.AddressBooks {
		t.Errorf("address book home %q, error %v", home, err)
	}
	found, err := books.FindAddressBooks(t.Context(), home)
	if err != nil || len(found) != 1 || found[0].Path != home+"contacts/" || !found[0].SupportsAddressData("text/vcard", "3.0") {
		t.Errorf("address books %+v, error %v", found, err)
	}
}

func TestGoWebDAV_FindsCalendarsByComponent(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	client := caldavClient(t, s, &caller{client: c})
	home, err := client.FindCalendarHomeSet(t.Context(), c.Principal)
	if err != nil || home != c.Calendars {
		t.Fatalf("calendar home %q, error %v", home, err)
	}
	found, err := client.FindCalendars(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, cal := range found {
		got[strings.TrimPrefix(cal.Path, home)] = cal.SupportedComponentSet
		if cal.MaxResourceSize <= 0 {
			t.Errorf("%s: max-resource-size %d", cal.Path, cal.MaxResourceSize)
		}
	}
	if diff := cmp.Diff(map[string][]string{"calendar/": {"VEVENT"}, "tasks/": {"VTODO"}}, got); diff != "" {
		t.Errorf("calendars (-want +got):\n%s", diff)
	}
}

func TestGoWebDAV_ReadsAndWritesEvents(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	from := &caller{client: c}
	client := caldavClient(t, s, from)
	path := func(uid string) string { return c.Calendars + "calendar/" + uid + ".ics" }
	put := func(uid, summary string, begin time.Time) string {
		t.Helper()
		o, err := client.PutCalendarObject(t.Context(), path(uid), eventOf(uid, summary, begin))
		if err != nil {
			t.Fatal(err)
		}
		return o.ETag
	}
	first := put("one", "First", day)
	put("two", "Second", day.AddDate(0, 1, 0))

	from.header = http.Header{"If-Match": {`"` + first + `"`}}
	second := put("one", "First, changed", day)
	if second == first || second == "" {
		t.Errorf("ETag %q after a change, %q before", second, first)
	}
	_, err := client.PutCalendarObject(t.Context(), path("one"), eventOf("one", "Lost", day))
	if err == nil || !strings.Contains(err.Error(), "412") {
		t.Errorf("PUT with an old ETag: error %v, want 412", err)
	}
	from.header = nil

	o, err := client.GetCalendarObject(t.Context(), path("one"))
	if err != nil || o.ETag != second || summaryOf(o) != "First, changed" {
		t.Errorf("GET %+v, error %v", o, err)
	}
	wantSummaries(t, "query by time", "First, changed")(client.QueryCalendar(t.Context(), c.Calendars+"calendar/", eventQuery(day, day.AddDate(0, 0, 7))))
	wantSummaries(t, "query of later ones", "Second")(client.QueryCalendar(t.Context(), c.Calendars+"calendar/", eventQuery(day.AddDate(0, 0, 7), day.AddDate(50, 0, 0))))
	wantSummaries(t, "multiget", "First, changed", "Second")(client.MultiGetCalendar(t.Context(), c.Calendars+"calendar/",
		&caldav.CalendarMultiGet{Paths: []string{path("one"), path("two")}, CompRequest: caldav.CalendarCompRequest{Name: "VCALENDAR"}}))

	if err := client.RemoveAll(t.Context(), path("one")); err != nil {
		t.Error(err)
	}
	files, err := client.ReadDir(t.Context(), c.Calendars+"calendar/", false)
	if names := names(files); err != nil || !slices.Contains(names, path("two")) || slices.Contains(names, path("one")) {
		t.Errorf("after the removal %v, error %v", names, err)
	}
}

func eventQuery(start, end time.Time) *caldav.CalendarQuery {
	return &caldav.CalendarQuery{
		CompRequest: caldav.CalendarCompRequest{Name: "VCALENDAR", Comps: []caldav.CalendarCompRequest{{Name: "VEVENT", Props: []string{"SUMMARY", "UID", "DTSTART", "DTSTAMP"}}}, Props: []string{"VERSION", "PRODID"}},
		CompFilter:  caldav.CompFilter{Name: "VCALENDAR", Comps: []caldav.CompFilter{{Name: "VEVENT", Start: start, End: end}}},
	}
}

func eventOf(uid, summary string, begin time.Time) *ical.Calendar {
	e := ical.NewEvent()
	e.Props.SetText(ical.PropUID, uid)
	e.Props.SetText(ical.PropSummary, summary)
	e.Props.SetDateTime(ical.PropDateTimeStamp, begin)
	e.Props.SetDateTime(ical.PropDateTimeStart, begin)
	cal := ical.NewCalendar()
	cal.Props.SetText(ical.PropVersion, "2.0")
	cal.Props.SetText(ical.PropProductID, "-//interop//EN")
	cal.Children = append(cal.Children, e.Component)
	return cal
}

func summaryOf(o *caldav.CalendarObject) string {
	for _, e := range o.Data.Events() {
		text, err := e.Props.Text(ical.PropSummary)
		if err == nil {
			return text
		}
	}
	return ""
}

func wantSummaries(t *testing.T, what string, want ...string) func([]caldav.CalendarObject, error) {
	return func(objects []caldav.CalendarObject, err error) {
		t.Helper()
		var got []string
		for i := range objects {
			got = append(got, summaryOf(&objects[i]))
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q, error %v", what, got, want, err)
		}
	}
}

func TestGoWebDAV_ReadsAndWritesCards(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	client := carddavClient(t, s, &caller{client: c})
	book := c.AddressBooks + "contacts/"
	for _, name := range []string{"Ada Lovelace", "Björn Borg", "Chloé Dumas"} {
		if _, err := client.PutAddressObject(t.Context(), book+strings.Fields(name)[0]+".vcf", cardOf(name)); err != nil {
			t.Fatal(err)
		}
	}
	o, err := client.GetAddressObject(t.Context(), book+"Ada.vcf")
	if err != nil || o.Card.PreferredValue(vcard.FieldFormattedName) != "Ada Lovelace" || o.ETag == "" {
		t.Errorf("GET %+v, error %v", o, err)
	}
	all := carddav.AddressDataRequest{AllProp: true}
	filter := func(text string, kind carddav.MatchType) *carddav.AddressBookQuery {
		match := []carddav.TextMatch{{Text: text, MatchType: kind}}
		return &carddav.AddressBookQuery{DataRequest: all, PropFilters: []carddav.PropFilter{{Name: "FN", TextMatches: match}}}
	}
	wantNames(t, "any case", "Björn Borg")(client.QueryAddressBook(t.Context(), book, filter("BJÖRN", carddav.MatchContains)))
	wantNames(t, "beginning", "Chloé Dumas")(client.QueryAddressBook(t.Context(), book, filter("chlo", carddav.MatchStartsWith)))
	wantNames(t, "no match")(client.QueryAddressBook(t.Context(), book, filter("zzz", carddav.MatchContains)))
	wantNames(t, "multiget", "Ada Lovelace", "Björn Borg")(client.MultiGetAddressBook(t.Context(), book,
		&carddav.AddressBookMultiGet{Paths: []string{book + "Ada.vcf", book + "Björn.vcf"}, DataRequest: all}))
}

func cardOf(name string) vcard.Card {
	card := vcard.Card{}
	card.SetValue(vcard.FieldVersion, "3.0")
	card.SetValue(vcard.FieldUID, "uid of "+name)
	card.SetValue(vcard.FieldFormattedName, name)
	given, family, _ := strings.Cut(name, " ")
	card.SetName(&vcard.Name{GivenName: given, FamilyName: family})
	return card
}

func wantNames(t *testing.T, what string, want ...string) func([]carddav.AddressObject, error) {
	return func(objects []carddav.AddressObject, err error) {
		t.Helper()
		var got []string
		for _, o := range objects {
			got = append(got, o.Card.PreferredValue(vcard.FieldFormattedName))
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q, error %v", what, got, want, err)
		}
	}
}

func TestGoWebDAV_SyncsAnAddressBook(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	client := carddavClient(t, s, &caller{client: c})
	book := c.AddressBooks + "contacts/"
	for _, uid := range []string{"one", "two", "three"} {
		if _, err := c.Put(t.Context(), book+uid+".vcf", proof.Card(uid, 1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	first, err := client.SyncCollection(t.Context(), book, &carddav.SyncQuery{})
	if err != nil || len(first.Updated) != 3 || len(first.Deleted) != 0 {
		t.Fatalf("first sync %+v, error %v", first, err)
	}
	if err := client.RemoveAll(t.Context(), book+"one.vcf"); err != nil {
		t.Fatal(err)
	}
	if err := client.Move(t.Context(), book+"two.vcf", book+"moved.vcf", nil); err != nil {
		t.Fatal(err)
	}
	if err := client.Copy(t.Context(), book+"moved.vcf", book+"three.vcf", &webdav.CopyOptions{NoOverwrite: true}); err == nil {
		t.Error("COPY onto another object without overwriting: no error")
	}
	second, err := client.SyncCollection(t.Context(), book, &carddav.SyncQuery{SyncToken: first.SyncToken})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(second.Deleted)
	if len(second.Updated) != 1 || second.Updated[0].Path != book+"moved.vcf" || !slices.Equal(second.Deleted, []string{book + "one.vcf", book + "two.vcf"}) {
		t.Errorf("second sync %+v", second)
	}
	if _, err := client.SyncCollection(t.Context(), book, &carddav.SyncQuery{SyncToken: "urn:nobody:gave:this"}); err == nil {
		t.Error("alien token: no error")
	}
}

func names(files []webdav.FileInfo) (paths []string) {
	for _, f := range files {
		paths = append(paths, f.Path)
	}
	return paths
}

func caldavClient(t *testing.T, s *proof.Server, from *caller) *caldav.Client {
	t.Helper()
	client, err := caldav.NewClient(from, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func carddavClient(t *testing.T, s *proof.Server, from *caller) *carddav.Client {
	t.Helper()
	client, err := carddav.NewClient(from, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
