package web

import (
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ksync/internal/i18n"
	"ksync/internal/need"
)

// screenshots takes a picture of every page: go test ./internal/web -run Pictures -screenshots DIR.
var screenshots = flag.String("screenshots", "", "directory for pictures of every page, light and dark, 320 and 1280 pixels wide")

// pictured narrows that to some.
var pictured = flag.String("pictured", "", "beginnings of the names of pages to take pictures of, separated by commas; all by default")

func wanted(name string) bool {
	return slices.ContainsFunc(strings.Split(*pictured, ","), func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// tab is one page of a headless Chromium with nothing in it.
type tab struct {
	*testing.T
	ctx context.Context
}

// chromium is one for all tests of this package: each has a profile of its own
// in it, so that none sees the cookies of another.
type chromium struct {
	once    sync.Once
	ctx     context.Context
	profile string
	err     error
}

var browser chromium

func (c *chromium) start(path string) (context.Context, error) {
	c.once.Do(func() {
		if c.profile, c.err = os.MkdirTemp("", "chromium"); c.err != nil {
			return
		}
		options := []chromedp.ExecAllocatorOption{
			chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
			chromedp.UserDataDir(c.profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
			chromedp.Flag("disable-renderer-backgrounding", true), chromedp.Flag("disable-backgrounding-occluded-windows", true),
		}
		allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
		c.ctx, _ = chromedp.NewContext(allocator)
		_, c.err = chromedp.Targets(c.ctx)
	})
	return c.ctx, c.err
}

func (c *chromium) stop() {
	if c.ctx != nil {
		ctx, give := context.WithTimeout(c.ctx, 20*time.Second)
		defer give()
		_ = chromedp.Cancel(ctx) // it ends with its pipe otherwise
	}
	if c.profile != "" {
		_ = os.RemoveAll(c.profile) // in the directory for what is temporary
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	browser.stop()
	os.Exit(code)
}

func newTab(t *testing.T) tab {
	t.Helper()
	path := need.Program(t, "chromium", "that the pages work in a browser")
	all, err := browser.start(path)
	if err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	ctx, _ := chromedp.NewContext(all, chromedp.WithNewBrowserContext())
	b := tab{t, ctx}
	t.Cleanup(func() {
		ctx, give := context.WithTimeout(ctx, 20*time.Second)
		defer give()
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close the tab: %v", err)
		}
	})
	b.watch()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { // as if it were in front
		_, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
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
		b.Fatalf("open a tab: %v", err)
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
				if !wanted(s.name) {
					continue
				}
				language := "en"
				if scheme == "dark" {
					language = i18n.Languages()[i%len(i18n.Languages())].Tag
				}
				b.open(server.URL + "/gallery/" + s.name + "?language=" + language)
				b.picture(fmt.Sprintf("%s-%s-%d", s.name, scheme, width))
				if eval[bool](b, `document.querySelector("main details") !== null`) {
					b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("main details").forEach(d => { d.open = !d.hasAttribute("data-menu") || d === document.querySelector("main [data-menu]") })`))
					b.picture(fmt.Sprintf("%s-%s-%d-open", s.name, scheme, width))
				}
			}
		}
	}
}

func (b tab) picture(name string) {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`, chromedp.EvalAwaitPromise)) // it has its height
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o600); err != nil {
		b.Fatal(err)
	}
}
