package dav

import "context"

// Note tells whoever made a request's context what the engine made of it: the
// log and the metrics, which see the request from outside.
type Note struct {
	Report  string // local name of the report that was answered; "" for other methods, "other" for one that is not offered
	Sync    bool   // a sync-collection was answered,
	Members int    // and told of so many changes
}

type noteKey struct{}

// WithNote returns a context in which the engine fills n. The goroutine that
// handles the request writes n and must have returned before it is read.
func WithNote(ctx context.Context, n *Note) context.Context {
	return context.WithValue(ctx, noteKey{}, n)
}

// note is where a request is told of; never nil.
func (q *request) note() *Note {
	if n, ok := q.ctx.Value(noteKey{}).(*Note); ok {
		return n
	}
	return &Note{}
}
