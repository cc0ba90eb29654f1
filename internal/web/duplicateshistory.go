package web

import (
	"errors"
	"strconv"

	"ksync/internal/duplicates"
	"ksync/store"
)

// mergeHistory lists what was merged and taken back.
func mergeHistory(v *visit) error {
	page, err := v.site.Duplicates.History(v.ctx(), v.person.Account.ID, v.r.Form.Get("after"), 0)
	if errors.Is(err, duplicates.ErrRequest) {
		return errForm
	}
	if err != nil {
		return err
	}
	h := past{}
	for _, m := range page.Made {
		h.All = append(h.All, v.deed(m))
	}
	if page.Next != "" {
		h.More = search{}.To(pathHistory, "after", page.Next)
	}
	return v.page("duplicates-history", h)
}

// past is what the page of the history shows.
type past struct {
	All  []deed
	More string
}

// deed is one thing that was done.
type deed struct {
	duplicates.Made
	Text     string
	At       int64 // ms, as Until and UndoneAt
	Until    int64
	UndoneAt int64
	Open     bool // it can be taken back
}

func (v *visit) deed(m duplicates.Made) deed {
	d := deed{Made: m, At: m.At.UnixMilli(), Until: m.Until.UnixMilli()}
	if !m.UndoneAt.IsZero() {
		d.UndoneAt = m.UndoneAt.UnixMilli()
	}
	d.Open = d.UndoneAt == 0 && d.Until > v.site.Now().UnixMilli()
	name := v.called(m.Name)
	switch {
	case m.Job != 0:
		d.Text = v.T("duplicates.did-all", "Count", m.Removed)
	case m.Kind == duplicates.KindUndo:
		d.Text = v.T("duplicates.did-undo", "Name", name)
	default:
		d.Text = v.T("duplicates.did-merge", "Count", m.Removed, "Name", name)
	}
	return d
}

// way is a merge, with what taking it back would do.
type way struct {
	deed
	search
	From  string
	Cards []outcome
	More  int // cards that are not shown
	Sorry bool
}

// outcome is what becomes of one card.
type outcome struct{ Name, Text string }

// maxOutcomes bounds the list: a job may have thousands.
const maxOutcomes = 200

// mergePage shows a merge by itself: what taking it back would do.
func mergePage(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	made, err := v.site.Duplicates.Made(v.ctx(), v.person.Account.ID, id)
	if err != nil {
		return err
	}
	w := way{deed: v.deed(made), search: v.search(), Sorry: v.r.Form.Get("changed") != ""}
	if from := v.r.Form.Get("from"); groupName.MatchString(from) {
		w.From = from
	}
	if w.Open {
		undone, err := v.site.Duplicates.UndoPreview(v.ctx(), v.person.Account.ID, id)
		if err != nil {
			return err
		}
		for i, c := range undone.Cards {
			if i == maxOutcomes {
				w.More = len(undone.Cards) - i
				break
			}
			w.Cards = append(w.Cards, v.outcome(c))
		}
	}
	return v.page("duplicates-merge", w)
}

func (v *visit) outcome(c duplicates.Restored) outcome {
	return outcome{v.called(c.Name), v.T("duplicates.outcome." + string(c.What))}
}

// undoMerge takes a merge, an undo or a job back. Where that is not the whole
// way back, since somebody edited meanwhile, it is shown first.
func undoMerge(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	s, from := v.search(), v.form.value("from")
	if !groupName.MatchString(from) {
		from = ""
	}
	if v.form.value("sure") == "" {
		whole, err := v.undoesAll(id)
		if err != nil {
			return v.notUndone(s, err)
		}
		if !whole {
			return v.to(s.To(pathMerges+"/"+strconv.FormatInt(id, 10), "changed", "1", "from", from))
		}
	}
	undone, err := v.site.Duplicates.Undo(v.ctx(), v.person.Account.ID, v.author(), id)
	if err != nil {
		return v.notUndone(s, err)
	}
	if from == "" {
		return v.noted(pathHistory, "done.duplicates-undone")
	}
	if undone.Redo == 0 {
		return v.noted(s.To(groupAddress(from)), "done.duplicates-undone")
	}
	return v.to(s.To(groupAddress(from), "undone", strconv.FormatInt(undone.Redo, 10)))
}

// undoesAll reports whether everything would be as it was.
func (v *visit) undoesAll(id int64) (bool, error) {
	undone, err := v.site.Duplicates.UndoPreview(v.ctx(), v.person.Account.ID, id)
	for _, c := range undone.Cards {
		if c.What != duplicates.Back && c.What != duplicates.Removed {
			return false, err
		}
	}
	return true, err
}

// notUndone says why.
func (v *visit) notUndone(s search, err error) error {
	switch {
	case errors.Is(err, duplicates.ErrUndone):
		return v.noted(s.To(pathDuplicates), "done.duplicates-undone-before")
	case errors.Is(err, store.ErrNotFound):
		return v.noted(pathHistory, "done.duplicates-too-late")
	}
	if r, ok := v.refusalOf(err); ok {
		v.wrong("", r.key, r.values...)
		return v.show(r.status, "duplicates-refused", s.To(pathDuplicates))
	}
	return err
}

// apart is what the page of hidden pairs shows.
type apart struct {
	All  []pair
	More string
}

// pair is two records that are not one.
type pair struct {
	ID   int64
	At   int64 // ms
	A, B contact
	Gone bool // one of them is no longer there
	Back bool
}

func hiddenPairs(v *visit) error {
	page, err := v.site.Duplicates.Hidden(v.ctx(), v.person.Account.ID, v.r.Form.Get("after"), 0)
	if err != nil {
		return err
	}
	books, err := v.addressBooks()
	if err != nil {
		return err
	}
	h := apart{}
	for _, p := range page.Pairs {
		h.All = append(h.All, pair{ID: p.ID, At: p.At.UnixMilli(), A: v.contact(0, p.A, books), B: v.contact(1, p.B, books), Gone: p.A.ETag == "" || p.B.ETag == "", Back: p.Back})
	}
	if page.Next != "" {
		h.More = search{}.To(pathHidden, "after", page.Next)
	}
	return v.page("duplicates-hidden", h)
}

// unhide shows pairs again.
func unhide(v *visit) error {
	for _, sent := range v.form.values["pair"] {
		id, err := strconv.ParseInt(sent, 10, 64)
		if err != nil {
			return errForm
		}
		if err := gone(v.site.Duplicates.Unhide(v.ctx(), v.person.Account.ID, id)); err != nil {
			return err
		}
	}
	s := v.search()
	if from := v.form.value("from"); groupName.MatchString(from) {
		return v.to(s.To(groupAddress(from)))
	}
	return v.noted(pathHidden, "done.duplicates-shown")
}
