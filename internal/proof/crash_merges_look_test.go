package proof_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/proof"
)

// sight is a family as the server shows it: "" is not there.
type sight [4]string

func (f *family) look(t *testing.T) (seen sight) {
	t.Helper()
	for m := range seen {
		resp, err := f.client.Want(t.Context(), []int{http.StatusOK, http.StatusNotFound}, http.MethodGet, f.book.path+f.uri(m), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Status == http.StatusOK {
			seen[m] = string(resp.Body)
		}
	}
	return seen
}

// merged tells which of the two whole states it is, and reports any other one.
func (s sight) merged(t *testing.T, f *family) bool {
	t.Helper()
	var there []int
	for m := range 3 {
		if s[m] != "" {
			there = append(there, m)
		}
	}
	var faults []string
	fault := func(wrong bool, what string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Sprintf(what, args...))
		}
	}
	switch len(there) {
	case 1:
		s.checkUnion(f, there[0], fault)
	case 3:
		s.checkApart(f, fault)
	default:
		fault(true, "only the cards %v are there", there)
	}
	if len(faults) > 0 {
		t.Errorf("family %d is between two states: %s\n%s", f.number, strings.Join(faults, "; "), strings.Join(s[:], "\n"))
	}
	return len(there) == 1
}

// checkUnion: one card has everything, also what phones wrote, and the group names it.
func (s sight) checkUnion(f *family, kept int, fault func(bool, string, ...any)) {
	for m := range 3 {
		fault(!strings.Contains(s[kept], f.own(m)), "without %s", f.own(m))
		fault(strings.Contains(s[3], f.uid(m)) != (m == kept), "the group about card %d", m)
		for _, mail := range f.edits[m] {
			fault(!strings.Contains(s[kept], mail), "without %s", mail)
		}
	}
}

// checkApart: each has its own and what phones wrote into it; to the byte where none wrote.
func (s sight) checkApart(f *family, fault func(bool, string, ...any)) {
	for m := range 3 {
		for of := range 3 {
			fault(strings.Contains(s[m], f.own(of)) != (m == of), "card %d about %s", m, f.own(of))
		}
		for _, mail := range f.edits[m] {
			fault(!strings.Contains(s[m], mail), "card %d without %s", m, mail)
		}
		fault(!f.edited && s[m] != f.bodies[m], "card %d is not as it was: %s", m, cmp.Diff(f.bodies[m], s[m]))
	}
	fault(s[3] != f.bodies[3], "the group is not as it was: %s", cmp.Diff(f.bodies[3], s[3]))
}

// hiding is a family whose pairs are hidden all at once and shown one by one.
type hiding struct {
	*family
	acked    int // hidden pairs
	next     int // of them, once what is under way is done
	underWay bool
}

func (h *hiding) step(ctx context.Context, _ *rand.Rand) error {
	method, path, body := http.MethodPost, "/duplicates/hide", any(nil)
	if h.acked > 0 {
		ids, err := h.ids(ctx)
		if err != nil {
			return err
		}
		if len(ids) != h.acked {
			return fmt.Errorf("family %d: hidden pairs %v, %d were acknowledged", h.number, ids, h.acked)
		}
		method, path, h.next = http.MethodDelete, fmt.Sprintf("/duplicates/hidden/%d", ids[0]), h.acked-1
	} else {
		refs, err := h.refs(ctx)
		if err != nil {
			return err
		}
		body, h.next = map[string]any{"cards": refs}, 3
	}
	h.underWay = true
	_, err := h.person.API(ctx, method, path, nil, body, nil)
	if refusedAs(err, "cards-changed") {
		h.underWay = false
		return nil
	}
	if err != nil {
		return err
	}
	h.acked, h.underWay = h.next, false
	h.strike.acknowledged()
	return nil
}

