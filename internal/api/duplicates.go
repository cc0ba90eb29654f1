package api

import (
	"context"
	"net/http"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
	"ksync/store"
)

// CardRef names a card as somebody saw it.
type CardRef struct {
	Book int64  `json:"book" minimum:"1" doc:"Id of its address book." example:"3"`
	URI  string `json:"uri" minLength:"1" maxLength:"1024" doc:"Its name there: the last part of its CardDAV address." example:"ann.vcf"`
	ETag string `json:"etag" minLength:"1" maxLength:"128" doc:"The state that you saw: its ETag without the quotes." example:"9f86d081884c7d659a2feaa0c55ad015"`
}

// Card is a contact.
type Card struct {
	Book   int64       `json:"book" doc:"Id of its address book."`
	URI    string      `json:"uri" doc:"Its name there: the last part of its CardDAV address."`
	ETag   string      `json:"etag,omitempty" doc:"Its state: send it along to merge or hide what you saw. None when it is no longer there."`
	UID    string      `json:"uid,omitempty"`
	Name   string      `json:"name,omitempty" doc:"What to call it: its name, else its firm, mailbox or number."`
	Photo  string      `json:"photo,omitempty" doc:"Address of its picture."`
	Values []CardValue `json:"values,omitempty" doc:"What it says; in the details of a group only."`
}

// CardValue is one value of one card.
type CardValue struct {
	ValueRef
	Property string   `json:"property" example:"TEL"`
	Text     string   `json:"text,omitempty" doc:"As a reader sees it; none for photos and the like."`
	Types    []string `json:"types,omitempty" example:"cell"`
	Label    string   `json:"label,omitempty"`
	State    string   `json:"state,omitempty" doc:"What a merge does with it, in previews: only_here, identical, same (in another notation), added, conflict (another one is kept), dropped (by choice) or not_taken."`
	Marked   bool     `json:"marked,omitempty" doc:"Merging adds nothing because of it: to be highlighted as identical."`
}

// ValueRef names a value of a merge.
type ValueRef struct {
	Card int `json:"card" minimum:"0" maximum:"1000" doc:"Its card: 0 is the reference, the others follow in order." example:"1"`
	Line int `json:"line" minimum:"0" maximum:"1000000" doc:"Its line there." example:"5"`
}

// DuplicateGroup is cards that are about one person or firm.
type DuplicateGroup struct {
	ID           string          `json:"id" doc:"Of these cards: it is another one when a card joins or leaves."`
	Lane         string          `json:"lane" doc:"sure, likely or possible."`
	Score        float64         `json:"score" doc:"Probability that all cards are about one."`
	Reference    int             `json:"reference" doc:"Which of the cards to suggest as the one to keep, counted from 0."`
	Cards        []Card          `json:"cards"`
	Pairs        []DuplicatePair `json:"pairs,omitempty" doc:"Every two of the cards; in details only."`
	Why          []string        `json:"why,omitempty" doc:"What speaks for it most, at most three: a field and a verdict of its reasons, the strongest first. They are those of its first pair; the details have all." example:"phone same"`
	HiddenBefore bool            `json:"hidden_before,omitempty" doc:"Two of them were hidden, and one has changed since."`
	CameBack     bool            `json:"came_back,omitempty" doc:"One had been merged into another one, and was stored again."`
}

// DuplicatePair is two cards of a group.
type DuplicatePair struct {
	A       int               `json:"a" doc:"Which card, counted from 0."`
	B       int               `json:"b"`
	Score   float64           `json:"score"`
	Reasons []DuplicateReason `json:"reasons" doc:"The strongest first."`
}

// DuplicateReason is what one field says for or against.
type DuplicateReason struct {
	Field   string  `json:"field" doc:"name, phone, mail, url, photo, uid, birthday, address, employer, generation, kind or copy." example:"phone"`
	Verdict string  `json:"verdict" doc:"same, similar or differs."`
	Bits    float64 `json:"bits" doc:"How strongly: above 0 for one person, below 0 against."`
	A       string  `json:"a,omitempty" doc:"What the first card says, in comparable form."`
	B       string  `json:"b,omitempty" doc:"What the second card says."`
}

// DuplicateBook is an address book with the number of its open groups.
type DuplicateBook struct {
	ID       int64  `json:"id"`
	URI      string `json:"uri" doc:"The last part of its CardDAV address."`
	Name     string `json:"name,omitempty"`
	Sure     int    `json:"sure"`
	Likely   int    `json:"likely"`
	Possible int    `json:"possible"`
}

type duplicateBooksOutput struct {
	Body struct {
		Books []DuplicateBook `json:"books"`
	}
}

