package interop

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/proof"
)

// TestReaders_ListWhatVdirsyncerFetched: three programs that parse calendars
// and cards with code of their own read what came from the server.
func TestReaders_ListWhatVdirsyncerFetched(t *testing.T) {
	t.Parallel()
	client(t, "vdirsyncer")
	s, c := start(t)
	seed(t, c)
	cal, cards := newPair(t, s, c, "caldav"), newPair(t, s, c, "carddav")
	for _, p := range []pair{cal, cards} {
		p.discover(t)
		p.sync(t)
	}
	t.Run("khal", func(t *testing.T) { khalLists(t, cal) })
	t.Run("todoman", func(t *testing.T) { todomanLists(t, cal) })
	t.Run("khard", func(t *testing.T) { khardLists(t, cards) })
}

func seed(t *testing.T, c *proof.Client) {
	t.Helper()
	for path, data := range map[string][]byte{
		c.Calendars + "calendar/once.ics":      proof.Event("once", 7, 1, day, false),
		c.Calendars + "calendar/weekly.ics":    proof.Event("weekly", 8, 1, day, true),
		c.Calendars + "tasks/bread.ics":        proof.Task("bread", "Brot & Käse kaufen", day.Add(time.Hour)),
		c.AddressBooks + "contacts/björn.vcf":  proof.Card("björn", 6, 1),
		c.AddressBooks + "contacts/chloé.vcf":  proof.Card("chloé", 2, 1),
		c.AddressBooks + "contacts/eleni.vcf":  proof.Card("eleni", 4, 1),
		c.AddressBooks + "contacts/a b@c.vcf":  proof.Card("a b@c", 10, 1),
		c.Calendars + "calendar/with+plus.ics": proof.Event("with+plus", 9, 1, day, false),
	} {
		if _, err := c.Put(t.Context(), escape(path), data); err != nil {
			t.Fatal(err)
		}
	}
}

func khalLists(t *testing.T, p pair) {
	client(t, "khal")
	p.write(t, "khal.conf", fmt.Sprintf(`[calendars]
[[fetched]]
path = %s
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %%H:%%M
dateformat = %%Y-%%m-%%d
longdateformat = %%Y-%%m-%%d
datetimeformat = %%Y-%%m-%%d %%H:%%M
longdatetimeformat = %%Y-%%m-%%d %%H:%%M
[sqlite]
path = %s
`, p.path("files/calendar"), p.path("khal.db")))
	out := p.run(t, "", "khal", "-c", p.path("khal.conf"), "list", "--format", "{start-date} {start-time} {title} / {location}", "2026-03-01", "2026-03-16")
	wantIn(t, out, "2026-03-02 15:00 Meeting 7 / Room 7", "2026-03-02 16:00 Meeting 8 / Room 8", "2026-03-09 16:00 Meeting 8", "2026-03-02 17:00 Meeting 9")
}

func todomanLists(t *testing.T, p pair) {
	client(t, "todoman")
	p.write(t, "todoman.py", fmt.Sprintf("path = %q\ncache_path = %q\n", p.path("files/*"), p.path("todoman.db")))
	type task struct {
		List, Summary string
		Due           int64
		Completed     bool
	}
	var got []task
	if err := json.Unmarshal([]byte(p.run(t, "", "todoman", "--config", p.path("todoman.py"), "--porcelain", "list")), &got); err != nil {
		t.Fatal(err)
	}
	want := []task{{List: "tasks", Summary: "Brot & Käse kaufen", Due: day.Add(time.Hour).Unix()}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

func khardLists(t *testing.T, p pair) {
	client(t, "khard")
	p.write(t, "khard.conf", fmt.Sprintf("[addressbooks]\n[[fetched]]\npath = %s\n[general]\ndefault_action = list\n[contact table]\ndisplay = formatted_name\n", p.path("files/contacts")))
	out := p.run(t, "", "khard", "-c", p.path("khard.conf"), "email", "--parsable", "--remove-first-line")
	wantIn(t, out, "6@example.org\tBjörn Smith 6", "2@example.org\tChloé Nováková 2", "4@example.org\tEleni Nováková 4", "10@example.org\tAda Øster 10")
}
