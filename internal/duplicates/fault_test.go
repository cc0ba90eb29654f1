package duplicates

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ksync/store"
)

// faulty is a service of the same account of which what is told of it can be made to panic.
func (b *bench) faulty(t *testing.T) (s *Service, log *bytes.Buffer, broken *atomic.Bool) {
	t.Helper()
	log, broken = &bytes.Buffer{}, &atomic.Bool{}
	o := b.Service.o
	o.Logger = slog.New(slog.NewTextHandler(log, nil))
	o.Region = func(store.Account) string {
		if broken.Load() {
			panic("no region")
		}
		return "CH"
	}
	o.Check = func(c *store.Collection, data []byte) (store.Index, error) {
		if strings.Contains(string(data), "X-STRANGE") {
			panic("strange card")
		}
		return index(c, data)
	}
	s = New(o)
	t.Cleanup(s.Close)
	return s, log, broken
}

// A fault with one group of a job costs that group, not the server.
func TestMergeAllSure_AFaultCostsItsGroup(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, log, _ := b.faulty(t)
	for who, extra := range map[string]string{"anna keller": "X-STRANGE:1", "bruno meier": "X-FINE:1"} {
		first, _, _ := strings.Cut(who, " ")
		for _, n := range []string{"1", "2"} {
			b.put(t, b.Book.ID, first+n+".vcf", text("UID:"+first+n, "FN:"+who, "EMAIL:"+first+"@x.example", "URL:https://"+first+".example", "BDAY:1980-02-28", extra))
		}
	}
	j, err := s.MergeAllSure(t.Context(), b.Account.ID, b.by, 0, "")
	if err != nil || j.Total != 2 {
		t.Fatalf("%+v, %v", j, err)
	}
	s.jobs.Wait()
	j, err = s.Job(t.Context(), b.Account.ID, j.ID)
	if err != nil || j.Merged != 1 || j.Failed != 1 || j.State != JobDone {
		t.Errorf("%+v, %v", j, err)
	}
	if told := log.String(); !strings.Contains(told, "strange card") || strings.Contains(told, "anna") {
		t.Errorf("the log says %s", told)
	}
}

// A fault while counts are made is their error, and what comes after it is counted.
func TestCountsWithin_AFaultIsAnError(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, _, broken := b.faulty(t)
	broken.Store(true)
	if _, ok, err := s.CountsWithin(t.Context(), b.Account.ID, time.Minute); ok || err == nil || !strings.Contains(err.Error(), "no region") {
		t.Fatalf("%v, %v", ok, err)
	}
	broken.Store(false)
	if counts, ok, err := s.CountsWithin(t.Context(), b.Account.ID, time.Minute); !ok || err != nil || len(counts) != 2 {
		t.Errorf("%v, %v, %v", counts, ok, err)
	}
}

// A fault in what is done for one card is its error.
func TestGuarded_KeepsAFaultToItsCard(t *testing.T) {
	t.Parallel()
	var lines []string
	if err := guarded(func() error { _ = lines[3]; return nil }); err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("%v", err)
	}
	if err := guarded(func() error { return nil }); err != nil {
		t.Errorf("%v", err)
	}
}

// What happens half way through a change is forgotten, so that the next one who asks gets everything.
func TestWith_AFaultLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, b.Book.ID, "a.vcf", text("UID:a", "FN:Anna Keller", "EMAIL:a@x.example"))
	b.put(t, b.Book.ID, "b.vcf", text("UID:b", "FN:Anna Keller", "EMAIL:a@x.example"))
	err := guarded(func() error {
		return b.with(t.Context(), b.Account.ID, func(sh *shelf) error {
			sh.remove(Ref{Collection: b.Book.ID, URI: "a.vcf"}.id())
			panic("half way")
		})
	})
	if err == nil {
		t.Fatal("no fault")
	}
	if page, err := b.Groups(t.Context(), b.Account.ID, Query{}); err != nil || page.Total != 1 {
		t.Errorf("%d groups, %v", page.Total, err)
	}
}
