package api

import (
	"context"
	"net/http"
	"time"

	"ksync/store"
)

// Session is a browser that is signed in.
type Session struct {
	ID       int64      `json:"id"`
	Own      bool       `json:"own" doc:"The one that this request came with."`
	Created  *time.Time `json:"created"`
	LastSeen *time.Time `json:"last_seen" doc:"Written every few minutes."`
	Expires  *time.Time `json:"expires"`
	Stay     bool       `json:"stay" doc:"Whether to stay signed in was asked for."`
	Factor   string     `json:"factor" doc:"What it was signed in with."`
	Place    string     `json:"place,omitempty" doc:"Network of the latest request."`
	Agent    string     `json:"agent,omitempty" doc:"The browser, as it names itself."`
}

type sessionsOutput struct {
	Body struct {
		Sessions []Session `json:"sessions" doc:"The latest seen first."`
	}
}

type endSessionsInput struct {
	Own bool `query:"own" doc:"Also the one that this request comes with."`
}

func (s *server) sessionOperations() {
	const tag, path = "Sessions", "/sessions"
	add(s, operation{method: http.MethodGet, path: path, id: "list-sessions", summary: "List who is signed in", tag: tag}, s.sessions)
	add(s, operation{method: http.MethodDelete, path: path, id: "end-sessions", summary: "Sign all others out", tag: tag, status: http.StatusNoContent}, s.endSessions)
	add(s, operation{method: http.MethodDelete, path: path + "/{id}", id: "end-session", summary: "Sign one out", tag: tag, needs: limited, status: http.StatusNoContent}, s.endSession)
}

func (s *server) sessions(ctx context.Context, c *call, _ *nothing) (*sessionsOutput, error) {
	all, err := s.Accounts.Sessions(ctx, c.Person)
	out := &sessionsOutput{}
	out.Body.Sessions = views(all, func(one store.Session) Session {
		return Session{
			ID: one.ID, Own: one.ID == c.Session.ID, Created: when(one.Created), LastSeen: when(one.LastSeen), Expires: when(one.Expires),
			Stay: one.Stay, Factor: one.Factor, Place: one.Place, Agent: one.Agent,
		}
	})
	return out, err
}

func (s *server) endSession(ctx context.Context, c *call, in *ByID) (*nothing, error) {
	if in.ID == c.Session.ID {
		return nil, s.signOut(ctx, c)
	}
	return nil, s.Accounts.EndSession(ctx, c.from, c.Person, in.ID)
}

func (s *server) endSessions(ctx context.Context, c *call, in *endSessionsInput) (*nothing, error) {
	if err := s.Accounts.EndOtherSessions(ctx, c.from, c.Person); err != nil || !in.Own {
		return nil, err
	}
	return nil, s.signOut(ctx, c)
}

func (s *server) signOut(ctx context.Context, c *call) error {
	if err := s.Accounts.SignOut(ctx, c.from, c.Person); err != nil {
		return err
	}
	s.Drop(c.w, c.r)
	return nil
}
