package web

import (
	"math"
	"net/url"
	"time"

	"ksync/internal/account"
)

// signInEntry is the way into the person's own pages.
func signInEntry(v *visit) (entry, error) {
	next, query := local(v.r.URL.Query().Get("next"), pathHome), url.Values{}
	if next != pathHome {
		query.Set("next", next)
	}
	return entry{
		Path: pathSignIn, Query: query,
		known: func(v *visit) error { return v.to(next) },
		done:  func(v *visit, o account.Opened) error { return v.enter(o, next) },
	}, nil
}

// enter opens the person's pages with a finished sign-in.
func (v *visit) enter(o account.Opened, next string) error {
	v.keepSession(o)
	if o.Account.NewPassword {
		next = pathNewPassword
	}
	return v.to(next)
}

func signOut(v *visit) error {
	if v.person != nil {
		if err := v.site.accounts.SignOut(v.ctx(), v.from(), *v.person); err != nil {
			return err
		}
	}
	v.dropSession()
	return v.noted(pathSignIn, "done.signed-out")
}

// seconds rounds up, so that nobody comes too early.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
