// Package transfer brings files of contacts and calendars into an account and
// out of it again.
//
// # In
//
// [Open] lists what can be read: files, directories, zip archives. An
// [Importer] cuts each into blocks, a block into objects that can be stored,
// and gives every object to a [Target], one collection of the account, which
// asks the same check as a PUT does and knows by UID whether the object is new.
// An import can be repeated: what is there with the same bytes stays untouched.
//
// One bad item never stops the rest; it becomes an [Item] of the [Report] with
// a reason. Only a fault of the store ends an import early.
//
// # Out
//
// An [Exporter] writes an account to a directory or a zip archive, one file a
// collection, or one file an object.
//
// Nothing here reads or writes a path that a file's content names: entries of
// archives are read in memory, names of written files are made safe.
package transfer

import (
	"fmt"
	"slices"
)

// Outcome is what became of an item.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	// Duplicate has the UID of an earlier item of the import, of another file,
	// and other content. Which of the two is meant only a person knows, and may
	// tell by importing that file alone. It is not stored.
	Duplicate Outcome = "duplicate"
	// Skipped has nothing to store, such as a calendar without events.
	Skipped Outcome = "skipped"
	Failed  Outcome = "failed"
)

// Outcomes lists all of them in the order in which people want to read them.
func Outcomes() []Outcome { return []Outcome{Created, Updated, Unchanged, Duplicate, Skipped, Failed} }

// Item is one line of a report.
type Item struct {
	File       string  `json:"file"`           // as given; an entry of an archive follows its name and a colon
	Line       int     `json:"line,omitempty"` // in the file, from 1
	UID        string  `json:"uid,omitempty"`
	Collection string  `json:"collection,omitempty"` // URI
	Outcome    Outcome `json:"outcome"`
	Reason     string  `json:"reason,omitempty"` // of what was not stored, or not as it was
}

// Where is the place of an item as people look for it.
func (i Item) Where() string {
	if i.Line == 0 {
		return i.File
	}
	return fmt.Sprintf("%s:%d", i.File, i.Line)
}

// Report tells of every item, in the order of the source.
type Report struct {
	Items []Item          `json:"items"`
	Total map[Outcome]int `json:"total"`
	Made  []string        `json:"made,omitempty"` // display names of new collections
}

// NewReport sums up items.
func NewReport(items []Item, made []string) *Report {
	r := &Report{Items: slices.Clip(items), Total: map[Outcome]int{}, Made: made}
	if r.Items == nil {
		r.Items = []Item{}
	}
	for _, o := range Outcomes() {
		r.Total[o] = 0
	}
	for _, it := range items {
		r.Total[it.Outcome]++
	}
	return r
}

// Progress tells how far a transfer is.
type Progress struct {
	Done, Total int64 // in Unit; Total 0 is unknown
	Unit        string
	Items       int    // objects so far
	Current     string // file or collection
}
