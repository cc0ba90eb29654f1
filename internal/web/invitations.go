package web

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
	"ksync/store"
)

const (
	pathInvitations    = "/account/invitations"
	pathInvitationNew  = pathInvitations + "/new"
	pathInvitationMade = pathInvitations + "/made"
)

// admin makes a page for whoever may invite. For all others there is none.
func (s *Site) admin(h handler) http.HandlerFunc {
	return s.member(adminOnly(h))
}

// adminFresh is admin for whoever proved lately who they are. Others must not
// learn from a question for their password that there is something.
func (s *Site) adminFresh(h handler) http.HandlerFunc {
	return s.member(adminOnly(func(v *visit) error {
		if !s.accounts.Fresh(*v.person) {
			return account.ErrStepUp
		}
		return h(v)
	}))
}

func adminOnly(h handler) handler {
	return func(v *visit) error {
		if !v.person.Account.Admin {
			return store.ErrNotFound
		}
		return h(v)
	}
}

func (s *Site) invitationRoutes(r chi.Router) {
	get(r, pathInvitations, s.admin(invitations))
	form(r, pathInvitationNew, s.adminFresh(newInvitationPage), s.adminFresh(once(pathInvitationMade, newInvitation)))
	s.showsOnce(r, pathInvitationMade, s.admin, showInvitation)
	r.Post(pathInvitations+"/{id}/revoke", s.admin(revokeInvitation))
}

func invitations(v *visit) error {
	all, err := v.site.accounts.InvitationsFor(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	return v.page("invitations", all)
}

func newInvitationPage(v *visit) error {
	if err := v.nameForm(); err != nil {
		return err
	}
	return v.page("invitation-new", v.site.accounts.Mails())
}

// madeInvitation is what is shown once.
type madeInvitation struct {
	account.Invitation
	URL    string
	Mailed bool
}

func newInvitation(v *visit) error {
	_, _, err := v.site.accounts.InviteBy(v.ctx(), v.from(), *v.person, account.Invitation{Email: v.form.value("email"), Name: v.form.value("name")})
	switch {
	case errors.Is(err, account.ErrText):
		v.wrong("email", "email-or-name")
	case errors.Is(err, store.ErrExists):
		v.wrong("email", "email-taken")
	case errors.Is(err, store.ErrLimit):
		v.wrong("", "too-many-invitations")
	case err != nil:
		return err
	default:
		return v.toMade(pathInvitationMade)
	}
	return v.again("invitation-new", v.site.accounts.Mails())
}

func showInvitation(v *visit, made account.Made) error {
	all, err := v.site.accounts.InvitationsFor(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.ID == made.ID && len(made.Secrets) == 1 {
			return v.page("invitation-made", madeInvitation{i, made.Secrets[0].Reveal(), i.Email != "" && v.site.accounts.Mails()})
		}
	}
	return account.ErrLink // withdrawn, or accepted already
}

func revokeInvitation(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.site.accounts.RevokeInvitationBy(v.ctx(), v.from(), *v.person, id); err != nil {
		return err
	}
	return v.noted(pathInvitations, "done.invitation-revoked")
}
