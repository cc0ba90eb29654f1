package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
	"ksync/store"
)

// MergeRequest is a merge as a person wants it.
type MergeRequest struct {
	Reference  CardRef      `json:"reference" doc:"The card that stays, with its name and UID."`
	Duplicates []CardRef    `json:"duplicates" minItems:"1" maxItems:"39" nullable:"false" doc:"The cards that go, in the order shown."`
	Choices    MergeChoices `json:"choices,omitempty"`
}

// MergeChoices are what a person decides instead of the suggestions.
type MergeChoices struct {
	Pick map[string]ValueRef `json:"pick,omitempty" maxProperties:"40" doc:"Which value of a property with one value is kept, like BDAY or PHOTO, by property; N picks the whole name."`
	Drop []ValueRef          `json:"drop,omitempty" maxItems:"1000" nullable:"false" doc:"Values that shall not be in the result."`
}

// MergePreview is a merge that has not been made.
type MergePreview struct {
	Cards    []Card         `json:"cards" doc:"The reference first."`
	Fields   []MergeField   `json:"fields" doc:"What all cards say, property by property."`
	Merged   []CardValue    `json:"merged" doc:"What the result will say; card and line tell whose value it is."`
	NotTaken []CardValue    `json:"not_taken" doc:"What the result will not say, unless you choose so; also labels (X-ABLABEL) and the like of values that it says otherwise."`
	VCard    string         `json:"vcard" doc:"The result."`
	Touched  []Card         `json:"touched" doc:"Groups and relations that name a card that goes: they will name the reference."`
	Warnings []MergeWarning `json:"warnings"`
}

// MergeField is one property in a preview.
type MergeField struct {
	Property string     `json:"property" example:"TEL"`
	One      bool       `json:"one" doc:"A card has one value of it: where cards differ, pick decides."`
	Rows     []MergeRow `json:"rows"`
}

// MergeRow is one value in a preview.
type MergeRow struct {
	Values []CardValue `json:"values" doc:"What means the same, at most one of each card."`
}

// MergeWarning is something to know before merging.
type MergeWarning struct {
	Kind   string `json:"kind" doc:"unlike (nothing says that they are one), hidden (two of them were hidden), many, no_name (another card's name is taken), books (cards of another address book go), photo (another photo is left behind), beside (a label or the like is left behind), unknown (converted from an early version) or same_uid."`
	Detail string `json:"detail,omitempty" doc:"Of what: an address book's name, a UID, a version, a label."`
}

// MergeDone is a merge that was made.
type MergeDone struct {
	Card      CardRef    `json:"card" doc:"The reference in its new state."`
	UID       string     `json:"uid,omitempty"`
	Undo      int64      `json:"undo" doc:"Id for POST /api/v1/merges/{id}/undo."`
	Until     *time.Time `json:"until" doc:"Until when it can be undone."`
	Removed   int        `json:"removed" doc:"Cards that went."`
	Regrouped int        `json:"regrouped" doc:"Cards that named one of them and name the reference now."`
}

type previewInput struct{ Body MergeRequest }

type previewOutput struct{ Body MergePreview }

// IdempotencyKey is a header of unsafe requests.
type IdempotencyKey struct {
	Key string `header:"Idempotency-Key" maxLength:"202" doc:"A string of your own, like \"8e03978e-40d5\", in quotes: the same request with the same key is done once and answered alike, as long as it can be undone." example:"\"8e03978e-40d5\""`
}

type mergeInput struct {
	IdempotencyKey
	Body MergeRequest
}

type mergeOutput struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true: the request was answered before; nothing was done now."`
	Body     MergeDone
}

func (s *server) mergeOperations() {
	const tag, path = duplicatesTag, duplicatesPath
	add(s, operation{method: http.MethodPost, path: path + "/preview", id: "preview-merge", summary: "Say what a merge would do", tag: tag,
		text: "Nothing is written. Any cards can be merged, also such as are in no group; warnings tell.", sends: exampleMerge()}, s.previewMerge)
	add(s, operation{method: http.MethodPost, path: path + "/merge", id: "merge-duplicates", summary: "Merge cards into one", tag: tag,
		text: "All in one step, or nothing: the reference gets the values of the others, these are removed, groups that name them name the reference. " +
			"When a card has changed since you saw it, the answer is the problem cards-changed with the fresh state of all of them in cards.",
		sends: exampleMerge(), answers: exampleDone()}, s.mergeDuplicates)
}

