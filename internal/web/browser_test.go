package web

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ksync/internal/i18n"
)

// screenshots takes a picture of every page: go test ./internal/web -run Pictures -screenshots DIR.
var screenshots = flag.String("screenshots", "", "directory for pictures of every page, light and dark, 320 and 1280 pixels wide")

// tab is one page of a headless Chromium with nothing in it.
type tab struct {
	*testing.T
	ctx context.Context
}

func newTab(t *testing.T) tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no chromium in the path; .ci/run installs it")
		}
		t.Skip("no chromium in the path: the pages are not tried in a browser")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
	}
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocator)
	b := tab{t, ctx}
	b.watch()
	t.Cleanup(func() {
		ctx, give := context.WithTimeout(ctx, 20*time.Second)
		defer give()
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close chromium: %v", err)
		}
	})
	return b
}

// watch fails the test for what the browser complains about: broken scripts,
// and what the policy of content refused.
func (b tab) watch() {
	b.Helper()
	err := chromedp.Listen(b.ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") {
				b.Errorf("browser: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			b.Errorf("script: %s", e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		b.Fatalf("start chromium: %v", err)
	}
}

// do runs steps, each within bounds: a page that does not come is a failure,
// not a test that hangs.
func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	for i, s := range steps {
		ctx, give := context.WithTimeout(b.ctx, 30*time.Second)
		_, err := chromedp.Run(ctx, s)
		give()
		if err != nil {
			b.Fatalf("step %d: %v\n%s", i+1, err, b.seen())
		}
	}
}

// seen is what the page says, for a failure.
func (b tab) seen() string {
	ctx, give := context.WithTimeout(b.ctx, 5*time.Second)
	defer give()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.querySelector("main").innerText.slice(0, 1500)`))
	return fmt.Sprint(text, " ", err)
}

// eval is the value of an expression.
func eval[T any](b tab, expression string) T {
	b.Helper()
	ctx, give := context.WithTimeout(b.ctx, 30*time.Second)
	defer give()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %v\n%s", expression, err, b.seen())
	}
	return value
}

func (b tab) open(url string) { b.Helper(); b.do(chromedp.Navigate(url)) }

// look sets how the browser shows pages.
func (b tab) look(width int64, scheme string) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, 800), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// Nothing sticks out at 320 pixels, in German, which has the longest words; with
// -screenshots in every language. WCAG 2.2 §1.4.10.
func TestGallery_FitsInto320Pixels(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	b.look(320, "light")
	const out = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 321 && !e.closest(".unseen, .skip, svg, details:not([open])")).map(e => e.tagName + "." + e.className).join(" ")`
	languages := []i18n.Language{{Tag: "de"}}
	if *screenshots != "" {
		languages = i18n.Languages()
	}
	for _, s := range samples(t) {
		for _, l := range languages {
			b.open(server.URL + "/gallery/" + s.name + "?language=" + l.Tag)
			if wide, which := eval[int](b, `document.scrollingElement.scrollWidth`), eval[string](b, out); wide > 320 || which != "" {
				t.Errorf("%s %s is %d pixels wide: %s", s.name, l.Tag, wide, which)
			}
		}
	}
}

func TestGallery_Pictures(t *testing.T) {
	if *screenshots == "" {
		t.Skip("pictures are taken with -screenshots DIR")
	}
	b := newTab(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	for _, width := range []int64{320, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(width, scheme)
			for i, s := range samples(t) {
				language := "en"
				if scheme == "dark" {
					language = i18n.Languages()[i%len(i18n.Languages())].Tag
				}
				b.open(server.URL + "/gallery/" + s.name + "?language=" + language)
				b.picture(fmt.Sprintf("%s-%s-%d", s.name, scheme, width))
				if eval[bool](b, `document.querySelector("details") !== null`) {
					b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => { d.open = true })`))
					b.picture(fmt.Sprintf("%s-%s-%d-open", s.name, scheme, width))
				}
			}
		}
	}
}

func (b tab) picture(name string) {
	b.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o600); err != nil {
		b.Fatal(err)
	}
}
