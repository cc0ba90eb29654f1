package account

import (
	"context"
	"errors"
	"slices"
	"strings"

	"ksync/store"
)

// Invitation is a place for one more account.
type Invitation struct {
	ID      int64  `json:"-"`
	Email   string `json:"email,omitempty"` // "" when it is for whoever has the link
	Name    string `json:"name,omitempty"`
	Locale  string `json:"locale,omitempty"`  // of the letter
	By      string `json:"by,omitempty"`      // login of who invited; "" from the command line
	Inviter int64  `json:"inviter,omitempty"` // their account
	Quota   int64  `json:"quota,omitempty"`
	Created int64  `json:"-"`
	Expires int64  `json:"-"`
}

// Invite makes an invitation and, when it has an address, mails it. The link
// is returned this once. [ErrText], [store.ErrExists] when the address has an
// account, [store.ErrLimit] when too many are open. The command line has no
// person; people come by [Service.InviteBy].
func (s *Service) Invite(ctx context.Context, i Invitation) (made Invitation, link Link, err error) {
	if i, err = i.checked(); err != nil {
		return Invitation{}, Link{}, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		made, link, err = s.invite(ctx, tx, i)
		return err
	})
	return made, link, err
}

// InviteBy is Invite by an admin, who stands in the letter. [ErrStepUp],
// [store.ErrNotFound] for who is none: they are not told that there is such a thing.
func (s *Service) InviteBy(ctx context.Context, v Visit, p Person, i Invitation) (made Invitation, link Link, err error) {
	if !p.Account.Admin {
		return Invitation{}, Link{}, store.ErrNotFound
	}
	if i, err = i.checked(); err != nil {
		return Invitation{}, Link{}, err
	}
	if err := s.limits.demand(v.Address); err != nil { // each may write to a stranger
		return Invitation{}, Link{}, err
	}
	err = s.actAdmin(ctx, p, func(tx *store.Tx, p Person) error {
		if !s.Fresh(p) {
			return ErrStepUp
		}
		i.By, i.Inviter = p.Account.Login, p.Account.ID
		if i.Locale == "" {
			i.Locale = p.Account.Locale
		}
		if made, link, err = s.invite(ctx, tx, i); err != nil {
			return err
		}
		_, err := s.note(ctx, tx, v, p, Invited, i.Email)
		return err
	})
	return made, link, err
}

// Mails reports whether invitations with an address are mailed.
func (s *Service) Mails() bool { return s.o.Mail }

// actAdmin is act for admins. [store.ErrNotFound] for all others.
func (s *Service) actAdmin(ctx context.Context, p Person, do func(*store.Tx, Person) error) error {
	return s.act(ctx, p, func(tx *store.Tx, p Person) error {
		if !p.Account.Admin {
			return store.ErrNotFound
		}
		return do(tx, p)
	})
}

func (i Invitation) checked() (Invitation, error) {
	i.Email, i.Name = NormalizeLogin(i.Email), strings.TrimSpace(i.Name)
	if i.Email != "" && !validAddress(i.Email) || !validProfile(Profile{Name: i.Name, Locale: i.Locale}) || i.Quota < 0 {
		return Invitation{}, ErrText
	}
	return i, nil
}

// invite makes it. The link is 256 random bits, of which the hash is kept:
// nobody makes one of their own.
func (s *Service) invite(ctx context.Context, tx *store.Tx, i Invitation) (made Invitation, link Link, err error) {
	if err := free(ctx, tx, i.Email); err != nil {
		return Invitation{}, Link{}, err
	}
	open, err := tx.Tickets(ctx, 0, invitationTicket.name)
	if err == nil && len(open) >= invitationTicket.most {
		err = store.ErrLimit // rather than end the oldest, whose person has the letter
	}
	if err != nil {
		return Invitation{}, Link{}, err
	}
	token, err := newToken(s.o.Rand)
	if err != nil {
		return Invitation{}, Link{}, err
	}
	link = s.link(PathInvitation, token, invitationTicket.life)
	t, err := s.putTicket(ctx, tx, invitationTicket, store.Ticket{Hash: tokenHash(invitationTicket.name, token)}, i)
	if err != nil || i.Email == "" {
		return i.of(t), link, err
	}
	return i.of(t), link, s.tell(ctx, tx, store.Account{Locale: i.Locale}, store.Activity{}, notice{
		kind: NoticeInvitation, address: i.Email, data: NoticeData{Link: link.URL.Reveal(), By: i.By, Name: i.Name, Until: t.Expires},
	})
}

func (i Invitation) of(t store.Ticket) Invitation {
	i.ID, i.Created, i.Expires = t.ID, t.Created, t.Expires
	return i
}

// Invitations lists those that are open, the newest first, for the command line.
func (s *Service) Invitations(ctx context.Context) (all []Invitation, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		all, err = openInvitations(ctx, tx)
		return err
	})
	return all, err
}

// InvitationsFor is Invitations for an admin. [store.ErrNotFound] for all others.
func (s *Service) InvitationsFor(ctx context.Context, p Person) (all []Invitation, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		now, err := s.again(ctx, tx, p)
		if err != nil {
			return err
		}
		if !now.Account.Admin {
			return store.ErrNotFound
		}
		all, err = openInvitations(ctx, tx)
		return err
	})
	return all, err
}

