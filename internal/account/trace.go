package account

import "context"

// Trace tells whoever made a request's context who the request turned out to
// come from: the log, which sees the request before and after it is signed in.
type Trace struct {
	Account     int64 // 0: nobody was signed in
	AppPassword int64
}

type traceKey struct{}

// WithTrace returns a context in which [Gate.SignIn] fills t. The goroutine
// that handles the request writes t and must have returned before it is read.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf returns what WithTrace put into the context, or nil.
func TraceOf(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

func trace(ctx context.Context, id Identity) {
	if t := TraceOf(ctx); t != nil {
		t.Account, t.AppPassword = id.Account.ID, id.AppPassword.ID
	}
}
