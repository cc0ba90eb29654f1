package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"ksync/internal/account"
	"ksync/internal/config"
	"ksync/store"
)

// appPasswordCmd is the commands for app passwords.
type appPasswordCmd struct {
	Create appPasswordCreateCmd `cmd:"" help:"Make an app password for one device. It is shown this once."`
	List   appPasswordListCmd   `cmd:"" help:"List the app passwords of an account, and when they were last used."`
	Revoke appPasswordRevokeCmd `cmd:"" help:"End an app password: the device's next request is refused."`
}

type appPasswordCreateCmd struct {
	someUser `embed:""`
	Name     string  `required:"" help:"What it is for, like \"Ann's phone\"."`
	Scope    string  `default:"contacts,calendars,tasks" help:"What it opens: contacts, calendars, tasks, each with :ro to only read."`
	Expires  *expiry `placeholder:"WHEN" help:"When it ends: a date like 2027-01-31, or a time from now like 90d. Never by default."`
	JSON     bool    `name:"json" help:"Print JSON."`
}

func (c *appPasswordCreateCmd) Run(env *environment) error {
	scope, err := store.ParseScope(c.Scope)
	if err != nil {
		return usageError{fmt.Errorf("--scope: %w", err)}
	}
	want := store.AppPassword{Name: c.Name, Scope: scope}
	if c.Expires != nil {
		if want.Expires = c.Expires.at(env.now()); want.Expires <= env.now().UnixMilli() {
			return usageError{errors.New("--expires: that time has passed")}
		}
	}
	return c.with(env, func(st *store.Store, a store.Account) error {
		want.Account = a.ID
		secret, err := issue(env, c.Location, st, want)
		if errors.Is(err, store.ErrLimit) {
			return fmt.Errorf("%s has as many app passwords as are allowed; revoke one that is not used: `ksyncd app-password list %s`", a.Login, a.Login)
		}
		if err != nil {
			return err
		}
		return c.print(env, a.Login, secret)
	})
}

// issue makes an app password under the keys of the data directory.
func issue(env *environment, at config.Location, st *store.Store, want store.AppPassword) (account.Secret, error) {
	keys, _, err := openKeys(env, at)
	if err != nil {
		return "", err
	}
	secret, _, err := account.Issuer{Store: st, Keys: keys, Rand: env.rand}.Issue(env.ctx, want)
	return secret, err
}

func (c *appPasswordCreateCmd) print(env *environment, login string, secret account.Secret) error {
	if c.JSON {
		return printJSON(env, struct {
			Login    string `json:"login"`
			Password string `json:"password"`
		}{login, secret.Reveal()})
	}
	_, err := fmt.Fprintf(env.out, "Login         %s\nApp password  %s\n\nIt is shown this once. Blanks, hyphens and capitals do not matter when it is typed.\n", login, secret.Reveal())
	return err
}

// appPasswordView is an app password in JSON.
type appPasswordView struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Scope     string `json:"scope"`
	State     string `json:"state"`
	Created   string `json:"created"`
	Expires   string `json:"expires,omitempty"`
	LastUsed  string `json:"last_used,omitempty"`
	LastPlace string `json:"last_place,omitempty"`
	LastAgent string `json:"last_agent,omitempty"`
}

func viewAppPassword(p store.AppPassword, now time.Time) appPasswordView {
	v := appPasswordView{p.ID, p.Name, p.Scope.String(), "active", timestamp(p.Created), timestamp(p.Expires), timestamp(p.LastUsed), p.LastPlace, p.LastAgent}
	switch {
	case p.Revoked != 0:
		v.State = "revoked"
	case !p.Active(now.UnixMilli()):
		v.State = "expired"
	}
	return v
}

type appPasswordListCmd struct {
	someUser `embed:""`
	JSON     bool `name:"json" help:"Print JSON."`
}

func (c *appPasswordListCmd) Run(env *environment) error {
	return c.with(env, func(st *store.Store, a store.Account) error {
		all, err := st.AppPasswords(env.ctx, a.ID)
		if err != nil {
			return err
		}
		views := make([]appPasswordView, 0, len(all))
		for _, p := range all {
			views = append(views, viewAppPassword(p, env.now()))
		}
		if c.JSON {
			return printJSON(env, views)
		}
		t := newTable(env.out, "ID", "NAME", "SCOPE", "STATE", "CREATED", "EXPIRES", "LAST USED", "FROM", "WITH")
		for _, v := range views {
			t.row(v.ID, v.Name, v.Scope, v.State, v.Created, v.Expires, v.LastUsed, v.LastPlace, v.LastAgent)
		}
		return t.Flush()
	})
}

type appPasswordRevokeCmd struct {
	someUser `embed:""`
	Which    string `arg:"" help:"Number or name, as the list shows it."`
}

func (c *appPasswordRevokeCmd) Run(env *environment) error {
	return c.with(env, func(st *store.Store, a store.Account) error {
		all, err := st.AppPasswords(env.ctx, a.ID)
		if err != nil {
			return err
		}
		p, err := choose(all, c.Which)
		if err != nil {
			return fmt.Errorf("%w; `ksyncd app-password list %s` shows them all", err, a.Login)
		}
		if err := st.RevokeAppPassword(env.ctx, a.ID, p.ID); err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.out, "App password %q is revoked. Remove the account from that device.\n", p.Name)
		return err
	})
}

// choose finds one by number, or by a name that only one has which still works.
func choose(all []store.AppPassword, which string) (store.AppPassword, error) {
	var named []store.AppPassword
	for _, p := range all {
		if strconv.FormatInt(p.ID, 10) == which {
			return p, nil
		}
		if p.Name == which && p.Revoked == 0 {
			named = append(named, p)
		}
	}
	switch len(named) {
	case 0:
		return store.AppPassword{}, fmt.Errorf("no app password %q", which)
	case 1:
		return named[0], nil
	}
	return store.AppPassword{}, fmt.Errorf("%d app passwords are named %q, give the number", len(named), which)
}

// expiry is a date, or a time from now.
type expiry struct {
	date time.Time
	in   time.Duration
}

// UnmarshalText takes 2027-01-31, meaning the end of that day in UTC, or 90d.
func (e *expiry) UnmarshalText(text []byte) error {
	if date, err := time.Parse(time.DateOnly, string(text)); err == nil {
		*e = expiry{date: date.AddDate(0, 0, 1)}
		return nil
	}
	var in config.Duration
	if err := in.UnmarshalText(text); err != nil {
		return fmt.Errorf("%q is neither a date like 2027-01-31 nor a time like 90d", text)
	}
	*e = expiry{in: in.Std()}
	return nil
}

func (e *expiry) at(now time.Time) int64 {
	if e.date.IsZero() {
		return now.Add(e.in).UnixMilli()
	}
	return e.date.UnixMilli()
}
