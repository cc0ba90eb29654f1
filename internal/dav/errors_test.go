package dav

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ksync/internal/davxml"
	"ksync/internal/logtest"
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

// A list that others' changes have broken off is to be asked for again, and no fault of the server. Once its answer has
// begun it can only be cut short.
func TestFail_RestlessIsPutOff(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err   error
		begun bool
		fault bool
	}{
		"restless":                       {fmt.Errorf("list: %w", store.ErrRestless), false, false},
		"restless, the answer has begun": {fmt.Errorf("list: %w", store.ErrRestless), true, false},
		"a fault":                        {errors.New("disk I/O error"), false, true},
		"a fault, the answer has begun":  {errors.New("disk I/O error"), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logtest.Log
			e := New(Options{Logger: log.Logger(slog.LevelDebug)})
			rec := httptest.NewRecorder()
			defer func() {
				if broken := recover(); (broken == http.ErrAbortHandler) != tt.begun {
					t.Errorf("panicked with %v", broken)
				}
				if !tt.begun && (rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "") {
					t.Errorf("%d, %v", rec.Code, rec.Header())
				}
				if strings.Contains(log.String(), "level=ERROR") != tt.fault {
					t.Errorf("logged:\n%s", log.String())
				}
			}()
			if tt.begun {
				tt.err = abort(tt.err)
			}
			e.fail(rec, httptest.NewRequestWithContext(t.Context(), "REPORT", "/", nil), tt.err)
		})
	}
}
