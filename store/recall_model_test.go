package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shared is a database that two servers and, now and then, a command have open:
// stores of their own, which have nothing but the file in common.
type shared struct {
	path     string
	servers  []*Store
	tool     *sql.Conn
	book     Collection
	password AppPassword
	n        int
}

// TestRecall_WhoeverDoesWhatever: whoever wrote last, and whatever, all see it:
// what is recalled is what a read finds.
func TestRecall_WhoeverDoesWhatever(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksyncd.db")
	sh := &shared{path: path, servers: []*Store{opened(t, Options{Path: path}), opened(t, Options{Path: path})}}
	sh.book = seeded(t, sh.servers[0])
	sh.tool = other(t, path)
	var err error
	sh.password, err = sh.servers[0].CreateAppPassword(t.Context(), AppPassword{Account: sh.book.Account, Hash: []byte("h")})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			sh.n++
			what := rapid.SampledFrom([]string{
				"put", "put", "put", "refused", "panic", "many", "name", "property", "revoke", "disable", "delete", "command", "vacuum", "checkpoint", "epochs",
			}).Draw(t, "what")
			if err := sh.do(t.Context(), rapid.SampledFrom(sh.servers).Draw(t, "server"), what); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for _, s := range sh.servers {
				if rapid.Bool().Draw(t, "asked") {
					sh.compare(t, s)
				}
			}
		}
		for _, s := range sh.servers {
			sh.compare(t, s)
		}
	})
}

func (sh *shared) do(ctx context.Context, s *Store, what string) error {
	at, text := sh.book, fmt.Sprint(sh.n)
	switch what {
	case "put":
		return put(ctx, s, at.text("a", text))
	case "refused":
		err := put(ctx, s, Put{Account: at.Account, Collection: at.ID, URI: "a", Cond: Precondition{Match: []string{"none"}}})
		return expected(err, ErrPrecondition)
	case "panic":
		own := s.Write(ctx, func(tx *Tx) error {
			if _, err := tx.PutObject(ctx, at.text("a", text)); err != nil {
				return err
			}
			panic(text)
		})
		if own == nil {
			return errors.New("a panic is no error")
		}
		return nil
	case "many":
		return sh.many(ctx, s)
	case "name":
		return s.UpdateCollection(ctx, at.Account, at.ID, func(c *Collection) error { c.DisplayName = text; return nil }, nil, nil)
	case "property":
		return s.SetProperties(ctx, Place{Account: at.Account, Collection: at.ID}, []Property{{"{x}a", "<a>" + text + "</a>"}}, nil)
	case "revoke":
		return s.Write(ctx, func(tx *Tx) error {
			_, err := tx.exec(ctx, `update app_password set revoked = $2 where id = $1`, sh.password.ID, sh.n)
			return err
		})
	case "disable":
		return s.SetDisabled(ctx, at.Account, sh.n%2 == 0)
	case "delete":
		return errors.Join(s.DeleteCollection(ctx, at.Account, at.ID, Precondition{}), sh.compareGone(ctx), sh.restore(ctx, s))
	case "command":
		return sh.command(ctx)
	case "vacuum":
		return sh.sql(ctx, "vacuum")
	case "checkpoint":
		return sh.sql(ctx, "pragma wal_checkpoint(truncate)")
	case "epochs":
		return s.Restored(ctx)
	}
	return errors.ErrUnsupported
}

func put(ctx context.Context, s *Store, p Put) error {
	_, err := s.PutObject(ctx, p)
	return err
}

func expected(err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return fmt.Errorf("got %v, want %w", err, want)
}

// many writes of objects and of other things share commits.
func (sh *shared) many(ctx context.Context, s *Store) error {
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i, what := range []string{"put", "name", "property", "put"} {
		all.Go(func() { errs[i] = sh.do(ctx, s, what) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (sh *shared) restore(ctx context.Context, s *Store) error {
	_, err := s.RestoreCollection(ctx, sh.book.Account, sh.book.ID)
	return err
}

// compareGone asks all for what has been deleted.
func (sh *shared) compareGone(ctx context.Context) (err error) {
	for _, s := range sh.servers {
		_, gone := s.Collection(ctx, sh.book.Account, sh.book.Kind, sh.book.URI)
		_, without := s.Properties(ctx, Place{Account: sh.book.Account, Collection: sh.book.ID})
		err = errors.Join(err, expected(gone, ErrNotFound), expected(without, ErrNotFound))
	}
	return err
}

// command comes, does something, and goes.
func (sh *shared) command(ctx context.Context) error {
	s, err := Open(ctx, Options{Path: sh.path})
	if err != nil {
		return err
	}
	return errors.Join(sh.do(ctx, s, []string{"put", "revoke", "name"}[sh.n%3]), s.Close())
}

func (sh *shared) sql(ctx context.Context, statement string) error {
	_, err := sh.tool.ExecContext(ctx, statement)
	return err
}

// compare looks at all that is recalled.
func (sh *shared) compare(t *rapid.T, s *Store) {
	ctx, place := t.Context(), Place{Account: sh.book.Account, Collection: sh.book.ID}
	got, err1 := s.Collection(ctx, sh.book.Account, sh.book.Kind, sh.book.URI)
	props, err2 := s.Properties(ctx, place)
	password, account, err3 := s.AppPasswordByHash(ctx, sh.password.Hash)
	var want Collection
	var wantPassword AppPassword
	var wantAccount Account
	wantProps, err4 := s.readProperties(ctx, place)
	err5 := s.Read(ctx, func(tx *Tx) (err error) {
		var err1, err2, err3 error
		want, err1 = tx.collection(ctx, `c.account_id = $1 and c.id = $2`, sh.book.Account, sh.book.ID)
		wantPassword, err2 = tx.AppPassword(ctx, sh.book.Account, sh.password.ID)
		wantAccount, err3 = tx.Account(ctx, sh.book.Account)
		return errors.Join(err1, err2, err3)
	})
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	diff := cmp.Diff(want, got) + cmp.Diff(wantProps, props) + cmp.Diff(wantPassword, password) + cmp.Diff(wantAccount, account)
	if diff != "" {
		t.Fatalf("what is there, and what is told:\n%s", diff)
	}
}
