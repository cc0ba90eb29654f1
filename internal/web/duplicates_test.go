package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ksync/store"
)

func TestDuplicates_FromTheFirstPageToAMergeAndBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	if a := p.get(pathHome); strings.Contains(text(a.body), "possible duplicate") || !strings.Contains(a.body, "Manage duplicates<") {
		t.Errorf("without any:\n%s", text(a.body))
	}
	p.says(p.get(pathDuplicates), "No duplicates here")
	h.roberts(book)
	before := h.cards(book)
	p.says(p.get(pathHome), "1 possible duplicate", "Manage duplicates: 1 group")
	p.says(p.get(fmt.Sprintf("%s?book=%d", pathDuplicates, book.ID)), "Robert Keller", "All to look at (1)", "same phone number: +41796112031 · similar names: Bob Keller / Robert Keller")
	a := p.firstGroup()
	p.says(a, "same mobile: 079 611 20 31", "same birthday: 28 February 1980", "similar names: Bob Keller / Robert Keller",
		"identical", "same, written otherwise", "will be added", "another value is kept", "One record instead of 2", "will name the kept record: Team", "Group 1 of 1")
	done := p.follow(p.post(pathOf(a), formOf(a, "merge")))
	p.says(done, "Merged: 1 record went into Robert Keller", "This can be undone until", "No duplicates here")
	after := h.cards(book)
	if len(after) != 2 || !strings.Contains(after["robert.vcf"], "bob@work.example") || strings.Contains(after["team.vcf"], "uuid:bob") {
		t.Errorf("after the merge: %q", after)
	}
	undo := firstMatch(t, done.body, `/duplicates/merges/\d+/undo`)
	back := p.follow(p.post(undo, url.Values{"from": {hidden(t, done, "from")}}))
	p.says(back, "Undone: Robert Keller and the others are as before", "Group 1 of 1")
	if got := h.cards(book); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("after the undo: %q", got)
	}
	p.says(p.follow(p.post(undo, nil)), "It had been undone before")
	p.says(p.get(pathHistory), "1 record merged into Robert Keller", "Merge of Robert Keller undone", "Undone:")
	again := p.follow(p.post(firstMatch(t, back.body, `/duplicates/merges/\d+/undo`), nil))
	p.says(again, "Undone. The contacts are back")
	if got := h.cards(book); len(got) != 2 {
		t.Errorf("after the undo of the undo: %q", got)
	}
}

func TestDuplicates_ChoicesAreFollowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	sent := formOf(a, "look")
	sent.Set("pick-TITLE", labelled(t, a, "pick-TITLE", "Boss"))
	sent.Set("pick-FN", labelled(t, a, "pick-FN", "Bob Keller"))
	sent.Add("drop", labelled(t, a, "drop", "robert@keller.example"))
	sent.Add("drop", labelled(t, a, "drop", "Has a dog"))
	looked := p.post(pathOf(a), sent)
	if looked.status != http.StatusSeeOther {
		t.Fatalf("%d\n%s", looked.status, text(looked.body))
	}
	shown := p.follow(looked)
	p.says(shown, "left out")
	if got := formOf(shown, "merge"); !slices.Equal(got["drop"], sent["drop"]) || got.Get("pick-TITLE") != sent.Get("pick-TITLE") || got.Get("pick-FN") != sent.Get("pick-FN") {
		t.Errorf("the page forgot what was chosen: %v, want %v", got, sent)
	}
	if len(h.cards(book)) != 3 {
		t.Error("looking changed something")
	}
	p.follow(p.post(pathOf(shown), formOf(shown, "merge")))
	got := h.cards(book)["robert.vcf"]
	for want, there := range map[string]bool{
		"TITLE:Boss": true, "TITLE:Buyer": false, "FN:Bob Keller": true, "robert@keller.example": false, "bob@work.example": true,
		"dog": false, "tea": true, "friends": true, "work": true, "UID:robert": true,
	} {
		if strings.Contains(got, want) != there {
			t.Errorf("%q there: %v\n%s", want, !there, got)
		}
	}
}

// Who picks another record without a script sees what that does before it is
// done; what was chosen of the values stays.
func TestDuplicates_AnotherReferenceIsShownFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	sent := formOf(a, "merge")
	other := map[string]string{"0": "1", "1": "0"}[sent.Get("reference")]
	sent.Set("reference", other)
	sent.Add("drop", labelled(t, a, "drop", "robert@keller.example"))
	shown := p.follow(p.post(pathOf(a), sent))
	if len(h.cards(book)) != 3 || hidden(t, shown, "shown") != other {
		t.Fatalf("merged unseen:\n%s", text(shown.body))
	}
	p.says(p.follow(p.post(pathOf(shown), formOf(shown, "merge"))), "went into Bob Keller")
	if got := h.cards(book)["bob.vcf"]; strings.Contains(got, "robert@keller") || !strings.Contains(got, "Likes tea") {
		t.Errorf("%s", got)
	}
}

