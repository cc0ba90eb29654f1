package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/store"
)

// problemType is one row of the table of what can go wrong. Its ID is the
// stable part of the type URI, which leads to its place on the reference page.
type problemType struct {
	ID     string
	Status int
	Title  string
	Detail string // what to do
}

// problemTypes are all there are.
func problemTypes() []problemType {
	return []problemType{
		{"signed-out", 401, "Not signed in", "Sign in on the pages; the API takes their session cookie."},
		{"no-credentials-here", 401, "Credentials are not taken here", "App passwords and access tokens are for syncing. Sign in on the pages; the API takes their session cookie."},
		{"no-token", 401, "No access token", "Send the access token of the app's sign-in as a bearer token."},
		{"token-refused", 401, "The access token is not good", "It is unknown, used up or expired: sign in once more."},
		{"https-only", 403, "Only by https", "Ask by https. Behind a proxy that has it, name the proxy in the server's trusted-proxies setting."},
		{"cross-origin", 403, "Asked for by another site", "Send requests that change something from the pages of this server, or from a program that is no browser."},
		{"step-up-required", 403, "Prove once more who you are", "Send POST /api/v1/step-up with the password (and a code), then try again within ten minutes."},
		{"new-password-required", 403, "A new password is needed first", "Choose a new password with PUT /api/v1/account/password."},
		{"proof-refused", 403, "Password or code is wrong", "Check both and try again. After several wrong ones it takes longer each time."},
		{"read-only-book", 403, "The address book is not written to", "Nothing was written. It is a copy of what is elsewhere: merge cards of other address books."},
		{"not-found", 404, "Not there", "It may have been removed. List what there is and take an id from there."},
		{"no-such-method", 405, "Nothing to do with that method", "The reference at /api/ lists the methods of each address."},
		{"not-acceptable", 406, "No such form", "Ask for application/json."},
		{"taken", 409, "Taken already", "Choose another one."},
		{"cards-gone", 409, "A card is no longer there", "Nothing was written; cards names them. List the groups and begin again."},
		{"job-running", 409, "A merge of all sure groups is running", "Wait until it is done."},
		{"undone", 409, "Undone already", "List the merges for what can be undone."},
		{"too-many-cards", 409, "More contacts than can be compared", "Remove contacts that are no longer needed."},
		{"limit-reached", 409, "As many as are allowed", "Remove one that is no longer needed."},
		{"no-address", 409, "The server does not know its address", "Whoever runs the server has to give its url setting."},
		{"no-passkeys", 409, "Passkeys are not possible here", "They need a public address with a name: the server's url setting."},
		{"expired", 410, "Used up or expired", "Begin again."},
		{"cards-changed", 412, "A card has changed since", "Nothing was written. Cards has all of them as they are now, the reference first: look again, then send their etags."},
		{"result-too-large", 413, "The merged card would be too large", "Nothing was written. Drop what property names: it has most of the bytes."},
		{"too-large", 413, "Too much was sent", "Send less: 64 KiB at most."},
		{"unknown-media-type", 415, "Unknown form of what was sent", "Send application/json."},
		{"malformed", 400, "What was sent cannot be read", "Send well-formed JSON and parameters as the reference at /api/ has them."},
		{"invalid-input", 422, "Some of what was sent does not fit", "Correct what errors names."},
		{"no-such-merge", 422, "These cannot be merged like that", "Name two to forty different cards with 2,000 lines in all at most, which at most 2,000 others refer to, and choose among their values: a preview lists them."},
		{"not-a-contact", 422, "A card is not a contact", "Groups, and cards that cannot be read, are never merged or hidden: leave them out."},
		{"key-used", 422, "The key was used for another request", "Make a new Idempotency-Key for every request of its own."},
		{"unusable-text", 422, "A name or an address cannot be used", "Send a text that is not empty, not longer than the reference says, and can be printed."},
		{"wrong-code", 422, "Wrong code", "Send the code that the app shows now; the clock of the device must be right."},
		{"passkey-refused", 422, "The passkey was not accepted", "Begin again, with a passkey of this account."},
		{"not-offered", 422, "That cannot be synced here", "Choose among what GET /api/v1/devices offers, and a platform of the reference."},
		{"app-password-refused", 422, "The app password cannot be used", "reason says why. Make a new one, or take another."},
		{"mail-refused", 422, "The mail server refused the password", "Check the password of the mailbox."},
		{"weak-password", 422, "The password is too easy to guess", "Choose a longer one that is no common password; reason says what is wrong with this one."},
		{"too-many-tries", 429, "Too many tries", "Wait as long as Retry-After says."},
		{"mail-unreachable", 502, "The mail server does not answer", "Try again later."},
		{"busy", 503, "The database is busy", "Nothing was written. Try again as soon as Retry-After says."},
		{"full", 507, "No room left", "Nothing was written. Remove what is no longer needed, or ask for more room."},
		{"fault", 500, "Something broke here", "Try again later. The id in request helps whoever runs the server to find out why."},
	}
}

