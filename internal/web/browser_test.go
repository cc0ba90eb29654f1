package web

import (
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"ksync/internal/i18n"
)

// screenshots takes a picture of every page: go test ./internal/web -run TestGallery_Fits -screenshots DIR.
var screenshots = flag.String("screenshots", "", "directory for pictures of every page, light and dark, 320 and 1280 pixels wide")

// browser starts a headless Chromium with nothing in it.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("the browser is left out of short tests")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium in the path: the pages are not tried in a browser")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(time.Minute),
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	ctx, expire := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(expire)
	watch(t, ctx)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// watch fails the test for what the browser complains about: broken scripts,
// and what the policy of content refused.
func watch(t *testing.T, ctx context.Context) {
	t.Helper()
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") {
				t.Errorf("browser: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			t.Errorf("script: %s", e.ExceptionDetails.Error())
		}
	})
}

func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// look is how the browser shows pages.
func look(width int64, scheme string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if err := emulation.SetDeviceMetricsOverride(width, 800, 1, false).Do(ctx); err != nil {
			return err
		}
		return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}).Do(ctx)
	})
}

// Nothing sticks out at 320 pixels, in no language. WCAG 2.2 1.4.10.
func TestGallery_FitsInto320Pixels(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	run(t, ctx, look(320, "light"))
	for _, s := range samples() {
		for _, l := range i18n.Languages() {
			var wide int
			var which string
			run(t, ctx, chromedp.Navigate(server.URL+"/gallery/"+s.name+"?language="+l.Tag),
				chromedp.Evaluate(`document.scrollingElement.scrollWidth`, &wide),
				chromedp.Evaluate(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 321 && !e.closest(".unseen, .skip, details:not([open])")).map(e => e.tagName + "." + e.className).join(" ")`, &which))
			if wide > 320 || which != "" {
				t.Errorf("%s %s is %d pixels wide: %s", s.name, l.Tag, wide, which)
			}
		}
	}
}

func TestGallery_Pictures(t *testing.T) {
	if *screenshots == "" {
		t.Skip("pictures are taken with -screenshots DIR")
	}
	ctx := browser(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	for _, width := range []int64{320, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			run(t, ctx, look(width, scheme))
			for i, s := range samples() {
				language := i18n.Languages()[i%len(i18n.Languages())].Tag
				if scheme == "light" {
					language = "en"
				}
				var picture []byte
				run(t, ctx, chromedp.Navigate(server.URL+"/gallery/"+s.name+"?language="+language), chromedp.FullScreenshot(&picture, 100))
				name := filepath.Join(*screenshots, s.name+"-"+scheme+"-"+map[int64]string{320: "320", 1280: "1280"}[width]+".png")
				if err := os.WriteFile(name, picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

