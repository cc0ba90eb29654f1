package dav_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ksync/internal/account"
	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/dav"
	"ksync/store"
)

// many is how many objects the collections of the benchmarks hold.
const many = 10_000

// filled is a server with many cards and many events, of which 15 % recur. It is
// made once for all benchmarks, which read only or change one object.
var filled = sync.OnceValues(func() (*loaded, error) {
	dir, err := os.MkdirTemp("", "ksync-bench") // outlives each benchmark, unlike b.TempDir
	if err != nil {
		return nil, err
	}
	return fill(filepath.Join(dir, "db"))
})

type loaded struct {
	*dav.Engine
	account int64
}

func (l *loaded) do(b *testing.B, method, path, body string) *discarded {
	b.Helper()
	r := httptest.NewRequest(method, fmt.Sprintf(path, l.account), strings.NewReader(body))
	r.Header.Set("Depth", "0")
	w := &discarded{header: http.Header{}}
	l.ServeHTTP(w, r)
	if w.status >= 300 {
		b.Fatalf("%s: %d", method, w.status)
	}
	return w
}

// discarded is an answer of which the size is all that is kept.
type discarded struct {
	header http.Header
	status int
	bytes  int64
}

func (d *discarded) Header() http.Header    { return d.header }
func (d *discarded) WriteHeader(status int) { d.status = status }
func (d *discarded) Write(p []byte) (int, error) {
	d.bytes += int64(len(p))
	return io.Discard.Write(p)
}

func server10k(b *testing.B) *loaded {
	b.Helper()
	l, err := filled()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return l
}

const calendar = "/dav/calendars/%d/calendar/"

func BenchmarkPoll(b *testing.B) {
	l := server10k(b)
	for b.Loop() {
		l.do(b, "PROPFIND", calendar, `<propfind xmlns="DAV:"><prop><sync-token/><getctag xmlns="http://calendarserver.org/ns/"/></prop></propfind>`)
	}
}

func BenchmarkFirstSync(b *testing.B) {
	l := server10k(b)
	for b.Loop() {
		l.do(b, "REPORT", cards, syncBody("", ""))
	}
}

func BenchmarkFirstSyncWithData(b *testing.B) {
	l := server10k(b)
	body := strings.Replace(syncBody("", ""), "<D:getetag/>", `<D:getetag/><C:address-data xmlns:C="urn:ietf:params:xml:ns:carddav"/>`, 1)
	for b.Loop() {
		l.do(b, "REPORT", cards, body)
	}
}

// BenchmarkWhole is a GET of a collection as one file.
func BenchmarkWhole(b *testing.B) {
	for name, path := range map[string]string{"calendar": calendar, "cards": cards} {
		b.Run(name, func(b *testing.B) {
			l := server10k(b)
			for b.Loop() {
				l.do(b, "GET", path, "")
			}
		})
	}
}

// BenchmarkKSyncQuery is what kSync asks for events by default (clients.md 2.5).
func BenchmarkKSyncQuery(b *testing.B) {
	l := server10k(b)
	for b.Loop() {
		l.do(b, "REPORT", calendar, rangeQuery(`start="20260101T000000Z"`))
	}
}

func BenchmarkMonthQuery(b *testing.B) {
	l := server10k(b)
	for b.Loop() {
		l.do(b, "REPORT", calendar, rangeQuery(`start="20260101T000000Z" end="20260201T000000Z"`))
	}
}

func rangeQuery(ends string) string {
	return `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter>` +
		`<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range ` + ends + `/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`
}

func BenchmarkTextQuery(b *testing.B) {
	l := server10k(b)
	for b.Loop() {
		l.do(b, "REPORT", cards, `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter>`+
			`<C:prop-filter name="FN"><C:text-match>name 77</C:text-match></C:prop-filter></C:filter></C:addressbook-query>`)
	}
}

func BenchmarkMultiget50(b *testing.B) {
	l := server10k(b)
	var hrefs strings.Builder
	for i := range 50 {
		fmt.Fprintf(&hrefs, "<D:href>"+cards+"c%d.vcf</D:href>", l.account, i*7)
	}
	for b.Loop() {
		l.do(b, "REPORT", cards, `<C:addressbook-multiget xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><D:getetag/><C:address-data/></D:prop>`+
			hrefs.String()+`</C:addressbook-multiget>`)
	}
}

func BenchmarkPut(b *testing.B) {
	l := server10k(b)
	n := 0
	for b.Loop() {
		n++
		l.do(b, "PUT", cards+"put.vcf", card("put", fmt.Sprint("Name ", n)))
	}
}

func fill(path string) (*loaded, error) {
	ctx := context.Background()
	st, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return nil, err
	}
	a, err := account.Create(ctx, st, store.Account{Login: "bench"})
	if err != nil {
		return nil, err
	}
	l := &loaded{account: a.ID, Engine: dav.New(dav.Options{
		Store:  st,
		SignIn: func(*http.Request) (dav.Actor, error) { return dav.Actor{Account: a, Scope: store.FullScope}, nil },
		Kinds:  []*dav.Kind{caldav.Kind(), carddav.Kind()},
	})}
	return l, l.fill()
}

// fill stores the objects with many writers, so that they share commits.
func (l *loaded) fill() error {
	jobs, errs := make(chan int), make(chan error, 16)
	for range cap(errs) {
		go func() {
			for i := range jobs {
				if err := l.store(i); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for i := range many {
		jobs <- i
	}
	close(jobs)
	for range cap(errs) {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func (l *loaded) store(i int) error {
	rule := ""
	if i%100 < 15 {
		rule = []string{"RRULE:FREQ=WEEKLY\r\n", "RRULE:FREQ=DAILY;COUNT=30\r\n", "RRULE:FREQ=MONTHLY;BYDAY=2TU\r\n"}[i%3]
	}
	start := fmt.Sprintf("%04d%02d%02dT%02d0000Z", 2018+i%9, 1+i%12, 1+i%28, i%24)
	e := strings.Replace(event(fmt.Sprint("e", i), start), "SUMMARY", rule+"SUMMARY", 1)
	for path, body := range map[string]string{
		fmt.Sprintf(calendar+"e%d.ics", l.account, i): e,
		fmt.Sprintf(cards+"c%d.vcf", l.account, i):    card(fmt.Sprint("c", i), fmt.Sprint("Name ", i)),
	} {
		w := &discarded{header: http.Header{}}
		l.ServeHTTP(w, httptest.NewRequest("PUT", path, strings.NewReader(body)))
		if w.status != http.StatusCreated {
			return fmt.Errorf("PUT %s: %d", path, w.status)
		}
	}
	return nil
}
