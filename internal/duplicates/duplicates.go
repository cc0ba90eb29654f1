// Package duplicates is the service that finds duplicate contacts in an account's address books, merges them, hides
// those that are none, and takes merges back. What two cards have in common, and what their merge would be, decides
// package dedup, which is pure; this package knows the database.
//
// # Finding
//
// A [Service] keeps for each account that was asked about lately what its cards are compared by, in memory and within
// a bound. Before it answers it catches up: the change numbers of the account's address books tell which cards came,
// changed and went since, whoever wrote them, and only those are compared with their neighbours again. So an answer is
// never older than the question, and what is in memory can be forgotten at any time.
//
// # Merging
//
// A merge is one transaction over all address books of the account, guarded by the ETags that the person saw: the
// reference keeps its name and UID and gets the values of the others, these are deleted with tombstones, group cards
// and relations that name them name the reference instead. If any card has changed, or gone, nothing is written and
// the fresh state is returned. Every client sees the whole of it at its next sync.
//
// What a merge replaced is kept for [Limits.Undo]. [Service.Undo] puts it back under the names it had. What was edited
// since keeps its edits; the answer says so. An undo is a merge's mirror image and can itself be undone once.
//
// # Hiding
//
// A hidden pair is kept with a fingerprint of what each card was compared by. It stays hidden as long as both
// fingerprints stay; then it comes back, marked as hidden before.
package duplicates

import (
	"cmp"
	"io"
	"log/slog"
	"time"

	"ksync/internal/dedup"
	"ksync/store"
)

// Options configure a [Service]. Store and Check are required.
type Options struct {
	Store  *store.Store
	Check  func(*store.Collection, []byte) (store.Index, error) // of a PUT to an address book: what is stored passes it, too
	Region func(store.Account) string                           // ISO 3166 code of telephone numbers without a country; [Region] by default
	Now    func() time.Time
	Rand   io.Reader
	Logger *slog.Logger // what a job could not do; discarded by default
	Limits Limits       // zero fields mean the default
}

// Limits bound what one account can make the service do or keep.
type Limits struct {
	Object  int64         // bytes of a merged card, as of any: 10 MiB by default
	Cards   int           // cards in memory, of all accounts and so of any one: 200,000 by default
	Members int           // cards of one merge: 40 by default
	Undo    time.Duration // how long a merge can be undone: 30 days by default
	Memory  time.Duration // how long a merged card that comes back is known: 90 days by default
	Page    int           // groups, merges or pairs on a page at most: 200 by default
}

func (l Limits) withDefaults() Limits {
	const day = 24 * time.Hour
	return Limits{
		Object:  cmp.Or(l.Object, 10<<20),
		Cards:   cmp.Or(l.Cards, 200_000),
		Members: cmp.Or(l.Members, 40),
		Undo:    cmp.Or(l.Undo, 30*day),
		Memory:  cmp.Or(l.Memory, 90*day),
		Page:    cmp.Or(l.Page, 200),
	}
}

// Ref names a card. Where a person decides, ETag is the state that they saw; "" elsewhere.
type Ref struct {
	Collection int64
	URI        string
	ETag       string
}

// Member is a card as a list shows it.
type Member struct {
	Ref
	UID    string
	Name   string  // what to call it: its name, else its firm, mailbox or number
	Photo  bool    // it has an embedded picture: [Service.Photo]
	Values []Value // what it says; in details only
}

// Value is one value of one card.
type Value struct {
	At       dedup.Ref // card and line, as [dedup.Choices] name them
	Property string
	Text     string // as a reader sees it; "" for photos and the like
	Types    []string
	Label    string
	State    dedup.State // what becomes of it; 0 outside of previews
}

// Group is cards that are about one person or firm.
type Group struct {
	ID           string // of these cards, whatever they say: changes when one joins or leaves
	Lane         dedup.Lane
	Score        float64
	Members      []Member
	Reference    int    // index of the member to suggest as the reference
	Pairs        []Pair // every two members
	HiddenBefore bool   // a pair of it was hidden, and one of its cards has changed since
	CameBack     bool   // one of its cards had been merged into another one, and was stored again
}

// Pair is two members of a group, by index.
type Pair struct {
	A, B    int
	Score   float64
	Reasons []dedup.Reason // strongest first; in details, and as far as [Query.Why] asks
}

// BookCount is the number of open groups with a card in an address book.
type BookCount struct {
	Collection             int64
	Sure, Likely, Possible int
}

// Query chooses groups.
type Query struct {
	Book   int64        // only groups with a card of this address book; 0: all
	Lanes  []dedup.Lane // none: sure and likely
	Cursor string       // the Next of the page before
	Limit  int          // 50 by default
	Why    int          // of how many pairs of each group the reasons are told; none by default
}

// Page is a part of the groups, the surest first.
type Page struct {
	Groups []Group
	Total  int    // on all pages
	Next   string // "" on the last page
}

