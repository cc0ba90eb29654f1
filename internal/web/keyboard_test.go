package web

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chromedp/chromedp"
)

// What the Tab key meets, in this order; every stop can be seen. WCAG 2.2
// §2.4.3, §2.4.7.
func TestKeyboard_OrderAndFocus(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	const stop = `(() => { const e = document.activeElement, s = getComputedStyle(e);
		const seen = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
		return (e.id || e.name || e.getAttribute("href") || e.tagName) + (e.lang ? "." + e.lang : "") + (seen ? "" : " without focus ring"); })()`
	for name, tt := range map[string]struct {
		width int64
		want  string
	}{
		"sign-in":          {320, "#content / login password stay BUTTON BUTTON /reset language.en language.de language.es language.fr language.it"},
		"app-password-new": {1280, "#content /account /account /devices /account/app-passwords /account/security /account/sessions /account/activity /account/profile /account/invitations BUTTON name scope-contacts scope-calendars scope-tasks days BUTTON /account/app-passwords language.en"},
		"consent":          {320, "#content answer answer language.en"},
		"landing-iphone":   {320, "#content / /p/k7k7k7k7k7k7k7k7k7k7k7k7k7/Annas-iPhone.mobileconfig SUMMARY SUMMARY SUMMARY language.en"},
		"landing-android":  {320, "#content / BUTTON davx5://anna%40example.org@sync.example.org/ SUMMARY SUMMARY SUMMARY language.en"},
		"setup-device":     {320, "#content /account SUMMARY name data-contacts data-calendars data-tasks data-mail SUMMARY SUMMARY BUTTON /setup language.en"},
	} {
		b.look(tt.width, "light")
		b.open(server.URL + "/gallery/" + name)
		b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus()`))
		var got []string
		for range strings.Fields(tt.want) {
			b.do(chromedp.KeyEvent("\t"))
			got = append(got, eval[string](b, stop))
		}
		if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if n := eval[int](b, `document.querySelectorAll("[tabindex]:not([tabindex='-1'])").length`); n != 0 {
			t.Errorf("%s: %d elements have an order of their own", name, n)
		}
	}
}

// Letters and signs stand out from what is behind them, light and dark.
// WCAG 2.2 §1.4.3: 4.5 to 1; §1.4.11: the edges of what can be used, 3 to 1.
func TestColours_HaveContrast(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	const dim = `(() => {
		const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return c.startsWith("color(") ? m.slice(0, 3).map(v => v * 255) : m; };
		const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
		const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (c !== "rgba(0, 0, 0, 0)" && c !== "transparent") return rgb(c); } return [255, 255, 255]; };
		const bad = [], contrast = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + .05) / (Math.min(x, y) + .05); };
		const stand = (e, what, colour) => { const ratio = contrast(rgb(colour), behind(e.parentElement)); if (ratio < 3) bad.push(what + " of " + e.tagName + "." + e.className + " " + ratio.toFixed(2)); };
		for (const e of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), select, .button")) {
			if (!e.checkVisibility()) continue;
			const s = getComputedStyle(e);
			if (s.borderTopColor !== s.backgroundColor && s.borderTopColor !== "rgba(0, 0, 0, 0)") stand(e, "border", s.borderTopColor);
			stand(e, "focus ring", getComputedStyle(document.documentElement).getPropertyValue("--accent").trim().replace(/^#(..)(..)(..)$/, (_, r, g, b) => "rgb(" + [r, g, b].map(v => parseInt(v, 16)) + ")"));
		}
		for (const e of document.querySelectorAll("body *")) {
			if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility() || e.closest(".unseen, .skip, option, optgroup")) continue;
			const ratio = contrast(rgb(getComputedStyle(e).color), behind(e));
			if (ratio < 4.5) bad.push(e.tagName + "." + e.className + " " + ratio.toFixed(2));
		}
		return bad.join(", ");
	})()`
	for _, scheme := range []string{"light", "dark"} {
		b.look(1280, scheme)
		// Together these have every part of the style.
		for _, name := range []string{
			"start", "sign-in-wrong", "new-account-wrong", "home", "home-warnings", "app-passwords", "app-password-new", "app-password-made", "security",
			"setup", "setup-device-verified", "setup-device-wrong", "devices", "device-awaited", "landing-in-app", "landing-mac", "landing-carry", "landing-desktop-shown",
			"authenticator", "backup-codes", "sessions", "activity", "not-me", "profile", "delete", "consent-flow", "trouble-fault", "duplicates", "duplicates-group", "duplicates-group-stale", "duplicates-job-done", "duplicates-hidden", "duplicates-history",
		} {
			b.open(server.URL + "/gallery/" + name)
			if got := eval[string](b, dim); got != "" {
				t.Errorf("%s, %s: %s", name, scheme, got)
			}
		}
	}
}