func problemTypeOf(id string) problemType {
	for _, t := range problemTypes() {
		if t.ID == id {
			return t
		}
	}
	panic("api: no problem type " + id) // a slip of the pen, which every test of it finds
}

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Type     string         `json:"type" doc:"What kind of problem it is: stable, and listed on the reference page." example:"/api/#problem-step-up-required"`
	Title    string         `json:"title" doc:"The kind in a few words."`
	Status   int            `json:"status" doc:"The HTTP status."`
	Detail   string         `json:"detail,omitempty" doc:"What to do about it."`
	Request  string         `json:"request,omitempty" doc:"Id under which the request is logged."`
	Reason   string         `json:"reason,omitempty" doc:"Why a password was not taken: too-short, too-long, unreadable, too-common, too-simple, too-close or unchanged; why an app password was not: as verify-app-password says it."`
	Shortest int            `json:"shortest,omitempty" doc:"Characters that a password needs at least, when it was too short."`
	Errors   []ProblemError `json:"errors,omitempty" doc:"What does not fit, and where."`
	Cards    []Card         `json:"cards,omitempty" doc:"cards-changed: all cards of the request as they are now, the reference first; cards-gone: those that are no longer there; no-such-merge: the longest one, when all have too many lines."`
	Book     int64          `json:"book,omitempty" doc:"read-only-book: which one."`
	Size     int64          `json:"size,omitempty" doc:"result-too-large: bytes of the merged card."`
	Limit    int64          `json:"limit,omitempty" doc:"result-too-large: bytes that are allowed."`
	Property string         `json:"property,omitempty" doc:"result-too-large: its largest property, like PHOTO."`
	Bytes    int64          `json:"bytes,omitempty" doc:"result-too-large: bytes of that property."`

	retryAfter time.Duration
}

// ProblemError is one thing that does not fit.
type ProblemError struct {
	Location string `json:"location,omitempty" doc:"Place, like body.name."`
	Message  string `json:"message" doc:"What is expected there."`
}

// Error is the title.
func (p *Problem) Error() string { return p.Title }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is for huma. RFC 9457 §3.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is for huma.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	switch {
	case p.retryAfter > 0:
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	case p.Status == http.StatusServiceUnavailable:
		h.Set("Retry-After", "30") // as on the pages
	}
	if strings.HasSuffix(p.Type, "-no-token") || strings.HasSuffix(p.Type, "-token-refused") {
		h.Set("WWW-Authenticate", `Bearer realm="ksyncd"`) // RFC 6750 §3
	} else if p.Status == http.StatusUnauthorized {
		// RFC 9110 §11.6.1 wants a challenge. No browser knows this one: none may ask for a password here.
		h.Set("WWW-Authenticate", `Cookie realm="ksyncd"`)
	}
	return h
}