// openInvitations are those of which somebody can make an account.
func openInvitations(ctx context.Context, tx *store.Tx) ([]Invitation, error) {
	all, err := invitations(ctx, tx)
	if err != nil {
		return nil, err
	}
	open := []Invitation{}
	for _, i := range all {
		switch err := i.standing(ctx, tx); {
		case err == nil:
			open = append(open, i)
		case !errors.Is(err, ErrLink):
			return nil, err
		}
	}
	return open, nil
}

// standing is [ErrLink] when whoever invited may let nobody in any more: an
// account that was deleted does not end what it made, so it is asked for when
// the invitation is looked at.
func (i Invitation) standing(ctx context.Context, tx *store.Tx) error {
	if i.Inviter == 0 {
		return nil
	}
	by, err := tx.Account(ctx, i.Inviter)
	if errors.Is(err, store.ErrNotFound) || err == nil && (by.Disabled || !by.Admin) {
		return ErrLink
	}
	return err
}

// invitations are all that have not expired, whoever made them.
func invitations(ctx context.Context, tx *store.Tx) ([]Invitation, error) {
	tickets, err := tx.Tickets(ctx, 0, invitationTicket.name)
	if err != nil {
		return nil, err
	}
	all := make([]Invitation, len(tickets))
	for n, t := range tickets {
		if _, err := read(t, nil, &all[n]); err != nil {
			return nil, err
		}
		all[n] = all[n].of(t)
	}
	return all, nil
}

// RevokeInvitation ends one, for the command line. [store.ErrNotFound].
func (s *Service) RevokeInvitation(ctx context.Context, id int64) error {
	return s.store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteTicket(ctx, 0, invitationTicket.name, id) })
}

// RevokeInvitationBy is RevokeInvitation by an admin. [store.ErrNotFound], for
// all others, too.
func (s *Service) RevokeInvitationBy(ctx context.Context, v Visit, p Person, id int64) error {
	return s.actAdmin(ctx, p, func(tx *store.Tx, p Person) error {
		all, err := invitations(ctx, tx)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(all, func(i Invitation) bool { return i.ID == id })
		if n < 0 {
			return store.ErrNotFound
		}
		if err := tx.DeleteTicket(ctx, 0, invitationTicket.name, id); err != nil {
			return err
		}
		_, err = s.note(ctx, tx, v, p, InvitationRevoked, all[n].Email)
		return err
	})
}

// endInvitations ends those that an account made: it was somebody else, or is trusted no more.
func endInvitations(ctx context.Context, tx *store.Tx, by store.Account) error {
	all, err := invitations(ctx, tx)
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.Inviter != by.ID {
			continue
		}
		if err := tx.DeleteTicket(ctx, 0, invitationTicket.name, i.ID); err != nil {
			return err
		}
	}
	return nil
}

// SetAdmin says who may invite others, for the command line. With the right end
// the invitations that it made.
func (s *Service) SetAdmin(ctx context.Context, account int64, admin bool) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.Account(ctx, account)
		if err != nil || before.Admin == admin {
			return err
		}
		if err := tx.UpdateAccount(ctx, account, func(a *store.Account) error { a.Admin = admin; return nil }); err != nil {
			return err
		}
		what := AdminEnded
		if admin {
			what = AdminMade
		} else if err := endInvitations(ctx, tx, before); err != nil {
			return err
		}
		_, err = tx.AddActivity(ctx, store.Activity{Account: account, Kind: string(what)})
		return err
	})
}

// Invitation returns what a token invites to, or [ErrLink].
func (s *Service) Invitation(ctx context.Context, token Secret) (i Invitation, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		t, err := look(ctx, tx, invitationTicket, token, nil)
		if err != nil {
			return err
		}
		i, err = invitationOf(ctx, tx, t)
		return err
	})
	return i, err
}

// invitationOf is what a ticket invites to, while its inviter may. [ErrLink].
func invitationOf(ctx context.Context, tx *store.Tx, t store.Ticket) (i Invitation, err error) {
	if _, err := read(t, nil, &i); err != nil {
		return Invitation{}, err
	}
	if err := i.standing(ctx, tx); err != nil {
		return Invitation{}, err
	}
	return i.of(t), nil
}

// AcceptInvitation makes the account and signs it in. A mistake in n, like a
// taken login, leaves the invitation good. [ErrLink], [ErrLogin], [ErrText],
// [*WeakPassword], [store.ErrExists].
func (s *Service) AcceptInvitation(ctx context.Context, v Visit, token Secret, n NewAccount) (Opened, error) {
	i, err := s.Invitation(ctx, token)
	if err != nil {
		return Opened{}, err
	}
	if i.Email != "" { // proved by the letter; another would be unproved
		n.Email = i.Email
	}
	a, err := s.prepare(ctx, n)
	if err != nil {
		return Opened{}, err
	}
	a.Quota = i.Quota
	return s.welcome(ctx, v, invitationTicket, token, func(tx *store.Tx, t store.Ticket) (store.Account, error) {
		if _, err := invitationOf(ctx, tx, t); err != nil { // who invited may have been deleted since we looked
			return store.Account{}, err
		}
		return create(ctx, tx, a)
	})
}
