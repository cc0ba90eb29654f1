package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// press strikes a key that leads to another page.
func (b tab) press(key string) {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`window.left = true`), chromedp.KeyEvent(key))
}

// settled waits until an expression is true.
func (b tab) settled(expression string) {
	b.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !eval[bool](b, "Boolean("+expression+")") {
		if time.Now().After(deadline) {
			b.Fatalf("never: %s\n%s", expression, b.seen())
		}
		b.do(chromedp.Sleep(20 * time.Millisecond))
	}
}

// arrived waits for another page than that of the last key, whose main text has the words.
func (b tab) arrived(words string) {
	b.Helper()
	b.settled(`document.readyState === "complete" && !window.left && document.querySelector("main").innerText.includes(` + fmt.Sprintf("%q", words) + `)`)
}

// The whole flow: list, reference, choices, merge, undo, hide, show again, and
// then group after group by keys alone.
func TestWalk_Duplicates(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	a := h.ann()
	book := h.book(a)
	h.roberts(book)
	h.put(book, "robert", "N:Keller;Robert;;;", "FN:Robert Keller", "TEL;TYPE=CELL:+41 79 611 20 31", "EMAIL:robert@keller.example", "BDAY:1980-02-28", "TITLE:Buyer", "ORG:Acme AG;Sales", "NOTE:Likes tea", "PHOTO;ENCODING=b;TYPE=PNG:"+onePixel)
	b.look(1280, "light")
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")

	// From the address book's menu.
	b.click("main [data-menu] summary")
	b.do(chromedp.Evaluate[chromedp.Void](`window.left = true`))
	b.click(`main .sheet a[href^="/duplicates"]`)
	b.at("/duplicates", "Duplicate contacts")
	b.settled(`document.querySelector(".avatar img")?.naturalWidth === 1`)
	b.click(".groups h3 a")
	b.at("/duplicates/groups/*", "Robert Keller")
	b.settled(`document.activeElement.id === "heading"`)

	// Another reference by its key: the page shows at once what that does.
	bob := eval[string](b, `[...document.querySelectorAll(".tile")].find(e => e.textContent.includes("Bob Keller")).control.getAttribute("aria-keyshortcuts")`)
	b.do(chromedp.KeyEvent(bob))
	b.settled(`document.querySelector("h1")?.textContent === "Bob Keller" && document.querySelector("[name=shown]").value === document.querySelector("[name=reference]:checked").value`)
	b.settled(`location.search.includes("reference=")`)
	b.settled(`document.querySelector(".compare td .pick").textContent.includes("Bob Keller") && document.querySelector(".compare td [type=radio]").checked`)
	// A value is left out, a conflict decided.
	b.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".compare tr")].find(e => e.textContent.includes("robert@keller.example")).querySelector("[name=drop]").click()`))
	b.settled(`document.querySelector(".compare .dropped")?.textContent.includes("left out")`)
	b.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".pick")].find(e => e.textContent.includes("Buyer")).control.click()`))
	b.settled(`[...document.querySelectorAll("dl dd")].some(e => e.textContent.includes("Buyer")) && location.search.includes("pick-TITLE")`)
	if got := len(h.cards(book)); got != 3 {
		t.Errorf("looking left %d cards", got)
	}
	b.click(`button[value="merge"]`)
	b.at("/duplicates", "Duplicate contacts")
	b.arrived("Merged: 1 record went into Bob Keller")
	if got := h.cards(book)["bob.vcf"]; !strings.Contains(got, "TITLE:Buyer") || strings.Contains(got, "robert@keller") || !strings.Contains(got, "PHOTO") {
		t.Errorf("the merged card:\n%s", got)
	}

	// Undo, hide, show again.
	b.press("u")
	b.at("/duplicates/groups/*", "Robert Keller")
	b.arrived("are as before")
	if got := len(h.cards(book)); got != 3 {
		t.Errorf("the undo left %d cards", got)
	}
	b.press("h")
	b.at("/duplicates", "Duplicate contacts")
	b.arrived("these are not duplicates")
	b.open(h.url + "/duplicates/hidden")
	b.click(`form[action="/duplicates/hidden/show"] button`)
	b.at("/duplicates/hidden", "Hidden pairs")
	b.arrived("Nothing is hidden")
}

