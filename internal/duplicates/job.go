package duplicates

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ksync/internal/dedup"
	"ksync/store"
)

// kindJob is that of a record whose parts are the merges of a job.
const kindJob = "job"

// jobState is how far a job is, as the store has it.
type jobState struct {
	Book    int64 `json:"book"`
	Ended   int64 `json:"ended"` // ms UTC; 0: not yet
	Total   int   `json:"total"`
	Merged  int   `json:"merged"`
	Removed int   `json:"removed"`
	Changed int   `json:"changed"`
	Choice  int   `json:"choice"`
	Failed  int   `json:"failed"`
	Stopped bool  `json:"stopped,omitempty"`
}

// MergeAllSure starts to merge the sure groups, of one address book or (0) of all, as they are now; groups with a
// conflict in a property that has one value are left to a person. The same key is answered with the same job.
// [ErrBusy] while another one of the account runs.
func (s *Service) MergeAllSure(ctx context.Context, account int64, by store.Author, book int64, key string) (Job, error) {
	if err := s.o.Store.Rekey(ctx, account, Keying()); err != nil {
		return Job{}, err
	}
	requests, err := s.sure(ctx, account, book)
	if err != nil {
		return Job{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running.Err() != nil {
		return Job{}, store.ErrClosed
	}
	record, e, fresh, err := s.startJob(ctx, account, by, book, key, len(requests))
	if err != nil || !fresh {
		return jobOf(record, e, err == nil && s.working[account] == record.ID), err
	}
	s.working[account] = record.ID
	j := jobOf(record, e, true)
	s.jobs.Go(func() { s.runJob(record, e, requests) }) // e is the job's own from here on
	return j, nil
}

// sure are the requests of the sure groups.
func (s *Service) sure(ctx context.Context, account, book int64) ([]Request, error) {
	var requests []Request
	err := s.with(ctx, account, func(sh *shelf) error {
		sh.arrange(false)
		for _, g := range sh.choose(Query{Book: book, Lanes: []dedup.Lane{dedup.Sure}}) {
			v := sh.view(g)
			if v.HiddenBefore || len(v.Members) > s.o.Limits.Members {
				continue // a person said once that these are two
			}
			r := Request{Reference: v.Members[v.Reference].Ref}
			for i, m := range v.Members {
				if i != v.Reference {
					r.Duplicates = append(r.Duplicates, m.Ref)
				}
			}
			requests = append(requests, r)
		}
		return nil
	})
	return requests, err
}

// startJob notes a job, or finds the one that was started with the key. The caller holds s.mu.
func (s *Service) startJob(ctx context.Context, account int64, by store.Author, book int64, key string, total int) (record store.Merge, e entry, fresh bool, err error) {
	if key != "" {
		key = "job " + key
	}
	err = s.o.Store.Write(ctx, func(tx *store.Tx) error {
		record, err = tx.MergeByToken(ctx, account, key)
		if err == nil {
			e, err = entryOf(record)
			if err == nil && (e.Job == nil || e.Job.Book != book) {
				err = ErrKeyUsed
			}
			return err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if s.working[account] != 0 {
			return ErrBusy
		}
		fresh = true
		e = entry{By: by, Job: &jobState{Book: book, Total: total}}
		record, err = s.keep(ctx, tx, store.Merge{Account: account, Kind: kindJob, Token: key}, e, nil)
		return err
	})
	return record, e, fresh, err
}

// runJob merges one group after the other.
func (s *Service) runJob(record store.Merge, e entry, requests []Request) {
	ctx := s.running
	for i, r := range requests {
		if ctx.Err() != nil {
			e.Job.Stopped = true
			break
		}
		if err := guarded(func() error { return s.mergeSure(ctx, record, &e, r) }); err != nil {
			e.Job.Failed++
			s.o.Logger.Warn("duplicates: a group was not merged", slog.Int64("account", record.Account), slog.String("card", mark(r.Reference.id())), slog.Any("err", err))
		}
		if i%20 == 19 {
			s.saveJob(record, e)
		}
	}
	e.Job.Ended = s.o.Now().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saveJob(record, e)
	delete(s.working, record.Account)
}

// mergeSure merges one group, or counts why not.
func (s *Service) mergeSure(ctx context.Context, record store.Merge, e *entry, r Request) error {
	var p *plan
	err := s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		p, err = s.plan(ctx, tx, record.Account, r, nil)
		return err
	})
	if err == nil && p.conflicts() {
		e.Job.Choice++
		return nil
	}
	var m Merged
	if err == nil {
		m, err = s.commit(ctx, record.Account, e.By, r, p, record.ID)
	}
	_, stale := errors.AsType[*Stale](err)
	_, gone := errors.AsType[*Gone](err)
	switch {
	case err == nil:
		e.Job.Merged++
		e.Job.Removed += m.Removed
	case stale, gone:
		e.Job.Changed++
	default:
		return err
	}
	return nil
}

// conflicts says whether the merge leaves a value behind that a person would want to decide on.
func (p *plan) conflicts() bool {
	return slices.ContainsFunc(p.merge.NotTaken, func(v dedup.Value) bool { return v.State == dedup.Conflict })
}

func (s *Service) saveJob(record store.Merge, e entry) {
	data, err := json.Marshal(e)
	if err == nil {
		ctx := context.WithoutCancel(s.running)
		err = s.o.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetMerge(ctx, record.Account, record.ID, data) })
	}
	if err != nil {
		s.o.Logger.Warn("duplicates: the progress of a job was not noted", slog.Int64("account", record.Account), slog.Any("err", err))
	}
}

// works says whether the job runs here.
func (s *Service) works(account, id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.working[account] == id
}

// Job tells how far a job is. [store.ErrNotFound].
func (s *Service) Job(ctx context.Context, account, id int64) (Job, error) {
	var record store.Merge
	var e entry
	runs := s.works(account, id) // before the record is read: one that ends meanwhile runs until it is asked for again
	err := s.o.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if record, err = tx.Merge(ctx, account, id); err != nil {
			return err
		}
		e, err = entryOf(record)
		return err
	})
	if err == nil && e.Job == nil {
		err = fmt.Errorf("job: %w", store.ErrNotFound)
	}
	if err != nil {
		return Job{}, err
	}
	return jobOf(record, e, runs), nil
}

// jobOf is a job as people see it.
func jobOf(record store.Merge, e entry, runs bool) Job {
	if e.Job == nil {
		return Job{}
	}
	j := Job{ID: record.ID, State: JobDone, Started: time.UnixMilli(record.At), Until: time.UnixMilli(record.Until),
		Total: e.Job.Total, Merged: e.Job.Merged, Changed: e.Job.Changed, Choice: e.Job.Choice, Failed: e.Job.Failed}
	if e.Job.Ended != 0 {
		j.Ended = time.UnixMilli(e.Job.Ended)
	}
	switch {
	case record.Undone != 0:
		j.State = JobUndone
	case runs:
		j.State = JobRuns
	case e.Job.Ended == 0 || e.Job.Stopped:
		j.State = JobStopped
	}
	return j
}
