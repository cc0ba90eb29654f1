package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"ksync/internal/duplicates"
)

// MergeJob is a merge of all sure groups.
type MergeJob struct {
	ID      int64      `json:"id" doc:"Also for POST /api/v1/merges/{id}/undo, which takes all of its merges back."`
	State   string     `json:"state" doc:"running, done, stopped (by the end of the program: start another one) or undone." example:"running"`
	Started *time.Time `json:"started"`
	Ended   *time.Time `json:"ended" doc:"null: not yet."`
	Total   int        `json:"total" doc:"Groups."`
	Merged  int        `json:"merged"`
	Changed int        `json:"changed" doc:"Left alone: a card had changed meanwhile."`
	Choice  int        `json:"choice" doc:"Left alone: a value would have been left behind, which a person must decide."`
	Failed  int        `json:"failed"`
	Until   *time.Time `json:"until" doc:"Until when it can be undone."`
}

type mergeSureInput struct {
	IdempotencyKey
	Body struct {
		Book int64 `json:"book,omitempty" minimum:"0" doc:"Only groups with a card of this address book; of all without it." example:"3"`
	}
}

type jobOutput struct {
	Location string `header:"Location"`
	Body     MergeJob
}

// MergeMade is an entry of the history.
type MergeMade struct {
	ID          int64      `json:"id" doc:"For POST /api/v1/merges/{id}/undo."`
	Kind        string     `json:"kind" doc:"merge, undo, or job: a merge of all sure groups."`
	At          *time.Time `json:"at"`
	Until       *time.Time `json:"until" doc:"Until when it can be undone."`
	UndoneAt    *time.Time `json:"undone_at" doc:"null: it was not undone."`
	Agent       string     `json:"agent,omitempty" doc:"The program that asked for it, as it names itself."`
	AppPassword int64      `json:"app_password,omitempty"`
	Card        *Card      `json:"card,omitempty" doc:"The reference, as it was then; none of a job."`
	Removed     int        `json:"removed" doc:"Cards that went."`
}

type mergesInput struct {
	Cursor string `query:"cursor" pattern:"^[0-9]{1,18}\\.[0-9]{1,18}$" maxLength:"40" doc:"Where the page before ended; next has it."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type mergesOutput struct {
	Link string `header:"Link"`
	Body struct {
		Merges []MergeMade `json:"merges" doc:"The latest first."`
		Next   string      `json:"next,omitempty" doc:"Address of the next page; none on the last one."`
	}
}

// MergeUndone is an undo: made, or to be made.
type MergeUndone struct {
	Cards []CardRestored `json:"cards"`
	Redo  int64          `json:"redo,omitempty" doc:"Id that takes the undo back; none: it cannot be."`
	Offer []CardRef      `json:"offer,omitempty" doc:"To be hidden, if they are no duplicates after all."`
}

// CardRestored is what an undo does with one card.
type CardRestored struct {
	Card
	Outcome string `json:"outcome" doc:"restored (byte for byte), edited (the edits stay, what the merge added goes), kept (stored again by somebody since), deleted (since; stays so), removed (again), other_book (its address book is gone: beside the reference) or blocked (cannot be restored)."`
}

type undoneOutput struct{ Body MergeUndone }

func (s *server) jobOperations() {
	const tag, path, merges = duplicatesTag, duplicatesPath, "/merges"
	add(s, operation{method: http.MethodPost, path: path + "/merge-sure", id: "merge-all-sure", summary: "Merge all sure groups", tag: tag, status: http.StatusAccepted,
		text: "Starts a job, whose address is in Location. Groups where a value would be left behind are left to a person."}, s.mergeSure)
	add(s, operation{method: http.MethodGet, path: path + "/jobs/{id}", id: "get-merge-job", summary: "How far a job is", tag: tag}, s.mergeJob)
	add(s, operation{method: http.MethodGet, path: merges, id: "list-merges", summary: "List what was merged and undone", tag: tag,
		text: "As long as it can be undone."}, s.merges)
	add(s, operation{method: http.MethodGet, path: merges + "/{id}/undo", id: "preview-undo", summary: "Say what an undo would do", tag: tag}, s.previewUndo)
	add(s, operation{method: http.MethodPost, path: merges + "/{id}/undo", id: "undo-merge", summary: "Undo a merge, an undo or a job", tag: tag,
		text: "Cards come back under the names they had. What was edited since keeps its edits: outcome says so for each card."}, s.undoMerge)
}

func viewJob(j duplicates.Job) MergeJob {
	return MergeJob{
		ID: j.ID, State: string(j.State), Started: instant(j.Started), Ended: instant(j.Ended), Total: j.Total, Merged: j.Merged,
		Changed: j.Changed, Choice: j.Choice, Failed: j.Failed, Until: instant(j.Until),
	}
}

func (s *server) mergeSure(ctx context.Context, c *call, in *mergeSureInput) (*jobOutput, error) {
	key, err := in.key()
	if err != nil {
		return nil, err
	}
	j, err := s.Duplicates.MergeAllSure(ctx, c.Account.ID, c.author(), in.Body.Book, key)
	if err != nil {
		return nil, err
	}
	return &jobOutput{fmt.Sprintf("%s%s/jobs/%d", version, duplicatesPath, j.ID), viewJob(j)}, nil
}

func (s *server) mergeJob(ctx context.Context, c *call, in *ByID) (*jobOutput, error) {
	j, err := s.Duplicates.Job(ctx, c.Account.ID, in.ID)
	return &jobOutput{Body: viewJob(j)}, err
}

func (s *server) merges(ctx context.Context, c *call, in *mergesInput) (*mergesOutput, error) {
	page, err := s.Duplicates.History(ctx, c.Account.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &mergesOutput{}
	out.Body.Merges = views(page.Made, viewMade)
	out.Body.Next, out.Link = c.next("cursor", page.Next)
	return out, nil
}

func viewMade(m duplicates.Made) MergeMade {
	made := MergeMade{
		ID: m.ID, Kind: string(m.Kind), At: instant(m.At), Until: instant(m.Until), UndoneAt: instant(m.UndoneAt),
		Agent: m.By.Agent, AppPassword: m.By.AppPassword, Removed: m.Removed,
	}
	if m.Ref.URI != "" {
		made.Card = &Card{Book: m.Ref.Collection, URI: m.Ref.URI, ETag: m.Ref.ETag, Name: m.Name}
	}
	return made
}

func (s *server) previewUndo(ctx context.Context, c *call, in *ByID) (*undoneOutput, error) {
	u, err := s.Duplicates.UndoPreview(ctx, c.Account.ID, in.ID)
	return &undoneOutput{viewUndone(u)}, err
}

func (s *server) undoMerge(ctx context.Context, c *call, in *ByID) (*undoneOutput, error) {
	u, err := s.Duplicates.Undo(ctx, c.Account.ID, c.author(), in.ID)
	return &undoneOutput{viewUndone(u)}, err
}

func viewUndone(u duplicates.Undone) MergeUndone {
	return MergeUndone{Redo: u.Redo, Offer: views(u.Offer, viewRef), Cards: views(u.Cards, func(r duplicates.Restored) CardRestored {
		return CardRestored{Card{Book: r.Collection, URI: r.URI, ETag: r.ETag, UID: r.UID, Name: r.Name}, string(r.What)}
	})}
}
