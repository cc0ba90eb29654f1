package web

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"ksync/internal/i18n"
)

// faults are what a page does wrong for somebody who uses a narrow screen, a
// finger, the keyboard or their ears.
const faults = `(() => {
	const wrong = [];
	const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + "." + e.className + " “" + e.textContent.trim().slice(0, 30) + "”";
	const all = selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility());
	const box = e => e.getBoundingClientRect();

	// WCAG 2.2 §1.4.10: nothing sticks out.
	if (document.scrollingElement.scrollWidth > innerWidth) wrong.push("is " + document.scrollingElement.scrollWidth + " wide");
	for (const e of all("body *")) {
		if (box(e).right > innerWidth + 1 && !e.closest(".unseen, .skip, svg, details:not([open])")) wrong.push("sticks out: " + name(e));
	}

	// §2.5.5: fingers need 44 pixels, unless in the midst of a text.
	for (const e of all("button, .button, summary, select, .links a, .brand[href], input:not([type=checkbox], [type=radio])")) {
		if (box(e).height < 43.5 || box(e).width < 43.5) wrong.push("small: " + name(e) + " " + box(e).width + "×" + box(e).height);
	}
	for (const e of all("input[type=checkbox], input[type=radio]")) {
		if (box(e.closest("label")).height < 43.5) wrong.push("small: " + name(e.closest("label")));
	}

	// §2.4.3: Tab goes as the eye does, downwards.
	const stops = all("a[href], button, summary, input, select").filter(e => !e.closest(".skip, .top, .bar") && e.tabIndex >= 0);
	for (let i = 1; i < stops.length; i++) {
		if (box(stops[i]).bottom <= box(stops[i - 1]).top) wrong.push("comes after what is below it: " + name(stops[i]));
	}
	if (document.querySelector("[tabindex]:not([tabindex='-1'])")) wrong.push("has an order of its own");

	// §3.3.1: a mistake is told at its field, in words, and the first has the cursor.
	const fields = all("[aria-invalid=true]");
	for (const e of fields) {
		const told = (e.getAttribute("aria-describedby") ?? "").split(" ").map(id => document.getElementById(id)).find(d => d?.classList.contains("wrong") || d?.querySelector(".wrong"));
		if (!told?.textContent.trim() || !told.querySelector("svg")) wrong.push("the mistake is not told: " + name(e));
	}
	if (fields.length && document.activeElement !== fields[0]) wrong.push("the cursor is at " + name(document.activeElement));
	for (const e of all(".wrong")) {
		const id = e.id || e.querySelector("[id]")?.id;
		if (!document.querySelector("[aria-invalid=true][aria-describedby~='" + id + "']")) wrong.push("a mistake of no field: " + name(e));
	}

	// §1.4.1: never by colour alone.
	for (const e of all(".note")) if (!e.querySelector("svg") || !e.textContent.trim()) wrong.push("only colour: " + name(e));
	for (const e of all(".thing.bad")) if (!e.querySelector(".mark-tag.bad")?.textContent.trim()) wrong.push("only colour: " + name(e));
	for (const e of all(".mark-tag")) if (!e.textContent.trim()) wrong.push("only colour: " + name(e));

	// §2.4.4: what is called alike does alike.
	const does = new Map();
	for (const e of all("main a[href], main form button, main summary")) {
		const to = e.tagName === "A" ? e.href : e.tagName === "SUMMARY" ? wrong : e.form.action + e.value;
		const called = e.tagName + e.textContent.trim().replace(/\s+/g, " ");
		if (does.has(called) && (e.tagName === "SUMMARY" || does.get(called) !== to)) wrong.push("called as another: " + name(e));
		does.set(called, to);
	}

	if (document.documentElement.lang !== expected) wrong.push("lang is " + document.documentElement.lang);
	return wrong.join("\n");
})()`

// Every page at 320 pixels, in German, which has the longest words; with
// -screenshots in every language.
func TestGallery_CanBeReadAndUsedByEverybody(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	b.look(320, "light")
	languages := []i18n.Language{{Tag: "de"}}
	if *screenshots != "" {
		languages = i18n.Languages()
	}
	for _, s := range samples(t) {
		for _, l := range languages {
			b.open(server.URL + "/gallery/" + s.name + "?language=" + l.Tag)
			b.do(chromedp.Evaluate[chromedp.Void](`globalThis.expected = "` + l.Tag + `"; document.querySelectorAll("main details:not([data-menu])").forEach(d => { d.open = true })`))
			b.settled(`[null, document.activeElement].includes(document.querySelector("[autofocus]"))`) // the browser puts the cursor there before it draws
			if got := eval[string](b, faults); got != "" {
				t.Errorf("%s %s:\n%s", s.name, l.Tag, got)
			}
			b.listen(s.name, !s.out && s.name != "new-password")
		}
	}
}

// landmarks are how many of each a page has that is not of an account.
func landmarks(framed bool) map[string]int {
	if framed {
		return map[string]int{"main": 1, "banner": 1, "heading 1": 1}
	}
	return map[string]int{"main": 1, "heading 1": 1}
}

// listen checks the page as programs hear it that read to people: everything
// that can be used has a name, and there are the landmarks to go by.
func (b tab) listen(page string, framed bool) {
	b.Helper()
	seen := map[string]int{}
	for _, node := range b.heard() {
		role, name := textOfAX(node.Role), textOfAX(node.Name)
		switch role {
		case "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "DisclosureTriangle", "Date", "image", "navigation", "group", "alert", "img":
			if role != "group" && role != "alert" && strings.TrimSpace(name) == "" {
				b.Errorf("%s: a %s without a name", page, role)
			}
		case "heading":
			if strings.TrimSpace(name) == "" {
				b.Errorf("%s: a heading without words", page)
			}
			role += " " + level(node)
		}
		seen[role]++
	}
	for role, want := range landmarks(framed) {
		if seen[role] != want {
			b.Errorf("%s: %d of %s, want %d", page, seen[role], role, want)
		}
	}
	if seen["link"]+seen["button"] == 0 {
		b.Errorf("%s: nothing to use was heard: %v", page, seen)
	}
}

func (b tab) heard() []*accessibility.Node {
	b.Helper()
	var nodes []*accessibility.Node
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		tree, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		for _, node := range tree.Nodes {
			if !node.Ignored {
				nodes = append(nodes, node)
			}
		}
		return err
	}))
	return nodes
}

func textOfAX(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}

func level(node *accessibility.Node) string {
	for _, p := range node.Properties {
		if p.Name == "level" {
			return textOfAX(p.Value)
		}
	}
	return ""
}
