package web

import (
	"errors"
	"strconv"

	"ksync/internal/duplicates"
	"ksync/store"
)

// review is what is looked through before all sure groups are merged.
type review struct {
	search
	Groups []listed
	Total  int
	More   string
	First  string
	Busy   bool
}

// reviewed is how many are on a page.
const reviewed = 100

func surePage(v *visit) error {
	r, err := v.review()
	if err != nil {
		return err
	}
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.page("duplicates-sure", r)
}

func (v *visit) review() (review, error) {
	r := review{search: v.search().In("sure")}
	books, err := v.addressBooks()
	if err != nil {
		return r, err
	}
	q := r.query()
	q.Limit, q.Why, q.Cursor = reviewed, explained, v.r.Form.Get("after")
	page, err := v.site.Duplicates.Groups(v.ctx(), v.person.Account.ID, q)
	if err != nil {
		return r, err
	}
	r.Groups, r.Total = v.listed(page.Groups, r.search, books), page.Total
	if page.Next != "" {
		r.More = r.To(pathSure, "after", page.Next)
	}
	if q.Cursor != "" {
		r.First = r.To(pathSure)
	}
	return r, nil
}

// mergeSure starts to merge them.
func mergeSure(v *visit) error {
	name := v.form.value(formField)
	if name == "" {
		return errForm
	}
	job, err := v.site.Duplicates.MergeAllSure(v.ctx(), v.person.Account.ID, v.author(), v.search().Book, name)
	if refused, ok := v.refusalOf(err); ok {
		r, err := v.review()
		if err != nil {
			return err
		}
		v.wrong("", refused.key, refused.values...)
		return v.show(refused.status, "duplicates-sure", r)
	}
	if err != nil {
		return err
	}
	return v.to(v.search().To(pathJobs + "/" + strconv.FormatInt(job.ID, 10)))
}

// work is how far a job is.
type work struct {
	duplicates.Job
	search
	Done  int
	Until int64 // ms
}

// Running reports whether there is something to wait for.
func (w work) Running() bool { return w.State == duplicates.JobRuns }

// CanUndo reports whether something was merged that can be taken back.
func (w work) CanUndo() bool {
	return w.Merged > 0 && (w.State == duplicates.JobDone || w.State == duplicates.JobStopped)
}

func jobPage(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	job, err := v.site.Duplicates.Job(v.ctx(), v.person.Account.ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return v.noted(pathHistory, "done.duplicates-too-late")
	}
	if err != nil {
		return err
	}
	return v.page("duplicates-job", work{Job: job, search: v.search(), Done: job.Merged + job.Changed + job.Choice + job.Failed, Until: job.Until.UnixMilli()})
}
