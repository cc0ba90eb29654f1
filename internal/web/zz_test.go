package web

import (
	"fmt"
	"github.com/chromedp/chromedp"
	"ksync/internal/i18n"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	dir := os.Getenv("SHOTS")
	*screenshots = dir
	b := newTab(t)
	server := httptest.NewServer(gallery(t))
	t.Cleanup(server.Close)
	for _, w := range []int64{320, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(w, scheme)
			for i, s := range samples(t) {
				if !strings.HasPrefix(s.name, "duplicates") && s.name != "home" {
					continue
				}
				l := "en"
				if scheme == "dark" {
					l = i18n.Languages()[i%5].Tag
				}
				b.open(server.URL + "/gallery/" + s.name + "?language=" + l)
				if s.name == "home" {
					b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("main [data-menu]").open=true`))
				}
				b.picture(fmt.Sprintf("%s-%s-%d", s.name, scheme, w))
			}
		}
	}
}
