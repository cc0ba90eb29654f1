package main

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A User-Agent or a name is one cell, whatever is in it.
func TestTable_StrangersSteerNothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	list := newTable(&out, "ID", "WITH", "FROM")
	list.row(1, "a\tb\nc\x1b[31m\u009b2J\u202e", "x")
	if err := list.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "ID  WITH            FROM\n1   a\ufffdb\ufffdc\ufffd[31m\ufffd2J\ufffd  x\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
