package web

import (
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"testing"

	"github.com/boombuler/barcode/qr"
	"pgregory.net/rapid"
)

// The path paints exactly the dark modules of the code.
func TestQRCode_PathIsTheCode(t *testing.T) {
	t.Parallel()
	runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)
	rapid.Check(t, func(t *rapid.T) {
		text := "otpauth://totp/" + rapid.StringMatching(`[a-zA-Z0-9@.:?=&%]{0,200}`).Draw(t, "text")
		got, err := qrCode(text)
		if err != nil {
			t.Fatal(err)
		}
		code, err := qr.Encode(text, qr.M, qr.Auto)
		if err != nil {
			t.Fatal(err)
		}
		dark, rest := map[string]bool{}, runs.ReplaceAllString(got.Path, "")
		for _, m := range runs.FindAllStringSubmatch(got.Path, -1) {
			x, _ := strconv.Atoi(m[1])
			n, _ := strconv.Atoi(m[3])
			for i := range n {
				dark[fmt.Sprint(x+i, " ", m[2])] = true
			}
			if m[3] != m[4] {
				t.Fatalf("a run does not close: %s", m[0])
			}
		}
		if rest != "" || got.Side != code.Bounds().Dx()+2*quiet {
			t.Fatalf("side %d, rest %q", got.Side, rest)
		}
		for y := range code.Bounds().Dy() {
			for x := range code.Bounds().Dx() {
				if want := code.At(x, y) == color.Black; dark[fmt.Sprint(x+quiet, " ", y+quiet)] != want {
					t.Fatalf("module %d %d: dark is %v", x, y, !want)
				}
			}
		}
	})
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "abcd": "abcd", "abcde": "abcd e", "abcdefgh": "abcd efgh"} {
		if got := grouped(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
