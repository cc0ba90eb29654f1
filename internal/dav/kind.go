package dav

import (
	"io"

	"ksync/internal/davxml"
	"ksync/store"
)

// Kind is what makes a collection an address book or a calendar. Everything
// the two have in common is the engine's; everything in which they differ is a
// field here. The engine imports no kind: main hands them to it.
type Kind struct {
	Store   store.Kind
	Segment string // of the path: /dav/{Segment}/{account}/
	Class   string // compliance class in the DAV header

	Type     davxml.Name // in DAV:resourcetype
	HomeSet  davxml.Name // property of a principal
	Data     davxml.Name // property that holds an object's bytes
	Multiget davxml.Name
	Query    davxml.Name

	// Reading are privileges of the kind that DAV:read includes.
	Reading []davxml.Name

	Invalid     davxml.Condition // an object that cannot be read
	UIDConflict davxml.Condition
	DataType    davxml.Condition // a Content-Type that no object has
	MaxSize     davxml.Condition
	Location    davxml.Condition // a collection may not be made there

	// Properties beyond those that every resource of the level has.
	HomeProps, CollectionProps, ObjectProps []Prop

	Extension string // of a file with an object, or with all of them
	// Join begins a file with all objects of a collection.
	Join func(io.Writer, *store.Collection) (Joiner, error)

	// Representations are the forms in which an object is given and taken.
	Representations Representations

	// MediaType is the type of a stored object.
	MediaType func(*store.Object) string

	// Areas tells which of an app password's scopes a collection needs, as the
	// read bits; all of them are needed. A nil collection stands for the home,
	// where any of them is enough.
	Areas func(*store.Collection) store.Scope

	// Check reads an object that is to be stored in the collection and gives its
	// index. It fails with a *davxml.Error for what the RFC forbids, and accepts
	// whatever else can be parsed (design.md §5.7).
	Check func(*store.Collection, []byte) (store.Index, error)

	// Filter reads a Query report. The collection gives the time zone of what
	// has none.
	Filter func(*store.Collection, *davxml.Element) (*Filter, error)

	// Reports are those that only this kind has.
	Reports []Report
}

// Filter is a query, made ready to be asked of many objects.
type Filter struct {
	Components []string // only objects of these, if any are named
	From, To   *int64   // only objects whose span touches [From, To), ms UTC; nil is open

	// Blind tells that Decide never knows: the bytes are read with the index.
	Blind bool
	// Decide answers from the index alone where that is enough.
	Decide func(*store.Object) Verdict
	// Match answers from the bytes. It is asked of one object after another.
	Match func(bytes string) bool

	Limit int // most objects to be answered; 0 is no limit of the client's
}

// Verdict is an answer from the index.
type Verdict uint8

// Unsure asks for the bytes.
const (
	Unsure Verdict = iota
	Yes
	No
)
