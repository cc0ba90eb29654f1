package account

import (
	"context"

	"ksync/store"
)

// What packages above build on that make changes of their own to an account:
// a change, the activity and the letter about it stay one transaction.

// Note writes down what a person did, in the transaction that does it.
func (s *Service) Note(ctx context.Context, tx *store.Tx, v Visit, p Person, what ActivityKind, detail string) error {
	_, err := s.note(ctx, tx, v, p, what, printable(detail))
	return err
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
	a, err := tx.AddActivity(ctx, v.did(p, AppPasswordCreated, made.ID, made.Name))
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
	_, err = tx.AddActivity(ctx, v.did(p, AppPasswordRevoked, id, ended.Name))
	return err
}