type duplicatesInput struct {
	Book   int64    `query:"book" minimum:"0" doc:"Only groups with a card of this address book." example:"3"`
	Lanes  []string `query:"lane,explode" maxItems:"3" enum:"sure,likely,possible" doc:"Only these lanes; sure and likely without it." example:"sure"`
	Cursor string   `query:"cursor" maxLength:"2200" doc:"Where the page before ended; next has it."`
	Limit  int      `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// DuplicateGroups is a part of the groups.
type DuplicateGroups struct {
	Groups []DuplicateGroup `json:"groups" doc:"The surest first."`
	Total  int              `json:"total" doc:"On all pages."`
	Next   string           `json:"next,omitempty" doc:"Address of the next page; none on the last one."`
}

type duplicatesOutput struct {
	Link string `header:"Link"`
	Body DuplicateGroups
}

type groupInput struct {
	ID string `path:"id" maxLength:"64"`
}

type groupOutput struct{ Body DuplicateGroup }

type photoInput struct {
	Book int64  `query:"book" required:"true" minimum:"1"`
	URI  string `query:"uri" required:"true" minLength:"1" maxLength:"1024"`
}

type photoOutput struct {
	Type   string `header:"Content-Type"`
	Policy string `header:"Content-Security-Policy"`
	Body   []byte
}

// explained is of how many pairs of a group a list takes its reasons, and told how many it gives: one pair nearly always
// says it all, and a list has many groups.
const explained, told = 1, 3

const duplicatesTag, duplicatesPath = "Duplicates", "/duplicates"

func (s *server) duplicateOperations() {
	const tag, path = duplicatesTag, duplicatesPath
	add(s, operation{method: http.MethodGet, path: path, id: "list-duplicates", summary: "List groups of duplicates", tag: tag,
		text: "It is as of now: what was changed by whatever client counts.", answers: exampleGroups()}, s.duplicates)
	add(s, operation{method: http.MethodGet, path: path + "/books", id: "count-duplicates", summary: "Count them in each address book", tag: tag,
		text: "A group with cards of two address books counts in both."}, s.duplicateBooks)
	add(s, operation{method: http.MethodGet, path: path + "/{id}", id: "get-duplicate-group", summary: "One group with all details", tag: tag,
		text: "What each card says, and why every two of them are taken for one.", answers: exampleGroup()}, s.duplicateGroup)
	add(s, operation{method: http.MethodGet, path: path + "/photo", id: "get-card-photo", summary: "The picture of a card", tag: tag,
		kind: "image/*"}, s.cardPhoto)
	s.mergeOperations()
	s.hidingOperations()
	s.jobOperations()
}

func (s *server) duplicates(ctx context.Context, c *call, in *duplicatesInput) (*duplicatesOutput, error) {
	q := duplicates.Query{Book: in.Book, Cursor: in.Cursor, Limit: in.Limit, Why: explained}
	for _, lane := range []dedup.Lane{dedup.Sure, dedup.Likely, dedup.Possible} {
		for _, asked := range in.Lanes {
			if asked == lane.String() {
				q.Lanes = append(q.Lanes, lane)
			}
		}
	}
	page, err := s.Duplicates.Groups(ctx, c.Account.ID, q)
	if err != nil {
		return nil, err
	}
	out := &duplicatesOutput{Body: DuplicateGroups{Groups: views(page.Groups, viewListed), Total: page.Total}}
	out.Body.Next, out.Link = c.next("cursor", page.Next)
	return out, nil
}

func (s *server) duplicateBooks(ctx context.Context, c *call, _ *nothing) (*duplicateBooksOutput, error) {
	counts, err := s.Duplicates.Counts(ctx, c.Account.ID)
	if err != nil {
		return nil, err
	}
	books, err := s.Store.Collections(ctx, c.Account.ID, store.AddressBook)
	if err != nil {
		return nil, err
	}
	of := map[int64]duplicates.BookCount{}
	for _, n := range counts {
		of[n.Collection] = n
	}
	out := &duplicateBooksOutput{}
	out.Body.Books = views(books, func(b store.Collection) DuplicateBook {
		n := of[b.ID]
		return DuplicateBook{ID: b.ID, URI: b.URI, Name: b.DisplayName, Sure: n.Sure, Likely: n.Likely, Possible: n.Possible}
	})
	return out, nil
}

func (s *server) duplicateGroup(ctx context.Context, c *call, in *groupInput) (*groupOutput, error) {
	g, err := s.Duplicates.Group(ctx, c.Account.ID, in.ID)
	return &groupOutput{viewGroup(g)}, err
}

func (s *server) cardPhoto(ctx context.Context, c *call, in *photoInput) (*photoOutput, error) {
	data, kind, err := s.Duplicates.Photo(ctx, c.Account.ID, duplicates.Ref{Collection: in.Book, URI: in.URI})
	// Somebody else may have made the picture: whatever a browser takes it for, it runs nothing.
	return &photoOutput{Type: kind, Policy: "default-src 'none'; sandbox", Body: data}, err
}