func TestDuplicates_NothingIsMergedThatChangedMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	sent := formOf(a, "merge")
	sent.Add("drop", labelled(t, a, "drop", "bob@work.example"))
	h.put(book, "bob", "N:Keller;Bob;;;", "FN:Bob Keller", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:bob@work.example", "BDAY:1980-02-28", "NOTE:edited on the phone")
	before := h.cards(book)
	stale := p.post(pathOf(a), sent)
	if stale.status != http.StatusPreconditionFailed {
		t.Errorf("%d", stale.status)
	}
	p.says(stale, "changed meanwhile", "nothing is lost", "edited on the phone")
	again := formOf(stale, "merge")
	if !slices.Equal(again["drop"], sent["drop"]) {
		t.Errorf("the choices that still hold: %v, want %v", again["drop"], sent["drop"])
	}
	if fmt.Sprint(h.cards(book)) != fmt.Sprint(before) {
		t.Error("something was written")
	}
	p.says(p.follow(p.post(pathOf(stale), again)), "Merged")
	if got := h.cards(book)["robert.vcf"]; !strings.Contains(got, "edited on the phone") {
		t.Errorf("%s", got)
	}
}

func TestDuplicates_AFormIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	sent := formOf(a, "merge")
	sent.Add("drop", labelled(t, a, "drop", "bob@work.example"))
	first, second := p.post(pathOf(a), sent), p.post(pathOf(a), sent)
	if first.status != 303 || second.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("%d %q, then %d %q", first.status, first.header.Get("Location"), second.status, second.header.Get("Location"))
	}
	if got := strings.Count(p.get(pathHistory).body, "/duplicates/merges/"); got != 1 {
		t.Errorf("%d merges", got)
	}
}

func TestDuplicates_HideAndShowAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	h.pairOf(book, 1)
	p.get(pathDuplicates)
	a := p.get(pathDuplicates + "?lane=likely")
	if groupPath.FindString(a.body) == "" {
		a = p.get(pathDuplicates)
	}
	a = p.get(unescape(groupPath.FindString(a.body)))
	name := hidden(t, a, "card")
	told := p.follow(p.post(pathOf(a), formOf(a, "hide")))
	p.says(told, "Hidden: these are not duplicates")
	if len(h.cards(book)) != 5 {
		t.Error("hiding changed a card")
	}
	pair := hidden(t, told, "pair")
	p.says(p.get(pathHidden), "≠", "Stop hiding")
	back := p.follow(p.post(pathHidden+"/show", url.Values{"pair": {pair}, "from": {hidden(t, told, "from")}}))
	if hidden(t, back, "card") != name {
		t.Errorf("not the group that was hidden:\n%s", text(back.body))
	}
	p.says(p.get(pathHidden), "Nothing is hidden")
}

func TestDuplicates_RefusalsAreTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do     func(h house, book store.Collection)
		status int
		says   string
	}{
		"deleted": {func(h house, book store.Collection) {
			h.must(h.store.DeleteObject(h.Context(), store.Delete{Account: book.Account, Collection: book.ID, URI: "bob.vcf"}))
		}, 303, "changed or deleted meanwhile"},
		"quota": {func(h house, book store.Collection) {
			h.must(h.store.UpdateAccount(h.Context(), book.Account, func(a *store.Account) error { a.Quota = 10; return nil }))
		}, 507, "Your space is full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p, book := h.visitor()
			h.roberts(book)
			a := p.firstGroup()
			tt.do(h, book)
			got := p.post(pathOf(a), formOf(a, "merge"))
			if got.status != tt.status {
				t.Errorf("%d, want %d\n%s", got.status, tt.status, text(got.body))
			}
			p.says(p.follow(got), tt.says)
		})
	}
}

// What is too large as it is can be made smaller where it is looked at.
func TestDuplicates_WhatIsTooLargeCanBeTrimmed(t *testing.T) {
	t.Parallel()
	h, p, book := wordy(t)
	a := p.firstGroup()
	sent := formOf(a, "look")
	sent.Add("drop", labelled(t, a, "drop", "bob@work.example"))
	still := p.follow(p.post(pathOf(a), sent))
	p.says(still, "too large: ", "left out")
	if still.status != 413 {
		t.Errorf("%d", still.status)
	}
	sent.Add("drop", labelled(t, still, "drop", "xxx"))
	fits := p.follow(p.post(pathOf(a), sent))
	p.says(fits, "One record instead of 2")
	if fits.status != 200 || strings.Contains(fits.body, "too large: ") {
		t.Errorf("%d\n%s", fits.status, text(fits.body))
	}
	p.says(p.follow(p.post(pathOf(a), formOf(fits, "merge"))), "Merged: 1 record went into Robert Keller")
	if got := h.cards(book)["robert.vcf"]; strings.Contains(got, "xxx") || strings.Contains(got, "bob@work") || !strings.Contains(got, "Likes tea") {
		t.Errorf("%s", got)
	}
}

