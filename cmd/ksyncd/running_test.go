package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

// What was opened last ends first, each once, whatever the others say, and work
// of its own is over before what it works on ends.
func TestClosing_EndsInTheOppositeOrder(t *testing.T) {
	t.Parallel()
	var c closing
	var order []string
	end := func(what string, err error) func() error {
		return func() error { order = append(order, what); return err }
	}
	c.later(end("store", errors.New("disk")))
	c.beside(t.Context(), func(ctx context.Context) { <-ctx.Done(); order = append(order, "work") })
	c.later(end("door", errors.New("lock")))
	err := c.close()
	if got := strings.Join(order, " "); got != "door work store" {
		t.Errorf("ended: %s", got)
	}
	if err == nil || err.Error() != "lock\ndisk" {
		t.Errorf("got %v", err)
	}
}

func TestCloseAll_ClosedAlready(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := closeAll([]net.Listener{l}); err != nil {
			t.Error(err)
		}
	}
}