// request is the merge as the service takes it.
func (m MergeRequest) request() duplicates.Request {
	r := duplicates.Request{Reference: m.Reference.ref(), Duplicates: views(m.Duplicates, CardRef.ref)}
	r.Choices.Drop = views(m.Choices.Drop, ValueRef.ref)
	for property, of := range m.Choices.Pick {
		if r.Choices.Pick == nil {
			r.Choices.Pick = map[string]dedup.Ref{}
		}
		r.Choices.Pick[strings.ToUpper(property)] = of.ref()
	}
	return r
}

func (v ValueRef) ref() dedup.Ref { return dedup.Ref{Card: v.Card, Line: v.Line} }

func (s *server) previewMerge(ctx context.Context, c *call, in *previewInput) (*previewOutput, error) {
	p, err := s.Duplicates.Preview(ctx, c.Account.ID, in.Body.request())
	if err != nil {
		return nil, err
	}
	return &previewOutput{MergePreview{
		Cards: views(p.Cards, viewMember), Fields: views(p.Fields, viewField), Merged: views(p.Merged, viewValue), NotTaken: views(p.NotTaken, viewValue),
		VCard: string(p.Bytes), Touched: views(p.Touched, viewMember), Warnings: views(p.Warnings, viewWarning),
	}}, nil
}

func viewField(f duplicates.Field) MergeField {
	return MergeField{Property: f.Property, One: f.One, Rows: views(f.Rows, viewRow)}
}

// viewRow leaves out the cards that say nothing.
func viewRow(r duplicates.Row) MergeRow {
	row := MergeRow{Values: []CardValue{}}
	for _, cell := range r.Cells {
		if cell.State == 0 {
			continue
		}
		v := viewValue(cell.Value)
		v.Marked = cell.Marked
		row.Values = append(row.Values, v)
	}
	return row
}

func viewWarning(w duplicates.Warning) MergeWarning { return MergeWarning{string(w.Kind), w.Detail} }

func (s *server) mergeDuplicates(ctx context.Context, c *call, in *mergeInput) (*mergeOutput, error) {
	r := in.Body.request()
	var err error
	if r.Key, err = in.key(); err != nil {
		return nil, err
	}
	m, err := s.Duplicates.Merge(ctx, c.Account.ID, c.author(), r)
	if err != nil {
		return nil, err
	}
	out := &mergeOutput{Body: MergeDone{Card: viewRef(m.Ref), UID: m.UID, Undo: m.Undo, Until: instant(m.Until), Removed: m.Removed, Regrouped: m.Regrouped}}
	if m.Repeated {
		out.Replayed = "true"
	}
	return out, nil
}

// author is who makes a change.
func (c *call) author() store.Author { return store.Author{Agent: c.from.Agent} }

// key reads the header: draft-ietf-httpapi-idempotency-key-header §2.1 has a string of RFC 9651 §3.3.3. Many clients
// send it without the quotes.
func (k IdempotencyKey) key() (string, error) {
	if k.Key == "" {
		return "", nil
	}
	inner, quoted := strings.CutPrefix(k.Key, `"`)
	if quoted {
		inner, quoted = strings.CutSuffix(inner, `"`)
		if !quoted {
			return "", errKey
		}
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		ch := inner[i]
		if quoted && ch == '\\' && i+1 < len(inner) && (inner[i+1] == '"' || inner[i+1] == '\\') {
			i++
			b.WriteByte(inner[i])
			continue
		}
		if ch < ' ' || ch > '~' || ch == '"' || ch == '\\' {
			return "", errKey
		}
		b.WriteByte(ch)
	}
	if b.Len() == 0 {
		return "", errKey
	}
	return b.String(), nil
}
