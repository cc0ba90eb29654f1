package account

import (
	"context"
	"errors"
	"time"

	"ksync/store"
)

// emailData is an address that waits for its proof.
type emailData struct {
	Address string `json:"address"`
	Old     string `json:"old"` // what it replaces: another change ends the link
}

// Changes of address that may be asked for per day: each writes to a stranger.
const maxAddressesPerDay = 5

// RequestEmail asks for another address: the new one gets a link, the old one
// a notice. Without mail it changes at once; changed tells. [ErrStepUp],
// [ErrText], [store.ErrExists], [store.ErrLimit] after several a day, [*Throttled].
func (s *Service) RequestEmail(ctx context.Context, v Visit, p Person, address string) (changed bool, err error) {
	address = NormalizeLogin(address)
	if !validAddress(address) {
		return false, ErrText
	}
	if err := s.limits.demand(v.Address); err != nil { // the answer tells whether there is such an account
		return false, err
	}
	err = s.actFresh(ctx, p, func(tx *store.Tx, p Person) error {
		if p.Account.Login == p.Account.Email && !validLogin(address) {
			return ErrText // it becomes the login
		}
		if address != p.Account.Email && address != p.Account.Login {
			if err := freeFor(ctx, tx, address, p.Account.ID); err != nil {
				return err
			}
		}
		if !s.o.Mail {
			changed = true
			_, err := s.changeEmail(ctx, tx, v, p, address)
			return err
		}
		return s.askAddress(ctx, tx, v, p, address)
	})
	return changed && err == nil, err
}

// freeFor is free, but for an earlier name of the account itself.
func freeFor(ctx context.Context, tx *store.Tx, name string, account int64) error {
	if a, err := tx.AccountByLogin(ctx, name); err == nil && a.ID == account {
		return nil
	}
	return free(ctx, tx, name)
}

func (s *Service) askAddress(ctx context.Context, tx *store.Tx, v Visit, p Person, address string) error {
	asked, err := tx.Notices(ctx, p.Account.ID, string(NoticeConfirmEmail)+" ", s.now().Add(-day).UnixMilli())
	if err != nil {
		return err
	}
	if len(asked) >= maxAddressesPerDay {
		return store.ErrLimit
	}
	token, err := s.newTicket(ctx, tx, emailTicket, p.Account.ID, emailData{address, p.Account.Email})
	if err != nil {
		return err
	}
	link := s.link(PathEmail, token, emailTicket.life)
	a, err := s.note(ctx, tx, v, p, EmailRequested, address)
	if err != nil {
		return err
	}
	err = s.tell(ctx, tx, p.Account, a, notice{kind: NoticeConfirmEmail, address: address, data: NoticeData{Link: link.URL.Reveal(), NewAddress: address, Until: link.Expires.UnixMilli()}})
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, p.Account, a, notice{kind: NoticeEmailOld, data: NoticeData{NewAddress: address}})
}

// ConfirmEmail changes the address by the link. The old one signs in for
// 30 days more. [ErrLink], [store.ErrExists].
func (s *Service) ConfirmEmail(ctx context.Context, v Visit, token Secret) (owner store.Account, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		var data emailData
		t, err := take(ctx, tx, emailTicket, token, &data)
		if err != nil {
			return err
		}
		present, err := tx.Account(ctx, t.Account)
		if err != nil {
			return err
		}
		if present.Disabled || present.Email != data.Old {
			return ErrLink
		}
		owner, err = s.changeEmail(ctx, tx, v, Person{Account: present}, data.Address)
		return err
	})
	return owner, err
}

// changeEmail changes the address, and the login where that was the address.
// Both addresses are told; links to a new password that the old one got end,
// as its mailbox may be why it is changed.
func (s *Service) changeEmail(ctx context.Context, tx *store.Tx, v Visit, p Person, address string) (store.Account, error) {
	old := p.Account
	err := tx.UpdateAccount(ctx, old.ID, func(a *store.Account) error {
		if a.Login == a.Email {
			a.Login = address
		}
		a.Email = address
		return nil
	})
	if err != nil {
		return store.Account{}, err
	}
	if err := tx.DeleteTickets(ctx, old.ID, resetTicket.name); err != nil {
		return store.Account{}, err
	}
	owner, err := tx.Account(ctx, old.ID)
	if err != nil {
		return store.Account{}, err
	}
	a, err := s.note(ctx, tx, v, p, EmailChanged, address)
	if err != nil {
		return store.Account{}, err
	}
	data := NoticeData{NewAddress: address, Done: true}
	if err := s.tell(ctx, tx, old, a, notice{kind: NoticeEmailOld, data: data}); err != nil {
		return store.Account{}, err
	}
	return owner, s.tell(ctx, tx, owner, a, notice{kind: NoticeEmailNew, data: data})
}

// SetDisabled keeps an account from signing in, or lets it again. Sessions,
// half sign-ins, links and the invitations that it made end with it.
func (s *Service) SetDisabled(ctx context.Context, account int64, disabled bool) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		err := tx.UpdateAccount(ctx, account, func(a *store.Account) error { a.Disabled = disabled; return nil })
		if err != nil {
			return err
		}
		what := AccountEnabled
		if disabled {
			what = AccountDisabled
			err := errors.Join(s.endAll(ctx, tx, account, 0), endInvitations(ctx, tx, store.Account{ID: account}))
			if err != nil {
				return err
			}
		}
		_, err = tx.AddActivity(ctx, store.Activity{Account: account, Kind: string(what)})
		return err
	})
}

// RequestDeletion closes the account for devices at once and deletes it after
// the grace period, whose end it returns. [ErrStepUp].
func (s *Service) RequestDeletion(ctx context.Context, v Visit, p Person) (end time.Time, err error) {
	end = s.now().Add(s.o.DeleteGrace)
	err = s.actFresh(ctx, p, func(tx *store.Tx, p Person) error {
		if err := s.setDeletion(ctx, tx, p, end.UnixMilli()); err != nil {
			return err
		}
		return s.noteAndTell(ctx, tx, v, p, DeletionRequested, "", notice{kind: NoticeDeletion, data: NoticeData{Until: end.UnixMilli()}})
	})
	return end, err
}

// CancelDeletion takes it back.
func (s *Service) CancelDeletion(ctx context.Context, v Visit, p Person) error {
	return s.act(ctx, p, func(tx *store.Tx, p Person) error {
		if p.Account.DeleteAfter == 0 {
			return nil
		}
		if err := s.setDeletion(ctx, tx, p, 0); err != nil {
			return err
		}
		_, err := s.note(ctx, tx, v, p, DeletionCancelled, "")
		return err
	})
}

func (s *Service) setDeletion(ctx context.Context, tx *store.Tx, p Person, at int64) error {
	return tx.UpdateAccount(ctx, p.Account.ID, func(a *store.Account) error { a.DeleteAfter = at; return nil })
}

// BeginExport notes that all the account holds is handed out. [ErrStepUp].
func (s *Service) BeginExport(ctx context.Context, v Visit, p Person) error {
	return s.noteFresh(ctx, v, p, Exported, "")
}

// NoteProfile notes that a configuration profile was handed out. [ErrStepUp].
func (s *Service) NoteProfile(ctx context.Context, v Visit, p Person, detail string) error {
	return s.noteFresh(ctx, v, p, ProfileDownloaded, printable(detail))
}

func (s *Service) noteFresh(ctx context.Context, v Visit, p Person, what ActivityKind, detail string) error {
	return s.actFresh(ctx, p, func(tx *store.Tx, p Person) error {
		_, err := s.note(ctx, tx, v, p, what, detail)
		return err
	})
}
