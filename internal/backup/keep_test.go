package backup

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ksync/store/storetest"
)

// every returns times from the latest back.
func every(step time.Duration, n int) (all []Entry) {
	at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC) // a Saturday
	for range n {
		all = append(all, Entry{Time: at})
		at = at.Add(-step)
	}
	return all
}

func TestKeep_Stays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		keep  Keep
		all   []Entry
		stays []string
	}{
		{"nothing there", Keep{1, 1, 1}, nil, nil},
		{"the latest, whatever the settings", Keep{}, every(24*time.Hour, 3), []string{"11-21 23h"}},
		{"all of a day", Keep{}, every(8*time.Hour, 5), []string{"11-21 23h", "11-21 15h", "11-21 07h"}},
		{"days", Keep{Daily: 3}, every(12*time.Hour, 9), []string{"11-21 23h", "11-21 11h", "11-20 23h", "11-19 23h"}},
		{"weeks end on Sunday", Keep{Weekly: 3}, every(24*time.Hour, 30), []string{"11-21 23h", "11-15 23h", "11-08 23h"}},
		{"months", Keep{Monthly: 3}, every(24*time.Hour, 100), []string{"11-21 23h", "10-31 23h", "09-30 23h"}},
		{"a gap counts for nothing", Keep{Daily: 3}, every(30*24*time.Hour, 5), []string{"11-21 23h", "10-22 23h", "09-22 23h"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out := test.keep.expendable(test.all)
			var stays []string
			for _, e := range test.all {
				if !slices.Contains(out, e) {
					stays = append(stays, e.Time.Format("01-02 15h"))
				}
			}
			if diff := cmp.Diff(test.stays, stays); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Thinning again changes nothing, and the latest always stays.
func TestKeep_Properties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		keep := Keep{rapid.IntRange(0, 5).Draw(rt, "daily"), rapid.IntRange(0, 5).Draw(rt, "weekly"), rapid.IntRange(0, 5).Draw(rt, "monthly")}
		at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
		var all []Entry
		for _, gap := range rapid.SliceOfN(rapid.IntRange(1, 1000), 1, 60).Draw(rt, "gaps") {
			at = at.Add(-time.Duration(gap) * time.Hour)
			all = append(all, Entry{Time: at})
		}
		out := keep.expendable(all)
		if slices.Contains(out, all[0]) {
			rt.Error("the latest goes")
		}
		stays := slices.DeleteFunc(slices.Clone(all), func(e Entry) bool { return slices.Contains(out, e) })
		if again := keep.expendable(stays); len(again) != 0 {
			rt.Errorf("a second time %d go", len(again))
		}
		if len(stays) > 24+keep.Daily+keep.Weekly+keep.Monthly {
			rt.Errorf("%d stay", len(stays))
		}
	})
}

// The schedule goes on where an earlier run stopped, thins, and comes back
// after a failure.
func TestSchedule(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 3})
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "backups")
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		s := &Schedule{Folder: Folder(folder), Source: source(dir), Every: 12 * time.Hour, Keep: Keep{Daily: 2}, Logger: slog.New(slog.DiscardHandler)}
		s.Source.Now = time.Now
		if !s.LastSuccess().IsZero() {
			t.Error("a success before the first backup")
		}
		go s.Run(ctx)
		settle := func(d time.Duration) []Entry {
			time.Sleep(d)
			synctest.Wait()
			all, err := s.Folder.List()
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		if all := settle(time.Minute); len(all) != 1 || !s.LastSuccess().Equal(all[0].Time) {
			t.Errorf("at first: %v, %v", all, s.LastSuccess())
		}
		if all := settle(5 * 24 * time.Hour); len(all) != 2 { // the last one, which begins its day, and one of the day before
			t.Errorf("after days: %v", all)
		}
		last := s.LastSuccess()
		hide(t, dir, "away")
		if settle(24 * time.Hour); !s.LastSuccess().Equal(last) {
			t.Error("a success without a database")
		}
		hide(t, "away", dir)
		if settle(retry); !s.LastSuccess().After(last) {
			t.Error("no backup soon after the database came back")
		}
		later := &Schedule{Folder: s.Folder, Source: s.Source, Every: s.Every, Logger: s.Logger}
		if wait := later.due(); wait <= 0 || wait > s.Every || !later.LastSuccess().Equal(s.LastSuccess()) {
			t.Errorf("the next run waits %v, knows %v", wait, later.LastSuccess())
		}
	})
}

// hide moves a data directory's database away, or back to it.
func hide(t *testing.T, from, to string) {
	t.Helper()
	path := func(dir, other string) string {
		if dir == "away" {
			return filepath.Join(other, "away.db")
		}
		return filepath.Join(dir, databaseName)
	}
	if err := os.Rename(path(from, to), path(to, from)); err != nil {
		t.Fatal(err)
	}
}

// A clock that was wrong keeps nobody waiting.
func TestSchedule_WrongClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		last time.Duration // after now
		want time.Duration
	}{
		{"just now", 0, time.Hour},
		{"half past", -30 * time.Minute, 30 * time.Minute},
		{"long ago", -1000 * time.Hour, 0},
		{"a little ahead", 20 * time.Hour, time.Hour},
		{"in the future", 1000 * time.Hour, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, prefix+now.Add(test.last).Format(layout)+suffix), "")
			write(t, filepath.Join(dir, "ksyncd-other.tar.zst"), "")
			s := &Schedule{Folder: Folder(dir), Source: Source{Now: func() time.Time { return now }}, Every: time.Hour, Logger: slog.New(slog.DiscardHandler)}
			if got := s.due(); got != test.want {
				t.Errorf("waits %v, want %v", got, test.want)
			}
		})
	}
}

