package account

import (
	"context"

	"ksync/store"
)

// What packages above build on that make changes of their own to an account:
// a change, the activity and the letter about it stay one transaction.

// Act runs what a person does in a transaction that looks again whether the
// session and the account are still good. [ErrDenied], [ErrNewPassword].
func (s *Service) Act(ctx context.Context, p Person, do func(*store.Tx, Person) error) error {
	return s.act(ctx, p, do)
}

// ActFresh is [Service.Act] for what changes security: [ErrStepUp].
func (s *Service) ActFresh(ctx context.Context, p Person, do func(*store.Tx, Person) error) error {
	return s.actFresh(ctx, p, do)
}

// SentOnce notes in the transaction that acts that the form of the visit was
// sent. A second time nothing is to be done. [ErrRepeated].
func (s *Service) SentOnce(ctx context.Context, tx *store.Tx, v Visit, p Person) error {
	return s.sentOnce(ctx, tx, v, p)
}

// Note writes down what a person did, in the transaction that does it.
func (s *Service) Note(ctx context.Context, tx *store.Tx, v Visit, p Person, what ActivityKind, detail string) error {
	_, err := s.note(ctx, tx, v, p, what, printable(detail))
	return err
}

// Usable returns an account that may get an app password. [ErrLink] when it
// may not, [ErrNewPassword].
func (s *Service) Usable(ctx context.Context, tx *store.Tx, account int64) (store.Account, error) {
	return usable(ctx, tx, account)
}

// DrawAppPassword draws a secret that opens nothing yet.
func (s *Service) DrawAppPassword() (Secret, error) { return newSecret(s.o.Rand) }

// AddAppPassword makes a secret that was drawn an app password with the
// account, name, scope and end of want, and tells its owner. [store.ErrLimit].
func (s *Service) AddAppPassword(ctx context.Context, tx *store.Tx, v Visit, p Person, secret Secret, want store.AppPassword) (store.AppPassword, error) {
	want.MadePlace = v.place()
	if err := s.issuer.keep(&want, secret); err != nil {
		return store.AppPassword{}, err
	}
	made, err := tx.CreateAppPassword(ctx, want)
	if err != nil {
		return store.AppPassword{}, err
	}
	a, err := tx.AddActivity(ctx, store.Activity{
		Account: p.Account.ID, Session: p.Session.ID, AppPassword: made.ID, Kind: string(AppPasswordCreated), Detail: made.Name,
		Place: v.place(), Client: v.client(), Agent: v.Agent,
	})
	if err != nil {
		return store.AppPassword{}, err
	}
	return made, s.tell(ctx, tx, p.Account, a, notice{kind: NoticeAppPassword, data: NoticeData{Name: made.Name}})
}

// EndAppPassword is [Service.RevokeAppPassword] in a transaction.
func (s *Service) EndAppPassword(ctx context.Context, tx *store.Tx, v Visit, p Person, id int64) error {
	ended, err := tx.AppPassword(ctx, p.Account.ID, id)
	if err != nil || ended.Revoked != 0 {
		return err
	}
	if err := tx.RevokeAppPassword(ctx, p.Account.ID, id); err != nil {
		return err
	}
	_, err = tx.AddActivity(ctx, store.Activity{
		Account: p.Account.ID, Session: p.Session.ID, AppPassword: id, Kind: string(AppPasswordRevoked), Detail: ended.Name,
		Place: v.place(), Client: v.client(), Agent: v.Agent,
	})
	return err
}

// CleanName is a name that a person gave to something, fit to be kept. [ErrText].
func CleanName(name string) (string, error) { return cleanName(name) }
