package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"ksync/internal/transfer"
)

func TestBar_FitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		width int
		p     transfer.Progress
		want  string
	}{
		{"half", 80, transfer.Progress{Done: 5, Total: 10, Items: 3, Current: "a.vcf"}, "[############            ]  50%  3 items  a.vcf"},
		{"more than promised", 80, transfer.Progress{Done: 20, Total: 10}, "[########################] 100%  0 items  "},
		{"unknown end", 80, transfer.Progress{Items: 7, Current: "b"}, "7 items  b"},
		{"narrow", 12, transfer.Progress{Items: 7, Current: "üüüüüüüüüü"}, "7 items  üü"},
		{"a name that steers terminals", 80, transfer.Progress{Items: 1, Current: "a\x1b[2J\nb"}, "1 items  a\uFFFD[2J\uFFFDb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := (&bar{width: tt.width}).line(tt.p)
			if got != tt.want || utf8.RuneCountInString(got) >= tt.width {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ann \u00fc":             "Ann \u00fc",
		"\x1b]0;x\x07\u202eabc":  "\uFFFD]0;x\uFFFD\uFFFDabc",
		"\xff":                   "\uFFFD",
		strings.Repeat("x", 400): strings.Repeat("x", 300) + "\u2026",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
