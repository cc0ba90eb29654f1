package web

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"ksync/internal/account"
	"ksync/internal/duplicates"
	"ksync/store"
)

// decide is the form of a group: look at it again, merge it, or hide it.
func decide(v *visit) error {
	d := v.decision()
	switch v.form.value("do") {
	case "merge":
		return v.merge(d)
	case "hide":
		return v.hide(d)
	}
	return v.look(d)
}

// look shows what another decision would do.
func (v *visit) look(d decision) error {
	if address := d.address(); len(address) <= maxAddress {
		return v.to(address)
	}
	return groupPage(v)
}

// sentCards are the cards of the form, as the person saw them.
func (v *visit) sentCards(d decision) ([]duplicates.Ref, error) {
	var refs []duplicates.Ref
	for _, sent := range v.form.values["card"] {
		ref, ok := sentRef(sent)
		if !ok {
			return nil, errForm
		}
		refs = append(refs, ref)
	}
	if len(refs) < 2 || d.Reference < 0 || d.Reference >= len(refs) {
		return nil, errForm
	}
	return refs, nil
}

func (v *visit) merge(d decision) error {
	cards, err := v.sentCards(d)
	if err != nil {
		return err
	}
	if v.form.value("shown") != strconv.Itoa(d.Reference) {
		return v.look(d) // another record was chosen since: what it would do was not seen yet
	}
	r, _ := d.request(cards)
	r.Key = v.form.value(formField)
	merged, err := v.mergeNow(d, r)
	if err != nil {
		return v.unmerged(d, err)
	}
	return v.to(v.beyond(d, "merged", strconv.FormatInt(merged.Undo, 10), "from", d.Group))
}

// mergeNow finds the values that were chosen, and merges. A form that was sent
// before is answered as then: its cards are no longer there to look at.
func (v *visit) mergeNow(d decision, r duplicates.Request) (m duplicates.Merged, err error) {
	if len(d.Picks)+len(d.Drops) > 0 {
		p, err := v.site.Duplicates.Preview(v.ctx(), v.person.Account.ID, r)
		if !previewed(err) {
			if before, failed := v.site.Duplicates.Answered(v.ctx(), v.person.Account.ID, r.Key); failed == nil {
				return before, nil
			}
			return m, err
		}
		r.Choices = valuesOf(p).choices(d)
	}
	return v.site.Duplicates.Merge(v.ctx(), v.person.Account.ID, v.author(), r)
}

// author is who an older version of a card is kept with.
func (v *visit) author() store.Author { return store.Author{Agent: account.VisitOf(v.r).Agent} }

// groupName is what groups are called in addresses.
var groupName = regexp.MustCompile(`^[0-9a-f]{1,64}$`)

// beyond is the next group, or the list when that was the last.
func (v *visit) beyond(d decision, told ...string) string {
	if next := v.form.value("next"); groupName.MatchString(next) {
		return d.To(groupAddress(next), told...)
	}
	return d.To(pathDuplicates, told...)
}

// refusal is why nothing was merged: its status and wrong.<key>.
type refusal struct {
	status int
	key    string
	values []any
}

