package account

import (
	"context"
	"time"

	"ksync/store"
)

// Of the letters that set a device up: so many in a while.
const (
	deviceLinks      = 3
	deviceLinkWindow = 10 * time.Minute
)

// MailDeviceLink sends a person the link at which a device of that name is set
// up, to the address of the account and to no other. Where mail is not set up,
// or the account has no address ([Service.Mails]), it does nothing.
// [store.ErrLimit] after several in a short time.
func (s *Service) MailDeviceLink(ctx context.Context, v Visit, p Person, name string, l Link) error {
	return s.Act(ctx, p, func(tx *store.Tx, p Person) error {
		before, err := tx.Notices(ctx, p.Account.ID, string(NoticeDeviceLink)+" ", s.now().Add(-deviceLinkWindow).UnixMilli())
		if err != nil {
			return err
		}
		if len(before) >= deviceLinks {
			return store.ErrLimit
		}
		from := store.Activity{Place: v.place(), Client: v.client()}
		return s.tell(ctx, tx, p.Account, from, notice{
			kind: NoticeDeviceLink, data: NoticeData{Name: name, Link: l.URL.Reveal(), Until: l.Expires.UnixMilli()},
		})
	})
}
