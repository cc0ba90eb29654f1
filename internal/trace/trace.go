// Package trace records what the devices of one account and the server say to
// each other, for support.
//
// # Model
//
// A [Recorder] stands around the DAV handler. While nobody is traced it only
// passes requests on. [Recorder.Start] opens a file for one account; every
// request that is signed in as it, or that was refused but bears its login, is
// written to the file with its answer. The file has the form of the dialogues in
// testdata/dav: what changes from one server to the next (account, address, sync
// tokens, times) is a variable or a pattern in it, so that it can be played
// against another server.
//
// # What is in it
//
// Contacts and events are, in full: they are what support has to see. Passwords,
// cookies and tokens are not; of headers only those are written that are in a
// list. The file can be read by its owner only, and is bounded, as are the
// bodies in it.
package trace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Subject is whose dialogue is recorded.
type Subject struct {
	Account int64
	Logins  []string // under which requests may come, as they are stored
}

// Options configure a [Recorder]. Dir and Find are required.
type Options struct {
	Dir     string                                                   // of the files; made when needed
	Find    func(ctx context.Context, login string) (Subject, error) // the account of a login
	Now     func() time.Time                                         // time.Now by default
	Logger  *slog.Logger                                             // discarded by default
	Version string                                                   // of the server
	Bytes   int64                                                    // in one file; 16 MiB by default
	Body    int64                                                    // of one request or answer; 256 KiB by default
}

// ErrTraced is what starting a trace of an account says that has one.
var ErrTraced = errors.New("is traced already")

// maxTraces is how many accounts are traced at once.
const maxTraces = 5

// Recorder records. Its methods may be called from any number of goroutines.
type Recorder struct {
	o      Options
	active atomic.Int32 // traces; 0 costs a request nothing

	mu     sync.Mutex
	traces map[int64]*script
}

// New returns a recorder that records nobody yet.
func New(o Options) *Recorder {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Bytes == 0 {
		o.Bytes = 16 << 20
	}
	if o.Body == 0 {
		o.Body = 256 << 10
	}
	return &Recorder{o: o, traces: map[int64]*script{}}
}

// Start begins a trace and returns the name of its file.
func (r *Recorder) Start(ctx context.Context, login string) (file string, err error) {
	subject, err := r.o.Find(ctx, login)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, is := r.traces[subject.Account]; is {
		return "", ErrTraced
	}
	if len(r.traces) >= maxTraces {
		return "", fmt.Errorf("%d accounts are traced, which is the most", maxTraces)
	}
	if err := os.MkdirAll(r.o.Dir, 0o700); err != nil {
		return "", err
	}
	began := r.o.Now().UTC()
	name := filepath.Join(r.o.Dir, strconv.FormatInt(subject.Account, 10)+"-"+began.Format("20060102T150405.000Z")+".txtar")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	s := newScript(f, subject, r.o.Bytes)
	if err := s.open(began, r.o.Version); err != nil {
		return "", errors.Join(err, f.Close(), os.Remove(name))
	}
	r.traces[subject.Account] = s
	r.active.Add(1)
	r.o.Logger.Info("trace begun", "account", subject.Account, "file", name)
	return name, nil
}

// Stop ends the trace of an account; false when there was none.
func (r *Recorder) Stop(account int64) (stopped bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, is := r.traces[account]
	if !is {
		return false, nil
	}
	delete(r.traces, account)
	r.active.Add(-1)
	r.o.Logger.Info("trace ended", "account", account)
	return true, s.close()
}

// Active lists the accounts that are traced, in order.
func (r *Recorder) Active() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.traces))
}

// Close ends all traces.
func (r *Recorder) Close() error {
	var errs []error
	for _, account := range r.Active() {
		_, err := r.Stop(account)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// of is the trace that a request belongs to, or nil: that of the account it was
// signed in as, or, when it was refused, of the one whose login it bears.
func (r *Recorder) of(account int64, login string) *script {
	r.mu.Lock()
	defer r.mu.Unlock()
	if account != 0 {
		return r.traces[account]
	}
	for _, s := range r.traces {
		for _, name := range s.subject.Logins {
			if name != "" && strings.EqualFold(name, login) {
				return s
			}
		}
	}
	return nil
}
