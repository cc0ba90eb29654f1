package dav

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"ksync/internal/davxml"
	"ksync/store"
)

// What the store says is told in the words of the RFCs; what is a fault of the
// server is no condition.
func TestConditions_OfTheStore(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	for name, tt := range map[string]struct {
		err  error
		want davxml.Condition
	}{
		"quota":             {store.ErrQuota, davxml.QuotaNotExceeded},   // RFC 4331 §6
		"disk":              {store.ErrFull, davxml.SufficientDiskSpace}, // RFC 4331 §6
		"a bound":           {store.ErrLimit, davxml.InsufficientRoom},   // RFC 4918 §11.5
		"condition":         {store.ErrPrecondition, davxml.PreconditionFail},
		"not there":         {store.ErrNotFound, davxml.NotFound},
		"there":             {store.ErrExists, davxml.MustBeEmptyOrNew}, // RFC 4791 §5.3.1
		"no name":           {store.ErrInvalid, davxml.Forbidden},
		"the client left":   {context.Canceled, davxml.Condition{}},
		"the database fell": {errors.New("disk I/O error"), davxml.Condition{}},
	} {
		got := e.condition(fmt.Errorf("put: %w", tt.err))
		if got == nil && tt.want != (davxml.Condition{}) || got != nil && got.Cond != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
