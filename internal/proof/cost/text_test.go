//go:build unix

package cost_test

import (
	"fmt"
	"strings"
)

// input is one text that a client can send.
type input struct {
	name string
	text string
}

// fill repeats what line makes until the text is as long as an input is to be.
func fill(line func(i int) string) string {
	var b strings.Builder
	b.Grow(size)
	for i := 0; ; i++ {
		l := line(i)
		if b.Len()+len(l) > size {
			return b.String()
		}
		b.WriteString(l)
	}
}

func repeated(s string) string { return strings.Repeat(s, size/len(s)) }

// numbers lists from to to, as BYxxx has them.
func numbers(from, to int) string {
	list := make([]string, 0, to-from+1)
	for n := from; n <= to; n++ {
		if n != 0 || from == 0 {
			list = append(list, fmt.Sprint(n))
		}
	}
	return strings.Join(list, ",")
}

// params are as many as a line may have, each with the text that unit gives.
func params(n int, unit func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(unit(i))
	}
	return b.String()
}

// shared are lines that are as hard for calendars as for cards.
func shared() []input {
	return []input{
		{"one line", "NOTE:" + repeated("x") + "\r\n"},
		{"folds of nothing", "NOTE:x" + repeated("\r\n ") + "\r\n"},
		{"folds of one byte", "NOTE:x" + repeated("\n a") + "\n"},
		{"blank lines", repeated("\n")},
		{"blank lines in CR", repeated("\r")},
		{"lines without a colon", repeated("x\n")},
		{"short properties", repeated("A:\n")},
		{"short properties with a parameter", repeated("A;B:\n")},
		{"group prefixes", fill(func(i int) string { return fmt.Sprintf("g%d.NOTE:x\r\n", i) })},
		{"one group", repeated("g.NOTE:x\r\n")},
		{"dots for a name", repeated(".") + ":x\r\n"},
		{"one parameter of a mebibyte", "NOTE;A=" + repeated("x") + ":x\r\n"},
		{"a million parameters", "NOTE" + repeated(";A") + ":x\r\n"},
		{"1,023 parameters a line, one name", repeated("NOTE" + strings.Repeat(";A", 1023) + ":x\r\n")},
		{"1,023 parameters a line, many names", repeated("NOTE" + params(1023, func(i int) string { return fmt.Sprintf(";A%d", i) }) + ":x\r\n")},
		{"500 parameters with a value", repeated("NOTE" + params(500, func(i int) string { return fmt.Sprintf(";A%d=b", i) }) + ":x\r\n")},
		{"500 TYPEs a line", repeated("TEL" + params(500, func(i int) string { return fmt.Sprintf(";TYPE=t%d", i) }) + ":x\r\n")},
		{"one TYPE of 1,000 values", repeated("TEL;TYPE=" + strings.Trim(params(1000, func(i int) string { return fmt.Sprintf(",t%d", i) }), ",") + ":x\r\n")},
		{"quotes in parameters", "NOTE;A=" + repeated(`"`) + ":x\r\n"},
		{"quotes in pairs", "NOTE;A=" + repeated(`"";`) + ":x\r\n"},
		{"short lines of open quotes", repeated(`A;B=":` + "\n")},
		{"quotes for a value", "NOTE:" + repeated(`"`) + "\r\n"},
		{"carets", `NOTE;A="` + repeated("^n^^^'") + `":x` + "\r\n"},
		{"escapes", "NOTE:" + repeated(`\n`) + "\r\n"},
		{"backslashes", "NOTE:" + repeated(`\`) + "\r\n"},
		{"colons", "NOTE:" + repeated(`:`) + "\r\n"},
		{"semicolons", "NOTE:" + repeated(";") + "\r\n"},
		{"commas", "CATEGORIES:" + repeated(",") + "\r\n"},
		{"no UTF-8", "NOTE:" + repeated("\xff") + "\r\n"},
		{"lines of no UTF-8", repeated("A:\xff\r\n")},
		{"characters that are titled and decomposed", "NOTE:" + repeated("\ufdfa") + "\r\n"},
		{"lines of such characters", repeated("NOTE:" + strings.Repeat("\ufdfa", 30) + "\r\n")},
		{"a parameter of such characters", "NOTE;A=" + repeated("\ufdfa") + ":x\r\n"},
		{"500 parameters of such characters", repeated("NOTE" + strings.Repeat(";A=\ufdfa", 500) + ":x\r\n")},
		{"combining marks", "NOTE:a" + repeated("\u0301") + "\r\n"},
		{"control characters", "NOTE:" + repeated("\x01") + "\r\n"},
		{"quoted-printable", "NOTE;ENCODING=QUOTED-PRINTABLE:" + repeated("=0A") + "\r\n"},
		{"soft line breaks", "NOTE;ENCODING=QUOTED-PRINTABLE:" + repeated("=\r\n") + "x\r\n"},
		{"soft line breaks that dangle", repeated("A;QUOTED-PRINTABLE:=\n\n")},
		{"quoted-printable in many charsets", fill(func(i int) string {
			return fmt.Sprintf("A;QUOTED-PRINTABLE;CHARSET=%s:=e4\n", []string{"gb18030", "iso-2022-jp", "utf-7", "koi8-r", "big5"}[i%5])
		})},
		{"one charset of many bytes", "NOTE;QUOTED-PRINTABLE;CHARSET=gb18030:" + repeated("=e4=b8") + "\r\n"},
		{"BEGIN without END", repeated("BEGIN:X\n")},
		{"components inside", repeated("BEGIN:X\nEND:X\n")},
		{"components inside each other", repeated(strings.Repeat("BEGIN:X\n", 6) + strings.Repeat("END:X\n", 6))},
		{"VALUE of every type", fill(func(i int) string {
			types := []string{"INTEGER", "FLOAT", "DATE", "DATE-TIME", "DURATION", "PERIOD", "RECUR", "BOOLEAN", "UTC-OFFSET", "BINARY", "URI", "X"}
			return "X;VALUE=" + types[i%len(types)] + ":1;2,3\r\n"
		})},
		{"base64 where none is said", "PHOTO:" + repeated("QUJD") + "\r\n"},
		{"media of base64", "PHOTO;ENCODING=b:" + repeated("QUJD") + "\r\n"},
		{"numbers of too many digits", "GEO:" + repeated("1") + "\r\n"},
		{"a number with points", "GEO:" + repeated("1.") + ";1\r\n"},
	}
}
