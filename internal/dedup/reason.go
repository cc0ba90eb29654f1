package dedup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Verdict is what the comparison of one field says.
type Verdict uint8

// The verdicts.
const (
	Same    Verdict = iota + 1
	Similar         // another notation, a short form, a slip
	Differs
)

// String is the verdict's name in APIs.
func (v Verdict) String() string { return [...]string{"", "same", "similar", "differs"}[v] }

// Reason is what one field adds to a score. Field is one of name, phone, mail, url, photo, uid, birthday, address,
// employer, generation, kind, copy. A and B are what the cards say, in comparable form.
type Reason struct {
	Field   string
	Verdict Verdict
	Bits    float64 // positive: for one person, negative: against
	A, B    string
}

// String is for logs and people at a terminal.
func (r Reason) String() string {
	if r.A == r.B {
		return fmt.Sprintf("%s %s %s (%+.1f)", r.Field, r.Verdict, r.A, r.Bits)
	}
	return fmt.Sprintf("%s %s %s / %s (%+.1f)", r.Field, r.Verdict, r.A, r.B, r.Bits)
}

func sortReasons(rs []Reason) {
	slices.SortStableFunc(rs, func(a, b Reason) int { return cmp.Compare(max(b.Bits, -b.Bits), max(a.Bits, -a.Bits)) })
}

func (n *name) text() string {
	var b strings.Builder
	for i, w := range n.words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.key)
	}
	return b.String()
}

func (d date) text() string {
	if d.year == 0 {
		return fmt.Sprintf("--%02d-%02d", d.month, d.day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}

func (a address) text() string {
	return strings.TrimSpace(strings.Join(a.street, " ") + " " + a.number + ", " + a.code + " " + a.city)
}