// refusalOf says it in words; ok is false for what is no answer to the person.
func (v *visit) refusalOf(err error) (refusal, bool) {
	if large, ok := errors.AsType[*duplicates.TooLarge](err); ok {
		return refusal{http.StatusRequestEntityTooLarge, "duplicates-large", []any{
			"Size", v.Bytes(large.Size), "Limit", v.Bytes(large.Limit), "Property", v.propertyName(large.Property), "Part", v.Bytes(large.Bytes)}}, true
	}
	if long, ok := errors.AsType[*duplicates.TooLong](err); ok {
		return refusal{http.StatusUnprocessableEntity, "duplicates-long", []any{
			"All", long.Lines, "Limit", long.Limit, "Name", v.called(long.Longest.Name), "Lines", long.Of}}, true
	}
	if book, ok := errors.AsType[*duplicates.ReadOnly](err); ok {
		return refusal{http.StatusForbidden, "duplicates-read-only", []any{"Name", book.Name}}, true
	}
	if _, ok := errors.AsType[*duplicates.Stale](err); ok {
		return refusal{http.StatusPreconditionFailed, "duplicates-stale", nil}, true
	}
	if _, ok := errors.AsType[*duplicates.Gone](err); ok {
		return refusal{http.StatusConflict, "duplicates-deleted", nil}, true
	}
	for _, known := range []struct {
		err    error
		status int
		key    string
	}{
		{duplicates.ErrKeyUsed, http.StatusUnprocessableEntity, "duplicates-sent"},
		{duplicates.ErrBusy, http.StatusConflict, "duplicates-busy"},
		{duplicates.ErrNoContact, http.StatusUnprocessableEntity, "duplicates-no-contact"},
		{duplicates.ErrRequest, http.StatusUnprocessableEntity, "duplicates-request"},
		{store.ErrQuota, http.StatusInsufficientStorage, "duplicates-quota"},
		{store.ErrLimit, http.StatusConflict, "duplicates-hidden-limit"},
	} {
		if errors.Is(err, known.err) {
			return refusal{known.status, known.key, nil}, true
		}
	}
	return refusal{}, false
}

// unmerged shows the group as it is now, with the decision that still holds,
// and why nothing was done.
func (v *visit) unmerged(d decision, err error) error {
	r, ok := v.refusalOf(err)
	if !ok {
		return err
	}
	c, err := v.compare(d)
	if errors.Is(err, store.ErrNotFound) {
		return v.noted(d.To(pathDuplicates), "done.duplicates-changed")
	}
	if err != nil {
		return err
	}
	v.wrong("", r.key, r.values...)
	return v.show(r.status, "duplicates-group", c)
}

func (v *visit) hide(d decision) error {
	cards, err := v.sentCards(d)
	if err != nil {
		return err
	}
	r, _ := d.request(cards)
	if err := v.site.Duplicates.Hide(v.ctx(), v.person.Account.ID, append(r.Duplicates, r.Reference)); err != nil {
		return v.unmerged(d, err)
	}
	return v.to(v.beyond(d, "hidden", "1", "from", d.Group))
}

// banner is what the step before did, with the way back.
type banner struct {
	search
	Kind    string // merged, hidden, undone
	Made    duplicates.Made
	Removed int
	Until   int64   // ms
	Pairs   []int64 // that were hidden
	From    string  // the group that it was
}

// ID is that of the merge.
func (b banner) ID() int64 { return b.Made.ID }

// banner reads from the address what to tell.
func (v *visit) banner(s search) (*banner, error) {
	b := &banner{search: s}
	if from := v.r.Form.Get("from"); groupName.MatchString(from) {
		b.From = from
	}
	for _, kind := range []string{"merged", "undone"} {
		id, err := strconv.ParseInt(v.r.Form.Get(kind), 10, 64)
		if err != nil {
			continue
		}
		b.Kind = kind
		b.Made, err = v.site.Duplicates.Made(v.ctx(), v.person.Account.ID, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !b.Made.UndoneAt.IsZero() {
			return nil, nil
		}
		b.Removed, b.Until = b.Made.Removed, b.Made.Until.UnixMilli()
		return b, err
	}
	if v.r.Form.Get("hidden") == "" {
		return nil, nil
	}
	b.Kind = "hidden"
	return v.hiddenNow(b)
}

// justNow is how long hiding can be taken back from the page after it.
const justNow = 10 * time.Minute

// hiddenNow finds the pairs that were hidden last, in one go.
func (v *visit) hiddenNow(b *banner) (*banner, error) {
	page, err := v.site.Duplicates.Hidden(v.ctx(), v.person.Account.ID, "", 0)
	if err != nil || len(page.Pairs) == 0 || v.site.Now().Sub(page.Pairs[0].At) > justNow {
		return nil, err
	}
	for _, p := range page.Pairs {
		if p.At.Equal(page.Pairs[0].At) {
			b.Pairs = append(b.Pairs, p.ID)
		}
	}
	return b, nil
}