func TestWalk_DuplicatesByKeysAlone(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	a := h.ann()
	book := h.book(a)
	const groups = 5
	for n := range groups {
		h.pairOf(book, n)
	}
	b.look(1280, "dark")
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")
	b.open(h.url + "/duplicates")
	b.click(".groups h3 a")
	b.arrived("Group 1 of 5")
	heading := func() string { return b.textOf("h1") }
	first := heading()
	b.press("n")
	b.arrived("Group 2 of 5")
	b.press("p")
	b.arrived("Group 1 of 5")
	b.press("j")
	b.arrived("Group 2 of 5")
	b.press("k")
	b.arrived("Group 1 of 5")
	if heading() != first {
		t.Error("there and back is another group")
	}
	// In a field keys are letters, and with Ctrl they are the browser's.
	b.do(chromedp.Evaluate[chromedp.Void](`(() => { const i = document.createElement("input"); i.id = "typed"; document.querySelector("main").append(i); i.focus(); })()`), chromedp.KeyEvent("mhn1"))
	if got := eval[string](b, `document.getElementById("typed").value`); got != "mhn1" || len(h.cards(book)) != 2*groups {
		t.Errorf("typed %q, %d cards", got, len(h.cards(book)))
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("typed").remove(); document.getElementById("heading").focus()`))
	for left := groups; left > 0; left-- {
		b.press("m")
		if left > 1 {
			b.arrived(fmt.Sprintf("Group 1 of %d", left-1))
			b.settled(`document.activeElement.id === "heading"`)
		}
	}
	b.at("/duplicates", "Duplicate contacts")
	b.arrived("No duplicates here")
	if got := len(h.cards(book)); got != groups {
		t.Errorf("%d cards", got)
	}
	b.press("u")
	b.arrived("are as before")
}

// The bulk merge: reviewed, followed by a script as it goes, undone at once.
func TestWalk_AllSureDuplicates(t *testing.T) {
	t.Parallel()
	h, b := newHouse(t), newTab(t)
	a := h.ann()
	book := h.book(a)
	for n := range 6 {
		h.pairOf(book, n)
	}
	b.look(320, "light")
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")
	b.open(h.url + "/duplicates")
	b.click(`a[href^="/duplicates/sure"]`)
	b.at("/duplicates/sure", "Merge all sure duplicates")
	b.click("main button.blue")
	b.settled(`document.querySelector("h1")?.textContent === "All sure duplicates are merged"`)
	if got := len(h.cards(book)); got != 6 {
		t.Errorf("%d cards", got)
	}
	b.click(`form[action$="/undo"] button`)
	b.at("/duplicates/history", "What was merged")
	if got := len(h.cards(book)); got != 12 {
		t.Errorf("%d cards after the undo", got)
	}
}

// What is left out is looked at at once, and when the rest fits the page says so.
func TestWalk_TrimsWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	h, p, _ := wordy(t)
	b := newTab(t)
	b.look(320, "dark")
	b.signIn(h, annsPassword)
	b.at("/account", "Hello, Ann Keller")
	b.open(h.url + p.firstGroup().path)
	leaveOut := func(words string) {
		b.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".compare tr")].find(e => e.textContent.includes("` + words + `")).querySelector("[name=drop]").click()`))
	}
	leaveOut("bob@work.example")
	b.settled(`document.querySelector(".compare .dropped")?.textContent.includes("bob@work") && document.querySelector(".note.bad") && !document.querySelector("button[value=merge]")`)
	leaveOut("xxx")
	b.settled(`document.querySelector("button[value=merge]") && !document.querySelector(".note.bad")`)
}