func newProblem(id string) *Problem {
	t := problemTypeOf(id)
	return &Problem{Type: root + "/#problem-" + t.ID, Title: t.Title, Status: t.Status, Detail: t.Detail}
}

var _ huma.StatusError = (*Problem)(nil)

// invalid is an error that types alone do not find.
func invalid(location, message string) error {
	p := newProblem("invalid-input")
	p.Errors = []ProblemError{{location, message}}
	return p
}

// write is for answers outside of huma.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client went away: nobody to tell
}

func (s *server) refuse(id string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := newProblem(id)
		p.Request = s.Name(r.Context())
		p.write(w)
	}
}

// meaning is which problem an error is.
type meaning struct {
	err     error
	problem string
}

// meanings are all there are. Of several that fit the first counts.
func meanings() []meaning {
	return slices.Concat([]meaning{
		{account.ErrDenied, "signed-out"}, {errProof, "proof-refused"}, {account.ErrStepUp, "step-up-required"}, {account.ErrNewPassword, "new-password-required"},
		{account.ErrLink, "expired"}, {account.ErrCode, "wrong-code"}, {account.ErrNoPasskeys, "no-passkeys"}, {account.ErrPasskey, "passkey-refused"},
		{account.ErrText, "unusable-text"}, {account.ErrLogin, "unusable-text"}, {errCursor, "malformed"},
	}, errorsOfDevices(), errorsOfDuplicates(), []meaning{
		{store.ErrNotFound, "not-found"}, {store.ErrExists, "taken"}, {store.ErrLimit, "limit-reached"}, {store.ErrQuota, "full"}, {store.ErrBusy, "busy"}, {store.ErrRestless, "busy"},
	})
}

// tokenProblem is problem for apps: what is denied is their token.
func (s *server) tokenProblem(ctx context.Context, err error) *Problem {
	if errors.Is(err, account.ErrDenied) {
		err = newProblem("token-refused")
	}
	return s.problem(ctx, err)
}

// problem says an error to a caller. What is no fault of theirs is logged and
// not told.
func (s *server) problem(ctx context.Context, err error) *Problem {
	p := s.problemType(ctx, err)
	p.Request = s.Name(ctx)
	return p
}

func (s *server) problemType(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if throttled, ok := errors.AsType[*account.Throttled](err); ok {
		p := newProblem("too-many-tries")
		p.retryAfter = throttled.RetryAfter
		return p
	}
	if weak, ok := errors.AsType[*account.WeakPassword](err); ok {
		p := newProblem("weak-password")
		p.Reason, p.Shortest = string(weak.Reason), weak.Min
		return p
	}
	if verdict, ok := errors.AsType[*assistant.VerdictError](err); ok {
		p := newProblem("app-password-refused")
		p.Reason = string(verdict.Verdict)
		return p
	}
	if p := duplicateProblem(err); p != nil {
		return p
	}
	for _, m := range meanings() {
		if errors.Is(err, m.err) {
			return newProblem(m.problem)
		}
	}
	if ctx.Err() == nil { // else the client went away
		s.Logger.ErrorContext(ctx, "api", "err", err)
	}
	return newProblem("fault")
}

// ours makes a problem of our kind of what huma found. It drops the values that
// huma repeats: they may be passwords.
func ours(_ huma.Context, _ string, v any) (any, error) {
	found, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	ids := map[int]string{
		http.StatusUnprocessableEntity: "invalid-input", http.StatusRequestEntityTooLarge: "too-large",
		http.StatusUnsupportedMediaType: "unknown-media-type", http.StatusNotAcceptable: "not-acceptable", http.StatusInternalServerError: "fault",
	}
	id := ids[found.Status]
	if id == "" {
		id = "malformed"
	}
	p := newProblem(id)
	p.Status = found.Status
	if id != "invalid-input" {
		return p, nil
	}
	for _, e := range found.Errors {
		p.Errors = append(p.Errors, ProblemError{Location: e.Location, Message: e.Message})
	}
	return p, nil
}
