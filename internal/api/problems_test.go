package api

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"ksync/internal/account"
	"ksync/store"
)

func TestProblem_WhatPassesIsToBeTriedAgain(t *testing.T) {
	t.Parallel()
	s := &server{Options: Options{}.withDefaults()}
	for name, tt := range map[string]struct {
		err    error
		status int
		again  string
	}{
		"a busy database":       {fmt.Errorf("set profile: %w", store.ErrBusy), 503, "30"},
		"a restless book":       {fmt.Errorf("rekey: %w", store.ErrRestless), 503, "30"},
		"too many tries":        {&account.Throttled{RetryAfter: 1500e6}, 429, "2"},
		"a fault":               {errors.New("disk on fire"), 500, ""},
		"of two the more exact": {errors.Join(store.ErrExists, account.ErrLink), 410, ""},
	} {
		for range 20 { // the answer is always the same
			p := s.problem(context.Background(), tt.err)
			if got := p.GetHeaders().Get("Retry-After"); p.Status != tt.status || got != tt.again {
				t.Fatalf("%s: %d, Retry-After %q; want %d, %q", name, p.Status, got, tt.status, tt.again)
			}
		}
	}
}