func (h *hiding) pairs(t *testing.T) []int64 {
	t.Helper()
	ids, err := h.ids(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// ids are the hidden pairs of this family.
func (h *hiding) ids(ctx context.Context) (ids []int64, err error) {
	var list struct {
		Pairs []struct {
			ID int64
			A  struct{ URI string }
		}
	}
	if _, err := h.person.API(ctx, http.MethodGet, "/duplicates/hidden?limit=200", nil, nil, &list); err != nil {
		return nil, err
	}
	for _, p := range list.Pairs {
		if strings.HasPrefix(p.A.URI, fmt.Sprintf("family-%d-", h.number)) {
			ids = append(ids, p.ID)
		}
	}
	return ids, nil
}

// sureJob merges all families of an address book, and takes all of it back.
type sureJob struct {
	families []*family
	times    int
	id       int64 // of the job that was acknowledged last
	state    jobState
}

type jobState uint8

const (
	jobNone    jobState = iota // none yet, or the last one was taken back
	jobAsked                   // its start or its undo is under way
	jobStarted                 // it runs
	jobDone
)

func (j *sureJob) step(ctx context.Context, m *merging) error {
	j.times++
	j.state = jobAsked
	if err := j.start(ctx, m); err != nil {
		return err
	}
	m.strike.acknowledged()
	j.state = jobStarted
	merged, err := j.wait(ctx, m)
	if err != nil {
		return err
	}
	if merged != jobFamilies {
		return fmt.Errorf("the job merged %d of %d families", merged, jobFamilies)
	}
	m.strike.acknowledged()
	j.state = jobDone
	err = j.undo(ctx, m)
	if err == nil {
		j.state = jobNone
	}
	return err
}

func (j *sureJob) start(ctx context.Context, m *merging) error {
	var job struct{ ID int64 }
	key := proof.Header{"Idempotency-Key", fmt.Sprintf("\"job-%d\"", j.times)}
	_, err := m.person.API(ctx, http.MethodPost, "/duplicates/merge-sure", key, map[string]any{"book": m.sure.id}, &job)
	if err == nil {
		j.id = job.ID
	}
	return err
}

// wait returns how many groups were merged once the job has ended.
func (j *sureJob) wait(ctx context.Context, m *merging) (merged int, err error) {
	var job struct {
		State  string
		Merged int
	}
	for job.State = "running"; job.State == "running" && err == nil; {
		_, err = m.person.API(ctx, http.MethodGet, fmt.Sprintf("/duplicates/jobs/%d", j.id), nil, nil, &job)
	}
	return job.Merged, err
}

func (j *sureJob) undo(ctx context.Context, m *merging) error {
	j.state = jobAsked
	_, err := m.person.API(ctx, http.MethodPost, fmt.Sprintf("/merges/%d/undo", j.id), nil, nil, nil)
	return err
}

// check: each family is whole, and as the job's last answer said.
func (j *sureJob) check(t *testing.T) {
	t.Helper()
	merged := 0
	for _, f := range j.families {
		if f.look(t).merged(t, f) {
			merged++
		}
	}
	t.Logf("killed in the %d. job, when %d of %d families were merged", j.times, merged, len(j.families))
	if j.state == jobNone && merged > 0 || j.state == jobDone && merged < len(j.families) {
		t.Errorf("%d of %d families are merged, the job was in state %d", merged, len(j.families), j.state)
	}
}

// undoAll takes back what the last job did, however far it came.
func (j *sureJob) undoAll(t *testing.T, m *merging) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if j.times == 0 {
		return
	}
	if err := j.start(ctx, m); err != nil { // with the key of the last one: the same job
		t.Fatal(err)
	}
	if _, err := j.wait(ctx, m); err != nil {
		t.Fatal("a job that was killed: ", err)
	}
	if err := j.undo(ctx, m); err != nil && !refusedAs(err, "undone") {
		t.Fatal(err)
	}
	for _, f := range j.families {
		if f.look(t).merged(t, f) {
			t.Errorf("family %d: is merged after the undo of the job", f.number)
		}
	}
}
