package davxml

import (
	"errors"
	"net/http"
)

// Condition is a precondition or postcondition of an RFC: the element that a
// client finds inside DAV:error, and the status it comes with. A Condition
// without a name is a plain status.
type Condition struct {
	Name   Name
	Status int
}

// Plain statuses, for failures that no RFC gives an element.
var (
	BadRequest       = Condition{Status: http.StatusBadRequest}
	Unauthorized     = Condition{Status: http.StatusUnauthorized}
	Forbidden        = Condition{Status: http.StatusForbidden}
	NotFound         = Condition{Status: http.StatusNotFound}
	MethodNotAllowed = Condition{Status: http.StatusMethodNotAllowed}
	Conflict         = Condition{Status: http.StatusConflict}
	PreconditionFail = Condition{Status: http.StatusPreconditionFailed}
	TooLarge         = Condition{Status: http.StatusRequestEntityTooLarge}
	UnsupportedType  = Condition{Status: http.StatusUnsupportedMediaType}
	BadGateway       = Condition{Status: http.StatusBadGateway}
	InsufficientRoom = Condition{Status: http.StatusInsufficientStorage}
)

// Conditions with an element.
var (
	CannotModifyProtected = Condition{DAV("cannot-modify-protected-property"), http.StatusForbidden}          // RFC 4918 §16
	PropfindFiniteDepth   = Condition{DAV("propfind-finite-depth"), http.StatusForbidden}                     // RFC 4918 §9.1
	NeedPrivileges        = Condition{DAV("need-privileges"), http.StatusForbidden}                           // RFC 3744 §7.1.1
	SupportedReport       = Condition{DAV("supported-report"), http.StatusForbidden}                          // RFC 3253 §3.6
	MustBeEmptyOrNew      = Condition{DAV("resource-must-be-null"), http.StatusMethodNotAllowed}              // RFC 4791 §5.3.1.1
	ValidResourceType     = Condition{DAV("valid-resourcetype"), http.StatusForbidden}                        // RFC 5689 §3.3
	ValidSyncToken        = Condition{DAV("valid-sync-token"), http.StatusForbidden}                          // RFC 6578 §3.2
	SyncTraversal         = Condition{DAV("sync-traversal-supported"), http.StatusForbidden}                  // RFC 6578 §3.3
	WithinLimits          = Condition{DAV("number-of-matches-within-limits"), http.StatusForbidden}           // RFC 3744 §9.4, RFC 6578 §3.2
	Truncated             = Condition{DAV("number-of-matches-within-limits"), http.StatusInsufficientStorage} // RFC 6578 §3.6, RFC 6352 §8.6.2: within an answer
	QuotaNotExceeded      = Condition{DAV("quota-not-exceeded"), http.StatusInsufficientStorage}              // RFC 4331 §6
	SufficientDiskSpace   = Condition{DAV("sufficient-disk-space"), http.StatusInsufficientStorage}           // RFC 4331 §6
	CalendarLocation      = Condition{CalDAV("calendar-collection-location-ok"), http.StatusForbidden}        // RFC 4791 §5.3.1.1
	CalendarData          = Condition{CalDAV("valid-calendar-data"), http.StatusForbidden}                    // RFC 4791 §5.3.2.1
	CalendarObject        = Condition{CalDAV("valid-calendar-object-resource"), http.StatusForbidden}         // RFC 4791 §5.3.2.1
	CalendarComponent     = Condition{CalDAV("supported-calendar-component"), http.StatusForbidden}           // RFC 4791 §5.3.2.1
	CalendarDataType      = Condition{CalDAV("supported-calendar-data"), http.StatusForbidden}                // RFC 4791 §5.3.2.1
	CalendarUIDConflict   = Condition{CalDAV("no-uid-conflict"), http.StatusConflict}                         // RFC 4791 §5.3.2.1; has an href
	CalendarMaxSize       = Condition{CalDAV("max-resource-size"), http.StatusRequestEntityTooLarge}          // RFC 4791 §5.3.2.1
	CalendarFilter        = Condition{CalDAV("valid-filter"), http.StatusForbidden}                           // RFC 4791 §7.8
	CalendarCollation     = Condition{CalDAV("supported-collation"), http.StatusForbidden}                    // RFC 4791 §7.5.1
	CalendarMaxInstances  = Condition{CalDAV("max-instances"), http.StatusForbidden}                          // RFC 4791 §5.3.2.1
	CalendarZoneKnown     = Condition{CalDAV("valid-timezone"), http.StatusForbidden}                         // RFC 7809 §5.2, §6
	CalendarTimezone      = Condition{CalDAV("valid-calendar-data"), http.StatusForbidden}                    // RFC 4791 §5.2.2, §5.3.1.1
	AddressLocation       = Condition{CardDAV("addressbook-collection-location-ok"), http.StatusForbidden}    // RFC 6352 §5.2
	AddressData           = Condition{CardDAV("valid-address-data"), http.StatusForbidden}                    // RFC 6352 §6.3.2.1
	AddressDataType       = Condition{CardDAV("supported-address-data"), http.StatusForbidden}                // RFC 6352 §6.3.2.1, §8.6
	AddressUIDConflict    = Condition{CardDAV("no-uid-conflict"), http.StatusConflict}                        // RFC 6352 §6.3.2.1; has an href
	AddressMaxSize        = Condition{CardDAV("max-resource-size"), http.StatusRequestEntityTooLarge}         // RFC 6352 §6.3.2.1
	AddressFilter         = Condition{CardDAV("supported-filter"), http.StatusForbidden}                      // RFC 6352 §8.6
	AddressCollation      = Condition{CardDAV("supported-collation"), http.StatusForbidden}                   // RFC 6352 §8.3.1
)

