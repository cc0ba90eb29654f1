package account

import (
	"context"
	"encoding/hex"
	"errors"

	"ksync/store"
)

// Flow is a begun Login Flow v2 (clients.md 1.9).
type Flow struct {
	Poll  Secret // for the app
	Login Secret // for the browser
}

// FlowRequest is what a person is asked to grant.
type FlowRequest struct {
	Agent, Place string // of the app
	Created      int64
}

// FlowResult is what the app gets.
type FlowResult struct {
	Login       string
	AppPassword Secret
}

// flowData is what both tokens remember of the app.
type flowData struct {
	Agent string `json:"agent"`
	Place string `json:"place"`
	Poll  string `json:"poll,omitempty"` // hash under which a granted poll will be found
	Old   string `json:"old,omitempty"`  // hash of the poll that waits
}

// BeginFlow begins one for the app that v describes. It lives 20 minutes.
func (s *Service) BeginFlow(ctx context.Context, v Visit) (Flow, error) {
	if err := s.limits.demand(v.Address); err != nil {
		return Flow{}, err
	}
	var f Flow
	err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		data := flowData{Agent: v.Agent, Place: v.place()}
		if f.Poll, err = s.newTicket(ctx, tx, pollTicket, 0, data); err != nil {
			return err
		}
		data.Poll = hex.EncodeToString(tokenHash(grantedTicket.name, f.Poll))
		data.Old = hex.EncodeToString(tokenHash(pollTicket.name, f.Poll))
		f.Login, err = s.newTicket(ctx, tx, flowTicket, 0, data)
		return err
	})
	return f, err
}

// FlowRequest returns what the browser's token asks for, or [ErrLink].
func (s *Service) FlowRequest(ctx context.Context, login Secret) (r FlowRequest, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		var data flowData
		t, err := look(ctx, tx, flowTicket, login, &data)
		r = FlowRequest{Agent: data.Agent, Place: data.Place, Created: t.Created}
		return err
	})
	return r, err
}

// ApproveFlow spends a grant and the browser's token. No password is made
// before the app asks for it, so that none is kept. [ErrLink], [ErrNewPassword].
func (s *Service) ApproveFlow(ctx context.Context, grant, login Secret) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		var data flowData
		flow, err := take(ctx, tx, flowTicket, login, &data)
		if err != nil {
			return err
		}
		owner, err := granter(ctx, tx, grant)
		if err != nil {
			return err
		}
		granted, err1 := hex.DecodeString(data.Poll)
		waiting, err2 := hex.DecodeString(data.Old)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if _, err := tx.TakeTicket(ctx, waiting); err != nil {
			return ErrLink
		}
		_, err = s.putTicket(ctx, tx, grantedTicket, store.Ticket{Account: owner.ID, Hash: granted, Expires: flow.Expires}, flowData{Agent: data.Agent, Place: data.Place})
		return err
	})
}

// PollFlow hands the app its password, once. [ErrPending], [ErrLink].
func (s *Service) PollFlow(ctx context.Context, v Visit, poll Secret) (r FlowResult, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		var data flowData
		t, err := take(ctx, tx, grantedTicket, poll, &data)
		if errors.Is(err, ErrLink) {
			if _, err := look(ctx, tx, pollTicket, poll, nil); err != nil {
				return err
			}
			return ErrPending
		}
		if err != nil {
			return err
		}
		owner, err := Usable(ctx, tx, t.Account)
		if err != nil {
			return denied(err)
		}
		r.Login = owner.Login
		r.AppPassword, _, err = s.issue(ctx, tx, v, Person{Account: owner},
			store.AppPassword{Account: owner.ID, Name: shortened(Client(data.Agent), "App"), Scope: store.FullScope})
		return err
	})
	if err != nil {
		return FlowResult{}, err
	}
	return r, nil
}
