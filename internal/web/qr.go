package web

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// picture is a QR code as one path of an SVG.
type picture struct {
	Side int    // modules, with the quiet zone
	Path string // the dark ones
}

// quiet is the border that scanners need. ISO/IEC 18004 §5.3.8: four modules.
const quiet = 4

// qrCode draws a text.
func qrCode(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return picture{}, fmt.Errorf("qr code: %w", err)
	}
	size := code.Bounds()
	var path strings.Builder
	for y := range size.Dy() {
		for x := 0; x < size.Dx(); x++ {
			if n := run(code, x, y); n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, n, n)
				x += n
			}
		}
	}
	return picture{Side: size.Dx() + 2*quiet, Path: path.String()}, nil
}

// run is how many dark modules follow each other.
func run(code image.Image, x, y int) (n int) {
	for x+n < code.Bounds().Dx() && code.At(x+n, y) == color.Black {
		n++
	}
	return n
}

// grouped parts a secret for those who type it.
func grouped(secret string) string {
	const group = 4
	var parts []string
	for ; len(secret) > group; secret = secret[group:] {
		parts = append(parts, secret[:group])
	}
	return strings.Join(append(parts, secret), " ")
}
