package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// childEnv names, to a process that a test starts, the database that it writes.
const childEnv = "KSYNC_TEST_WRITES"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		fmt.Fprintln(os.Stderr, writeWithoutEnd(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// patience is for a lock that another process takes again as soon as it has let
// go of it: SQLite looks ten times a second.
const patience = 5 * time.Minute

// writeWithoutEnd is another process: it changes all that is recalled, and now
// and then the file's form, until it is killed.
func writeWithoutEnd(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Path: path, BusyTimeout: patience})
	if err != nil {
		return err
	}
	tool, err := openPool(path, 1, "busy_timeout(5000)")
	if err != nil {
		return err
	}
	a, err := s.AccountByLogin(ctx, "anna")
	if err != nil {
		return err
	}
	c, err := s.Collection(ctx, a.ID, AddressBook, "contacts")
	if err != nil {
		return err
	}
	fmt.Println("begun")
	for {
		n, err := increment(ctx, s, c)
		if err != nil {
			return err
		}
		switch n % 40 {
		case 7:
			_, err = tool.Exec("vacuum")
		case 21:
			_, err = tool.Exec("pragma wal_checkpoint(truncate)")
		default:
			_, err = s.PutObject(ctx, c.text("a", fmt.Sprint(n)))
		}
		if err != nil && !errors.Is(s.fault("maintain", err), ErrBusy) {
			return err
		}
	}
}

// increment counts in a collection's name, its property and a password at once.
func increment(ctx context.Context, s *Store, c Collection) (n int64, err error) {
	return n, s.Write(ctx, func(tx *Tx) error {
		c, err := tx.lockedCollection(ctx, c.Account, c.ID)
		if err != nil {
			return err
		}
		n, _ = strconv.ParseInt(c.DisplayName, 10, 64)
		n++
		c.DisplayName = fmt.Sprint(n)
		at := Place{Account: c.Account, Collection: c.ID}
		_, err = tx.exec(ctx, `update app_password set last_used = $1 where account_id = $2`, n, c.Account)
		return errors.Join(err, tx.describeCollection(ctx, c), tx.setProperties(ctx, at, []Property{{"{x}n", c.DisplayName}}, nil))
	})
}

// TestRecall_AnotherProcessWritesAndIsKilled: what is recalled is never older than what was read before, nor newer than
// what is read behind it, while another process writes, and once it was killed in the middle.
func TestRecall_AnotherProcessWritesAndIsKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ksyncd.db")
	s := opened(t, Options{Path: path, BusyTimeout: patience})
	c := seeded(t, s)
	if _, err := s.CreateAppPassword(t.Context(), AppPassword{Account: c.Account, Hash: []byte("h")}); err != nil {
		t.Fatal(err)
	}
	if _, err := increment(t.Context(), s, c); err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		random := rand.New(rand.NewPCG(uint64(round), 3))
		child := begin(t, path)
		enough := read(t, s, c) + 10 + random.Int64N(60)
		for read(t, s, c) < enough && !t.Failed() {
			checkBetween(t, s, c)
			child.check(t)
			if random.IntN(40) == 0 {
				if _, err := s.PutObject(t.Context(), c.text("b", fmt.Sprint(random.Uint64()))); err != nil {
					t.Fatal(err)
				}
			}
		}
		child.kill(t)
		for range 3 {
			checkBetween(t, s, c)
		}
		if _, err := increment(t.Context(), s, c); err != nil {
			t.Fatal(err)
		}
		checkBetween(t, s, c)
	}
	verified(t, s)
}

// process is another one that writes.
type process struct {
	*exec.Cmd
	ended chan error
}

// begin starts one and returns once it writes.
func begin(t *testing.T, path string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{exec.CommandContext(t.Context(), self), make(chan error, 1)}
	p.Env = append(os.Environ(), childEnv+"="+path)
	p.Stderr = t.Output()
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
		t.Fatalf("%q, %v", line, err)
	}
	go func() { p.ended <- p.Wait() }()
	return p
}

// check fails when it has ended by itself.
func (p *process) check(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		t.Fatal(err)
	default:
	}
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.Process.Kill(); err != nil {
		t.Error(err)
	}
	<-p.ended
}

// checkBetween compares what is recalled with what is read before and behind it.
func checkBetween(t *testing.T, s *Store, c Collection) {
	t.Helper()
	before := read(t, s, c)
	now, err1 := s.Collection(t.Context(), c.Account, c.Kind, c.URI)
	props, err2 := s.Properties(t.Context(), Place{Account: c.Account, Collection: c.ID})
	password, _, err3 := s.AppPasswordByHash(t.Context(), []byte("h"))
	behind := read(t, s, c)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string]int64{"collection": number(t, now.DisplayName), "properties": number(t, props[0].Value), "password": password.LastUsed} {
		if n < before || n > behind {
			t.Errorf("%s says %d, between %d and %d", what, n, before, behind)
		}
	}
}

func read(t *testing.T, s *Store, c Collection) (n int64) {
	t.Helper()
	err := s.Read(t.Context(), func(tx *Tx) error {
		now, err := tx.collection(t.Context(), `c.account_id = $1 and c.id = $2`, c.Account, c.ID)
		n = number(t, now.DisplayName)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Error(err)
	}
	return n
}
