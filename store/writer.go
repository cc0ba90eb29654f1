package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"
)

// Bounds of one commit: how many writes share it, and how long the first of
// them waits for the others.
const (
	maxBatch     = 128
	maxBatchTime = 20 * time.Millisecond
)

// writer is the one goroutine that writes, with its own connection. Those who
// wait for it offer their jobs on an unbuffered channel, so a job that it has
// not taken can be withdrawn, and one that it has taken is answered.
type writer struct {
	store   *Store
	db      *sql.DB
	session *session // nil before the first batch and after a fault
	jobs    chan *job
	stats   *stats
	stop    chan struct{}
	stopped chan struct{}
}

type job struct {
	ctx     context.Context // of the caller, who waits for the answer
	run     func(*Tx) error
	offered time.Time
	err     error
	tx      *Tx
	answer  chan struct{}
}

func newWriter(s *Store, db *sql.DB) *writer {
	w := &writer{store: s, db: db, jobs: make(chan *job), stats: newStats(), stop: make(chan struct{}), stopped: make(chan struct{})}
	go w.loop()
	return w
}

// do has a job done and returns its error.
func (w *writer) do(ctx context.Context, run func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{ctx: ctx, run: run, offered: time.Now(), answer: make(chan struct{})}
	w.stats.waiting.Add(1)
	select {
	case w.jobs <- j:
		w.stats.waiting.Add(-1)
		<-j.answer
		return j.err
	case <-ctx.Done():
		w.stats.waiting.Add(-1)
		return ctx.Err()
	case <-w.stop:
		w.stats.waiting.Add(-1)
		return ErrClosed
	}
}

func (w *writer) close() error {
	close(w.stop)
	<-w.stopped
	var err error
	if w.session != nil {
		err = w.session.close()
	}
	return errors.Join(err, w.db.Close())
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case j := <-w.jobs:
			for j != nil {
				j = w.batch(j)
			}
		case <-w.stop:
			return
		}
	}
}

// batch runs a job and those that wait by then, commits, and answers them. It
// may return a job that it has taken but not run.
func (w *writer) batch(first *job) (next *job) {
	ctx := context.Background()
	w.stats.begin()
	if err := w.begin(ctx); err != nil {
		w.stats.end(0, err)
		return w.refuse(first, err)
	}
	from, known := w.store.stamps.now()
	batch, err := w.collect(ctx, first)
	if err == nil {
		err = w.commit(ctx)
	}
	if err == nil && known {
		w.store.carry(from, batch)
	}
	w.stats.end(len(batch), err)
	if err != nil {
		w.abandon()
	}
	w.answer(batch, err)
	return nil
}

func (w *writer) begin(ctx context.Context) error {
	if w.session == nil {
		session, err := openSession(ctx, w.db)
		if err != nil {
			return w.store.fault("open", err)
		}
		w.session = session
		if _, err := session.exec(ctx, w.store.dialect.askOften); err != nil {
			w.abandon() // or nobody would ever get the one connection again
			return w.store.fault("open", err)
		}
	}
	err := w.store.patiently(ctx, time.Millisecond, func() error {
		if _, err := w.session.exec(ctx, w.store.dialect.begin); err != nil {
			return w.store.fault("begin", err)
		}
		return nil
	})
	if err != nil {
		w.abandon()
	}
	return err
}

// refuse answers a job, and all that have waited with it, without a try: each
// try may take the whole busy timeout. A job that came later it returns.
func (w *writer) refuse(j *job, err error) (later *job) {
	failed := time.Now()
	for ; j != nil && !j.offered.After(failed); j = w.next() {
		j.err = err
		close(j.answer)
	}
	return j
}

// collect runs jobs until none waits or the batch is full. Its error is a
// fault that spoils the whole batch.
func (w *writer) collect(ctx context.Context, j *job) (batch []*job, err error) {
	start := time.Now()
	for ; j != nil; j = w.next() {
		batch = append(batch, j)
		if err := w.run(ctx, j); err != nil {
			return batch, err
		}
		if len(batch) == maxBatch || time.Since(start) > maxBatchTime {
			break
		}
	}
	return batch, nil
}

// next returns a waiting job, or nil. Those who were just answered get the
// chance to come back first.
func (w *writer) next() *job {
	for range 2 {
		select {
		case j := <-w.jobs:
			return j
		default:
			runtime.Gosched()
		}
	}
	return nil
}

// run runs a job in a savepoint; one that fails leaves no trace.
func (w *writer) run(ctx context.Context, j *job) error {
	if j.err = j.ctx.Err(); j.err != nil {
		return nil
	}
	if _, err := w.session.exec(ctx, "savepoint job"); err != nil {
		return w.store.fault("savepoint", err)
	}
	j.tx = &Tx{store: w.store, session: w.session, now: w.store.now(), writing: true}
	if j.err = protected("write", func() error { return j.run(j.tx) }); j.err == nil {
		j.err = j.tx.failed
	}
	if j.err != nil {
		j.tx.changed, j.tx.after = nil, nil
		if _, err := w.session.exec(ctx, "rollback to savepoint job"); err != nil {
			// The database has rolled back everything, for the reason that j.err tells.
			return j.err
		}
	}
	if _, err := w.session.exec(ctx, "release savepoint job"); err != nil {
		return w.store.fault("release", err)
	}
	return nil
}

// protected turns a panic of what it does, a mistake in this program, into an
// error: others that share the goroutine have nothing to do with it.
func protected(doing string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v\n%s", doing, p, debug.Stack())
		}
	}()
	return do()
}

func (w *writer) commit(ctx context.Context) error {
	if _, err := w.session.exec(ctx, "commit"); err != nil {
		return w.store.fault("commit", err)
	}
	return nil
}

// abandon gives up the connection, whose state nobody knows; closing it rolls back.
func (w *writer) abandon() {
	w.session.discard()
	w.session = nil
}

// answer ends the jobs of a batch. After a fault all that ran get it, whatever
// they have made of what they saw: it may have been what another job of the
// batch had written, and nothing of that is there.
func (w *writer) answer(batch []*job, fault error) {
	if fault == nil {
		w.notify(batch)
		for _, j := range batch {
			w.committed(j)
		}
	}
	for _, j := range batch {
		if fault != nil && (j.err == nil || j.tx != nil) {
			j.err = fault
		}
		close(j.answer)
	}
}

// notify tells of each collection that changed, once.
func (w *writer) notify(batch []*job) {
	if w.store.options.OnChange == nil {
		return
	}
	told := make(map[place]bool)
	for _, j := range batch {
		for _, at := range j.changes() {
			if !told[at] {
				told[at] = true
				w.tell(func() { w.store.options.OnChange(at.account, at.collection) })
			}
		}
	}
}

func (w *writer) committed(j *job) {
	if j.tx == nil {
		return
	}
	for _, f := range j.tx.after {
		w.tell(f)
	}
}

// tell calls who wants to know of a commit. It stands whatever they do.
func (w *writer) tell(f func()) {
	if err := protected("telling of a commit", func() error { f(); return nil }); err != nil {
		w.store.options.Logger.Error("fault", slog.Any("err", err))
	}
}

func (j *job) changes() []place {
	if j.tx == nil {
		return nil
	}
	return j.tx.changed
}
