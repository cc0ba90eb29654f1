package store

import "errors"

// What a caller can act on. Every other error is a fault of the database or
// the disk: it says nothing about what is stored, and must never be turned
// into "not there" or into a shorter list.
var (
	// ErrNotFound: no such thing in this account, or it was deleted.
	ErrNotFound = errors.New("not found")
	// ErrExists: the name is taken.
	ErrExists = errors.New("already exists")
	// ErrPrecondition: a [Precondition] did not hold when the write took its turn.
	ErrPrecondition = errors.New("precondition failed")
	// ErrQuota: the account's collections would exceed its quota.
	ErrQuota = errors.New("quota exceeded")
	// ErrLimit: a bound on the number of things (see [Limits]) is reached.
	ErrLimit = errors.New("too many")
	// ErrInvalid: a name that no database keeps as it is: empty, not UTF-8, with NUL, or too long.
	ErrInvalid = errors.New("invalid name")
)

// Conditions of the database as a whole; the same request may succeed later.
var (
	// ErrBusy: another process held the database for longer than [Options.BusyTimeout].
	ErrBusy = errors.New("database is busy")
	// ErrFull: the disk is full. Nothing of the write was kept.
	ErrFull = errors.New("disk is full")
	// ErrRestless: a collection changes faster than it can be listed.
	ErrRestless = errors.New("changes faster than it can be listed")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrNewerSchema: a later release has migrated the database; this one must not touch it.
	ErrNewerSchema = errors.New("database was written by a newer release")
)

// UIDConflict reports that another object of the collection has the UID.
// RFC 4791 §5.3.2.1 and RFC 6352 §6.3.2.1: no-uid-conflict, with the href of that object.
type UIDConflict struct {
	URI string // the object that has it
}

// Error says what is wrong without the name of the other object, which is the caller's to tell.
func (e *UIDConflict) Error() string { return "UID is in use by another object of the collection" }
