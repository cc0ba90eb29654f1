package web

import (
	"errors"
	"fmt"
	"testing"

	"ksync/store"
)

func TestTrouble_WhatPassesIsToBeTriedAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want trouble
	}{
		"another program holds the database": {store.ErrBusy, trouble{503, "busy"}},
		"others write faster than it lists":  {store.ErrRestless, trouble{503, "busy"}},
		"the disk":                           {errors.New("I/O error"), trouble{500, "fault"}},
	} {
		if got := troubleOf(fmt.Errorf("read: %w", tt.err)); got != tt.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