// What an interrupted backup left goes after a day; what is at work stays.
func TestFolder_SweepsWhatWasLeft(t *testing.T) {
	t.Parallel()
	dir, _ := server(t, storetest.Seeds{})
	folder := t.TempDir()
	s := source(dir)
	old, young := filepath.Join(folder, partial+"1"), filepath.Join(folder, partial+"2")
	write(t, old, "x")
	write(t, young, "x")
	at := s.now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, at, at); err != nil {
		t.Fatal(err)
	}
	e, _, err := Folder(folder).Add(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(e.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if exists(t, old) || !exists(t, young) {
		t.Error("swept the wrong one")
	}
	if _, _, err := Folder(folder).Add(t.Context(), s); err == nil {
		t.Error("a second backup of the same moment took the first one's name")
	}
}

// What was written is read back: bytes that are not those of a backup are an
// error, whoever put them there.
func TestFill_ReadsBack(t *testing.T) {
	t.Parallel()
	dir, _ := server(t, storetest.Seeds{Cards: 3})
	path := filepath.Join(t.TempDir(), "backup")
	write(t, path, "what a broken disk makes of the beginning")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fill(t.Context(), file, source(dir)); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

// A clock that jumped by years, ahead or back, for a while: what was made
// before, meanwhile and after it is thinned among itself, and a backup that was
// just made never goes.
func TestThin_WrongClock(t *testing.T) {
	t.Parallel()
	day := func(year, day int) time.Time { return time.Date(year, 11, day, 3, 0, 0, 0, time.UTC) }
	keep := Keep{Daily: 2}
	for _, test := range []struct {
		name  string
		times []time.Time // in the order in which they were made
		stays []string
	}{
		{"ahead for two days", []time.Time{day(2026, 1), day(2026, 2), day(2036, 1), day(2036, 2), day(2026, 3), day(2026, 4)}, []string{"2036-11-02", "2036-11-01", "2026-11-04", "2026-11-03"}},
		{"back for two days", []time.Time{day(2026, 1), day(2026, 2), day(2016, 1), day(2016, 2)}, []string{"2026-11-02", "2026-11-01", "2016-11-02", "2016-11-01"}},
		{"back and right again", []time.Time{day(2026, 1), day(2016, 1), day(2026, 2), day(2026, 3)}, []string{"2026-11-03", "2026-11-02"}},
		{"years without any", []time.Time{day(2026, 1), day(2026, 2), day(2036, 1)}, []string{"2036-11-01", "2026-11-02"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := Folder(t.TempDir())
			for _, at := range test.times {
				made := filepath.Join(string(f), prefix+at.Format(layout)+suffix)
				write(t, made, "")
				if _, err := f.Thin(keep, at); err != nil || !exists(t, made) {
					t.Fatalf("the one of %v was thinned out as soon as it was made: %v", at, err)
				}
			}
			all, err := f.List()
			if err != nil {
				t.Fatal(err)
			}
			var stays []string
			for _, e := range all {
				stays = append(stays, e.Time.Format("2006-01-02"))
			}
			if diff := cmp.Diff(test.stays, stays); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Which backup of a folder is restored is never a guess.
func TestFolder_Latest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		ages []time.Duration
		want time.Duration
		err  error
	}{
		{"none", nil, 0, ErrNone},
		{"the younger", []time.Duration{48 * time.Hour, time.Hour}, time.Hour, nil},
		{"a clock that is a little behind", []time.Duration{time.Hour, -time.Hour}, -time.Hour, nil},
		{"one from the future", []time.Duration{time.Hour, -9000 * time.Hour}, 0, ErrClock},
		{"all from the future", []time.Duration{-9000 * time.Hour}, 0, ErrClock},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := Folder(t.TempDir())
			for _, age := range test.ages {
				write(t, filepath.Join(string(f), prefix+now.Add(-age).Format(layout)+suffix), "")
			}
			got, err := f.Latest(now)
			if !errors.Is(err, test.err) || err == nil && now.Sub(got.Time) != test.want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// Backups of a damaged database come beside those that are right, one at most,
// and neither count as the latest nor push any out.
func TestSchedule_DamagedDatabase(t *testing.T) {
	t.Parallel()
	dir, w := server(t, storetest.Seeds{Cards: 300})
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	folder := Folder(t.TempDir())
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	s := &Schedule{Folder: folder, Source: source(dir), Every: time.Hour, Logger: slog.New(slog.DiscardHandler)}
	s.Source.Now = func() time.Time { return now }
	if err := s.once(t.Context()); err != nil {
		t.Fatal(err)
	}
	good, success := must(folder.Latest(now))(t), s.LastSuccess()
	f, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	size := must(f.Seek(0, io.SeekEnd))(t)
	const page = 4096
	if _, err := f.WriteAt(make([]byte, 5*page), size/2/page*page); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		now = now.Add(48 * time.Hour)
		if err := s.once(t.Context()); !errors.Is(err, ErrDamagedDatabase) {
			t.Errorf("got %v", err)
		}
	}
	if latest := must(folder.Latest(now))(t); latest != good || !s.LastSuccess().Equal(success) {
		t.Errorf("the latest is %v, of %v", latest, s.LastSuccess())
	}
	files := must(os.ReadDir(string(folder)))(t)
	if len(files) != 2 || files[1].Name() != prefix+now.Format(layout)+damaged+suffix {
		t.Errorf("%v", files)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
