package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// Activity is something that happened to the account.
type Activity struct {
	ID          int64      `json:"id"`
	Reference   string     `json:"reference" doc:"Also stands in the letter about it."`
	Kind        string     `json:"kind" example:"signed-in"`
	At          *time.Time `json:"at" doc:"The latest time."`
	Since       *time.Time `json:"since" doc:"The first time."`
	Count       int64      `json:"count" doc:"How often, from this place."`
	Place       string     `json:"place,omitempty" doc:"Network it came from."`
	Client      string     `json:"client,omitempty" doc:"Family of the program."`
	Agent       string     `json:"agent,omitempty" doc:"The program, as it names itself."`
	Own         bool       `json:"own" doc:"Done in the session of this request."`
	AppPassword int64      `json:"app_password,omitempty" doc:"Id of the app password that did it."`
	Detail      string     `json:"detail,omitempty" doc:"What it was about, like the name of an app password."`
}

type activityOutput struct {
	Link string `header:"Link"`
	Body struct {
		Activity []Activity `json:"activity" doc:"The latest first."`
		Next     string     `json:"next,omitempty" doc:"Address of the next page; none on the last one."`
	}
}

// ActivityFilter chooses what is listed.
type ActivityFilter struct {
	Kinds []string  `query:"kind,explode" maxItems:"50" doc:"Only these kinds." example:"sign-in-failed"`
	From  time.Time `query:"from" doc:"Nothing before it."`
	To    time.Time `query:"to" doc:"Nothing from then on."`
}

type activityInput struct {
	ActivityFilter
	Before string `query:"before" maxLength:"40" doc:"Where the page before ended; next has it."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (s *server) activityOperations() {
	const tag, path = "Recent activity", "/activity"
	add(s, operation{method: http.MethodGet, path: path, id: "list-activity", summary: "List what happened", tag: tag}, s.activity)
	add(s, operation{method: http.MethodGet, path: path + ".csv", id: "export-activity", summary: "The same as CSV", tag: tag}, s.activityCSV)
	add(s, operation{method: http.MethodPost, path: path + "/{id}/not-me", id: "not-me", summary: "This was somebody else", tag: tag,
		text: "Ends all other sessions, revokes all app passwords, and wants a new password. What was added since then to sign in with is removed, and the e-mail address becomes the earlier one if it was changed; if there is such a thing, a step-up of the last ten minutes is wanted.", status: http.StatusNoContent}, s.notMe)
}

func (f ActivityFilter) query() store.ActivityQuery {
	q := store.ActivityQuery{Kinds: f.Kinds}
	if !f.From.IsZero() {
		q.From = f.From.UnixMilli()
	}
	if !f.To.IsZero() {
		q.To = f.To.UnixMilli()
	}
	return q
}

func (s *server) activity(ctx context.Context, c *call, in *activityInput) (*activityOutput, error) {
	q := in.query()
	q.Limit = in.Limit
	var err error
	if q.Before, err = readCursor(in.Before); err != nil {
		return nil, err
	}
	all, err := s.Accounts.Activity(ctx, c.Person, q)
	if err != nil {
		return nil, err
	}
	out := &activityOutput{}
	out.Body.Activity = views(all, c.viewActivity)
	if len(all) == in.Limit {
		out.Body.Next, out.Link = c.next("before", cursor(all[len(all)-1]))
	}
	return out, nil
}

func (c *call) viewActivity(a store.Activity) Activity {
	return Activity{
		ID: a.ID, Reference: account.Reference(a.ID), Kind: a.Kind, At: when(a.At), Since: when(a.Since), Count: a.Count, Place: a.Place, Client: a.Client,
		Agent: a.Agent, Own: a.Session != 0 && a.Session == c.Session.ID, AppPassword: a.AppPassword, Detail: a.Detail,
	}
}

// errCursor: a place in the list that we did not hand out.
var errCursor = errors.New("no such place in the list")

func cursor(last store.Activity) string { return fmt.Sprintf("%d-%d", last.At, last.ID) }

func readCursor(s string) (store.Activity, error) {
	if s == "" {
		return store.Activity{}, nil
	}
	at, id, _ := strings.Cut(s, "-")
	ms, err1 := strconv.ParseInt(at, 10, 64)
	number, err2 := strconv.ParseInt(id, 10, 64)
	if err1 != nil || err2 != nil || ms <= 0 || number <= 0 {
		return store.Activity{}, errCursor
	}
	return store.Activity{At: ms, ID: number}, nil
}

// next is the same question, from where this answer ended, as an address and as
// a link of RFC 8288; both "" without a cursor. It is a path: under which host
// we are known is not for the request to say.
func (c *call) next(parameter, cursor string) (address, link string) {
	if cursor == "" {
		return "", ""
	}
	values := c.r.URL.Query()
	values.Set(parameter, cursor)
	address = c.r.URL.Path + "?" + values.Encode()
	return address, "<" + address + `>; rel="next"`
}

func (s *server) notMe(ctx context.Context, c *call, in *ByID) (*nothing, error) {
	return nil, s.Accounts.NotMe(ctx, c.from, c.Person, in.ID)
}