// Error is a request that failed in a way its sender is told about.
type Error struct {
	Cond  Condition
	Hrefs []string // what the condition is about, where the RFC gives it DAV:href children
	Lacks Name     // of NeedPrivileges: the privilege that is not granted on them
	Err   error    // for the log only
}

// Error implements error.
func (e *Error) Error() string {
	s := http.StatusText(e.Cond.Status)
	if e.Cond.Name.Local != "" {
		s = e.Cond.Name.Local
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause that is kept for the log.
func (e *Error) Unwrap() error { return e.Err }

// With is the condition as an error, caused by err.
func (c Condition) With(err error) *Error { return &Error{Cond: c, Err: err} }

// Say is the condition as an error with a reason in words.
func (c Condition) Say(reason string) *Error { return c.With(errors.New(reason)) }

// At is the condition as an error about other resources.
func (c Condition) At(hrefs ...string) *Error { return &Error{Cond: c, Hrefs: hrefs} }

// Lack is NeedPrivileges as an error: a privilege that is not granted on a resource.
func Lack(privilege Name, href string) *Error {
	return &Error{Cond: NeedPrivileges, Hrefs: []string{href}, Lacks: privilege}
}

// body prints the DAV:error element; a plain status has none.
//
// Thunderbird takes an empty DAV:error for a rate limit (clients.md 5.1), so
// one is never written.
func (e *Error) body(w *Writer) {
	w.Open(DAV("error"))
	switch {
	case e.Cond == NeedPrivileges: // RFC 3744 §7.1.1: (resource)*, each an href and a privilege
		w.Open(e.Cond.Name)
		for _, href := range e.Hrefs {
			w.Open(DAV("resource"))
			w.Href(href)
			w.Open(DAV("privilege"))
			w.Empty(e.Lacks)
			w.Close(DAV("privilege"))
			w.Close(DAV("resource"))
		}
		w.Close(e.Cond.Name)
	case len(e.Hrefs) == 0:
		w.Empty(e.Cond.Name)
	default:
		w.Open(e.Cond.Name)
		for _, href := range e.Hrefs {
			w.Href(href)
		}
		w.Close(e.Cond.Name)
	}
	w.Close(DAV("error"))
}

// ContentType is that of every XML answer.
const ContentType = "application/xml; charset=utf-8"

// Write answers a request with the error: its element as XML, or a plain line.
func (e *Error) Write(rw http.ResponseWriter) error {
	h := rw.Header()
	if e.Cond.Name.Local == "" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		rw.WriteHeader(e.Cond.Status)
		_, err := rw.Write([]byte(http.StatusText(e.Cond.Status) + "\n"))
		return err
	}
	h.Set("Content-Type", ContentType)
	rw.WriteHeader(e.Cond.Status)
	w := NewWriter(rw)
	w.document(func() { e.body(w) })
	return w.Flush()
}
