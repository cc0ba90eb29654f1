package api

import (
	"context"
	"net/http"
	"time"

	"ksync/internal/account"
)

// Invitation is a place for one more account.
type Invitation struct {
	ID      int64      `json:"id"`
	Email   string     `json:"email,omitempty" doc:"The account will have it; without one the link is for whoever has it."`
	Name    string     `json:"name,omitempty"`
	By      string     `json:"by,omitempty" doc:"Login of who invited; none from the command line."`
	Quota   int64      `json:"quota,omitempty" doc:"Bytes that the account may store; no limit without it."`
	Created *time.Time `json:"created"`
	Expires *time.Time `json:"expires"`
}

// NewInvitation is one that was just made.
type NewInvitation struct {
	Invitation
	URL string `json:"url" doc:"Whoever opens it makes the account. It is shown this once."`
}

type invitationsOutput struct {
	Body struct {
		Invitations []Invitation `json:"invitations" doc:"Those that are open, the newest first."`
	}
}

type invitationInput struct {
	Body struct {
		Email  string `json:"email,omitempty" maxLength:"254" doc:"Where the link is mailed to, when the server has mail."`
		Name   string `json:"name,omitempty" maxLength:"64"`
		Locale string `json:"locale,omitempty" maxLength:"35" doc:"Language of the letter; your own without it."`
		Quota  int64  `json:"quota,omitempty" minimum:"0"`
	}
}

type newInvitationOutput struct{ Body NewInvitation }

func (s *server) invitationOperations() {
	const tag, path = "Invitations", "/invitations"
	add(s, operation{method: http.MethodGet, path: path, id: "list-invitations", summary: "List open invitations", tag: tag, needs: admin}, s.invitations)
	add(s, operation{method: http.MethodPost, path: path, id: "invite", summary: "Invite somebody", tag: tag, needs: admin | fresh, status: http.StatusCreated}, s.invite)
	add(s, operation{method: http.MethodDelete, path: path + "/{id}", id: "revoke-invitation", summary: "End an invitation", tag: tag,
		text: "Its link is good for nothing from then on.", needs: admin, status: http.StatusNoContent}, s.revokeInvitation)
}

func viewInvitation(i account.Invitation) Invitation {
	return Invitation{ID: i.ID, Email: i.Email, Name: i.Name, By: i.By, Quota: i.Quota, Created: when(i.Created), Expires: when(i.Expires)}
}

func (s *server) invitations(ctx context.Context, c *call, _ *nothing) (*invitationsOutput, error) {
	all, err := s.Accounts.InvitationsFor(ctx, c.Person)
	out := &invitationsOutput{}
	out.Body.Invitations = views(all, viewInvitation)
	return out, err
}

func (s *server) invite(ctx context.Context, c *call, in *invitationInput) (*newInvitationOutput, error) {
	made, link, err := s.Accounts.InviteBy(ctx, c.from, c.Person, account.Invitation{
		Email: in.Body.Email, Name: in.Body.Name, Locale: in.Body.Locale, Quota: in.Body.Quota,
	})
	return &newInvitationOutput{NewInvitation{viewInvitation(made), link.URL.Reveal()}}, err
}

func (s *server) revokeInvitation(ctx context.Context, c *call, in *ByID) (*nothing, error) {
	return nil, s.Accounts.RevokeInvitationBy(ctx, c.from, c.Person, in.ID)
}
