package main

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"ksync/internal/transfer"
)

// bar shows progress on a terminal, and nothing anywhere else.
type bar struct {
	env   *environment
	width int // 0 shows nothing
	last  time.Time
}

func newBar(env *environment, wanted bool) *bar {
	b := &bar{env: env}
	file, ok := env.err.(*os.File)
	if !wanted || !ok || !term.IsTerminal(int(file.Fd())) {
		return b
	}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		b.width = width
	}
	return b
}

// show draws at most ten times a second.
func (b *bar) show(p transfer.Progress) {
	if now := b.env.now(); b.width > 0 && now.Sub(b.last) >= 100*time.Millisecond {
		b.last = now
		fmt.Fprint(b.env.err, "\r", b.line(p), "\x1b[K")
	}
}

// clear leaves the line as it was.
func (b *bar) clear() {
	if !b.last.IsZero() {
		fmt.Fprint(b.env.err, "\r\x1b[K")
	}
}

// line fits into the terminal; a wrapped one could not be drawn over.
func (b *bar) line(p transfer.Progress) string {
	const cells = 24
	text := fmt.Sprintf("%d items  %s", p.Items, printable(p.Current))
	if p.Total > 0 {
		done := min(p.Done, p.Total)
		full := int(cells * done / p.Total)
		text = fmt.Sprintf("[%s%s] %3d%%  %s", strings.Repeat("#", full), strings.Repeat(" ", cells-full), 100*done/p.Total, text)
	}
	for utf8.RuneCountInString(text) >= b.width {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
