package store

import "slices"

// Index is what the caller read out of an object's bytes, for finding it.
type Index struct {
	UID         string // "" when it has none; else unique in the collection
	Component   string // VEVENT, VTODO…; "VCARD" or "" for cards
	First, Last int64  // bounds of all its time, ms UTC; open ends are math.MinInt64, math.MaxInt64; zero for cards
	Recurring   bool
	Exact       bool    // an overlap with First..Last decides; else it only may match
	Keys        []int64 // hashes for [Tx.ObjectsByKey], of the version that [Store.Rekey] is told; not read back
}

// clean makes every text one that any database keeps.
func (i *Index) clean() { i.UID, i.Component = cleanText(i.UID), cleanText(i.Component) }

// equal leaves the keys out, which are in a table of their own.
func (i *Index) equal(other Index) bool {
	return i.UID == other.UID && i.Component == other.Component && i.First == other.First && i.Last == other.Last &&
		i.Recurring == other.Recurring && i.Exact == other.Exact
}

// Object is one calendar object or card.
type Object struct {
	URI               string
	ETag              string // hash of the bytes, without quotes
	Size              int64
	Change            int64 // number of its latest change
	Created, Modified int64 // ms UTC
	Index
	Bytes []byte // exactly as they came; nil in listings that did not ask
}

// Precondition is If-Match and If-None-Match, with ETags as in [Object].
// RFC 9110 §13.1.1, §13.1.2. The zero value always holds.
type Precondition struct {
	Match        []string // the object is there and has one of these
	MatchAny     bool     // the object is there
	NoneMatch    []string // the object has none of these, or is not there
	NoneMatchAny bool     // the object is not there
}

// Author says who made a change; it is kept with the bytes that the change replaced.
type Author struct {
	AppPassword int64  // 0: not by an app password
	Agent       string // User-Agent, or what in the server did it
}

// holds decides whether the state that a write finds is one it accepts.
func (c Precondition) holds(etag string, present bool) bool {
	switch {
	case c.MatchAny && !present:
		return false
	case len(c.Match) > 0 && !(present && slices.Contains(c.Match, etag)):
		return false
	case c.NoneMatchAny && present:
		return false
	case present && slices.Contains(c.NoneMatch, etag):
		return false
	default:
		return true
	}
}