// Request is a merge as a person wants it.
type Request struct {
	Reference  Ref
	Duplicates []Ref // in the order shown
	Choices    dedup.Choices
	Key        string // the same key and request again is answered as the first time; "" for none
}

// Preview is a merge that has not been made.
type Preview struct {
	Cards    []Member // the reference first
	Fields   []Field
	Merged   []Value // what the result will say; At tells whose value it is
	NotTaken []Value // what the result will not say, except by choice
	Bytes    []byte  // the result
	Touched  []Member
	Warnings []Warning
}

// Field is one property in a preview.
type Field struct {
	Property string
	One      bool // has one value in a card: where cards differ, [dedup.Choices.Pick] decides
	Rows     []Row
}

// Row is one value in a preview: what has the same normal form stands on one row.
type Row struct {
	Cells []Cell // one for each card, in order
}

// Cell is what one card says in a row.
type Cell struct {
	Value       // State is 0 where the card says nothing
	Marked bool // to be highlighted: merging adds nothing because of it
}

// Warning is something to know before merging.
type Warning struct {
	Kind   WarningKind
	Detail string // of what: a book's name, a property
}

// WarningKind says what a [Warning] is about.
type WarningKind string

// The warnings.
const (
	WarnUnlike  WarningKind = "unlike"   // the cards are not in one group: nothing says that they are one
	WarnHidden  WarningKind = "hidden"   // a pair of them was hidden
	WarnMany    WarningKind = "many"     // more than ten cards
	WarnNoName  WarningKind = "no_name"  // the reference has no name; another card's is taken
	WarnBooks   WarningKind = "books"    // cards of another address book go; Detail is its name
	WarnPhoto   WarningKind = "photo"    // another photo is left behind
	WarnBeside  WarningKind = "beside"   // a label or the like is left behind; Detail is what it says
	WarnUnknown WarningKind = "unknown"  // a card of an earlier version was converted: 2.1
	WarnShared  WarningKind = "same_uid" // two cards have one UID
)

// Merged is a merge that was made.
type Merged struct {
	Ref       // the reference with its new ETag
	UID       string
	Undo      int64     // for [Service.Undo]
	Until     time.Time // until when
	Removed   int
	Regrouped int  // cards that named a removed one
	Repeated  bool // the request was answered before; nothing was done now
}

// Undone is an undo: made, or by [Service.UndoPreview] to be made.
type Undone struct {
	Cards []Restored
	Redo  int64 // for [Service.Undo], takes the undo back; 0: it cannot be
	Offer []Ref // to be hidden, if they are no duplicates after all
}

// Restored is what an undo did with one card.
type Restored struct {
	Ref
	UID  string
	Name string
	What Outcome
}

// Outcome is what an undo does with a card.
type Outcome string

// The outcomes.
const (
	Back    Outcome = "restored"   // as it was, byte for byte
	Edited  Outcome = "edited"     // it was edited since: the edits stay, what the merge had added is out
	Kept    Outcome = "kept"       // is there again already, stored by somebody since: left alone
	Deleted Outcome = "deleted"    // was deleted since: stays so
	Removed Outcome = "removed"    // an undo that is taken back removes it again
	Moved   Outcome = "other_book" // its address book is gone: restored beside the reference
	Lost    Outcome = "blocked"    // cannot be restored: its UID or name is taken, and its book is gone
)

// Made is an entry of the history.
type Made struct {
	ID       int64
	Kind     Kind
	At       time.Time
	Until    time.Time // until when it can be undone
	UndoneAt time.Time // zero: it was not
	By       store.Author
	Ref      Ref // the reference
	Name     string
	Removed  int
	Job      int64 // 0: merged by itself
}

// Kind is what an entry of the history is.
type Kind string

// The kinds.
const (
	KindMerge Kind = "merge"
	KindUndo  Kind = "undo"
)

// History is a part of what was done, the latest first.
type History struct {
	Made []Made
	Next string // "" on the last page
}

// HiddenPair is two cards that a person said are two.
type HiddenPair struct {
	ID   int64
	At   time.Time
	A, B Member // without ETag: gone since
	Back bool   // one of the cards changed since: the pair may be shown again
}

// HiddenPage is a part of the hidden pairs, the latest first.
type HiddenPage struct {
	Pairs []HiddenPair
	Next  string // "" on the last page
}

// Job is a merge of all sure groups.
type Job struct {
	ID      int64 // also for [Service.Undo], which takes all of its merges back
	State   JobState
	Started time.Time
	Ended   time.Time // zero: not yet
	Total   int       // groups
	Merged  int
	Changed int // skipped: a card had changed meanwhile
	Choice  int // skipped: a value would have been left behind, which a person must decide
	Failed  int
	Until   time.Time // until when it can be undone
}

// JobState is how far a [Job] is.
type JobState string

// The states.
const (
	JobRuns    JobState = "running"
	JobDone    JobState = "done"
	JobStopped JobState = "stopped" // by the end of the program, or a fault: what was merged is merged, start another
	JobUndone  JobState = "undone"
)