// Records of too many lines cannot be shown side by side: it is said which is the longest, and what to do.
func TestDuplicates_TheLongestOfTooManyLinesIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	lines := []string{"N:Keller;Bob;;;", "FN:Bob Keller", "TEL;TYPE=CELL:079 611 20 31", "EMAIL:bob@work.example", "BDAY:1980-02-28"}
	for n := range 2000 {
		lines = append(lines, fmt.Sprintf("X-OWN:%d", n))
	}
	h.put(book, "bob", lines...)
	a := p.firstGroup()
	p.says(a, "2000 are allowed. The longest is “Bob Keller” with 20", "Nothing was merged")
	if a.status != 422 || strings.Contains(a.body, `value="merge"`) {
		t.Errorf("%d, or it can be merged", a.status)
	}
}

// What is left behind of values that both say is told on the page.
func TestDuplicates_ALabelThatIsLeftBehindIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.put(book, "robert", "N:Keller;Robert;;;", "FN:Robert Keller", "item1.TEL:079 611 20 31", "item1.X-ABLabel:Boat", "EMAIL:bob@work.example", "BDAY:1980-02-28", "NOTE:tea")
	h.put(book, "bob", "N:Keller;Bob;;;", "FN:Bob Keller", "item1.TEL:079 611 20 31", "item1.X-ABLabel:Lake house", "EMAIL:bob@work.example", "BDAY:1980-02-28")
	p.says(p.firstGroup(), "“Lake house” is left behind")
}

// What cannot be merged as it is is told where it is looked at, and can be hidden.
func TestDuplicates_WhatCannotBeMergedCanBeHidden(t *testing.T) {
	t.Parallel()
	_, p, _ := wordy(t)
	a := p.firstGroup()
	p.says(a, "too large: ", "The largest part is Note")
	if a.status != 413 || strings.Contains(a.body, `value="merge"`) {
		t.Errorf("%d, or it can be merged", a.status)
	}
	p.says(p.follow(p.post(pathOf(a), formOf(a, "merge"))), "too large")
	p.says(p.follow(p.post(pathOf(a), formOf(a, "hide"))), "Hidden: these are not duplicates")
}

func TestDuplicates_AllSureOnes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	for n := range 4 {
		h.pairOf(book, n)
	}
	before := h.cards(book)
	p.says(p.get(pathDuplicates), "Merge all 4 sure groups", "Sure (4)")
	a := p.get(pathSure)
	p.says(a, "Quentin Abegg", "Roswitha Abegg", "Look through the groups first")
	sent := url.Values{formField: {hidden(t, a, formField)}}
	job := p.post(pathSure, sent)
	again := p.post(pathSure, sent)
	if job.status != 303 || job.header.Get("Location") != again.header.Get("Location") {
		t.Errorf("twice: %q and %q", job.header.Get("Location"), again.header.Get("Location"))
	}
	done := p.get(job.header.Get("Location"))
	for strings.Contains(done.body, "refresh") {
		done = p.get(job.header.Get("Location"))
	}
	p.says(done, "4 of 4 groups", "4 groups merged", "All sure duplicates are merged")
	if got := h.cards(book); len(got) != 4 {
		t.Errorf("%d cards", len(got))
	}
	p.says(p.follow(p.post(firstMatch(t, done.body, `/duplicates/merges/\d+/undo`), nil)), "Undone. The contacts are back")
	if got := h.cards(book); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("after the undo: %q", got)
	}
}

// While a job runs its page asks for itself again, without a script.
func TestDuplicates_APageOfAJobReloadsItself(t *testing.T) {
	t.Parallel()
	r := gallery(t)
	for name, want := range map[string]bool{"duplicates-job": true, "duplicates-job-done": false} {
		if got := strings.Contains(exhibited(t, r, name, "en"), `<noscript><meta http-equiv="refresh" content="2"></noscript>`); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDuplicates_UndoAfterAnEditIsShownFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	merged := p.follow(p.post(pathOf(a), formOf(a, "merge")))
	h.put(book, "robert", "N:Keller;Robert;;;", "FN:Robert Keller", "TEL;TYPE=CELL:+41 79 611 20 31", "NOTE:edited since")
	undo := firstMatch(t, merged.body, `/duplicates/merges/\d+/undo`)
	asked := p.follow(p.post(undo, nil))
	p.says(asked, "Something was edited since", "the edits stay", "comes back as it was")
	if len(h.cards(book)) != 2 {
		t.Error("undone unasked")
	}
	p.follow(p.post(undo, url.Values{"sure": {"1"}}))
	if got := h.cards(book); len(got) != 3 || !strings.Contains(got["robert.vcf"], "edited since") {
		t.Errorf("%q", got)
	}
}

func TestDuplicates_KeysCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, book := h.visitor()
	h.roberts(book)
	a := p.firstGroup()
	if !strings.Contains(a.body, `aria-keyshortcuts="m"`) {
		t.Error("no keys")
	}
	off := p.post(pathKeys, url.Values{"keys": {"off"}, "back": {a.path}})
	p.leads(off, a.path)
	if got := p.get(a.path); strings.Contains(got.body, "aria-keyshortcuts") {
		t.Error("keys are on")
	}
	p.post(pathKeys, url.Values{"keys": {"on"}, "back": {"//evil.example"}})
	if got := p.get(a.path); !strings.Contains(got.body, "aria-keyshortcuts") {
		t.Error("keys are off")
	}
}
