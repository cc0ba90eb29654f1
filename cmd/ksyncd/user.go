package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/internal/config"
	"ksync/store"
)

// userCmd is the commands for accounts.
type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Make an account with an address book, a calendar and a task list."`
	List    userListCmd    `cmd:"" help:"List accounts."`
	Disable userDisableCmd `cmd:"" help:"Keep an account from signing in; its data stays."`
	Enable  userEnableCmd  `cmd:"" help:"Let a disabled account sign in again."`
	Delete  userDeleteCmd  `cmd:"" help:"Delete an account and all its data for good."`

	Admin userAdminCmd `cmd:"" help:"Say whether an account may invite others. The first account may."`

	Password      userPasswordCmd    `cmd:"" help:"Set the password with which a person signs in in the browser, or print a link to choose one."`
	RemoveFactors userFactorsCmd     `cmd:"" help:"Remove the second factors of a person who has lost them."`
	Invite        userInviteCmd      `cmd:"" help:"Print a link by which a person makes an account."`
	Invitations   userInvitationsCmd `cmd:"" help:"List invitations that are open, or end one."`
	Activity      userActivityCmd    `cmd:"" help:"List sign-ins and changes of an account."`
}

// userView is an account in JSON.
type userView struct {
	ID       int64  `json:"id"`
	Login    string `json:"login"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	Disabled bool   `json:"disabled"`
	Admin    bool   `json:"admin"`
	Created  string `json:"created"`
}

func viewUser(a store.Account) userView {
	return userView{a.ID, a.Login, a.Email, a.Name, a.Disabled, a.Admin, timestamp(a.Created)}
}

func (v userView) state() string {
	if v.Disabled {
		return "disabled"
	}
	return "active"
}

func (v userView) role() string {
	if v.Admin {
		return "admin"
	}
	return ""
}

type userAddCmd struct {
	config.Location `embed:""`
	Login           string      `arg:"" help:"Name to sign in with; an e-mail address is fine."`
	Email           string      `help:"E-mail address, which also signs in. A login that is one needs no other."`
	Name            string      `help:"Name as people read it."`
	Quota           config.Size `default:"0" placeholder:"SIZE" help:"Most that all its objects may take, like 500MiB; 0 is no limit."`
	JSON            bool        `name:"json" help:"Print JSON."`
}

func (c *userAddCmd) Run(env *environment) (err error) {
	st, err := openOrMake(env, c.Location, store.Options{})
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	a, err := account.Create(env.ctx, st, store.Account{Login: c.Login, Email: c.Email, Name: c.Name, Quota: int64(c.Quota)})
	switch {
	case errors.Is(err, account.ErrLogin):
		return usageError{err}
	case errors.Is(err, account.ErrText):
		return usageError{errors.New("that is no e-mail address: it has one @, and no blanks")}
	case errors.Is(err, store.ErrExists):
		return fmt.Errorf("there is already an account with the login or address %s", c.Login)
	case err != nil:
		return err
	case c.JSON:
		return printJSON(env, viewUser(a))
	}
	_, err = fmt.Fprintf(env.out, "Account %s is there. Now make an app password for a device:\n  ksyncd app-password create %s --name PHONE%s\n", a.Login, a.Login, whereFlag(c.Location))
	return err
}

type userListCmd struct {
	config.Location `embed:""`
	JSON            bool `name:"json" help:"Print JSON."`
}

func (c *userListCmd) Run(env *environment) (err error) {
	st, err := openExisting(env, c.Location)
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	all, err := st.Accounts(env.ctx)
	if err != nil {
		return err
	}
	views := make([]userView, 0, len(all))
	for _, a := range all {
		views = append(views, viewUser(a))
	}
	if c.JSON {
		return printJSON(env, views)
	}
	t := newTable(env.out, "ID", "LOGIN", "E-MAIL", "NAME", "STATE", "ROLE", "CREATED")
	for _, v := range views {
		t.row(v.ID, v.Login, v.Email, v.Name, v.state(), v.role(), v.Created)
	}
	return t.Flush()
}

// someUser is a command on one existing account.
type someUser struct {
	config.Location `embed:""`
	Login           string `arg:"" help:"Login or e-mail address of the account."`
}

// with opens the store, finds the account and does something to it.
func (c *someUser) with(env *environment, do func(*store.Store, store.Account) error) error {
	return withUser(env, c.Location, c.Login, do)
}

func withUser(env *environment, at config.Location, login string, do func(*store.Store, store.Account) error) (err error) {
	st, err := openExisting(env, at)
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	a, err := findUser(env.ctx, st, login)
	if err != nil {
		return err
	}
	return do(st, a)
}

func findUser(ctx context.Context, st *store.Store, login string) (store.Account, error) {
	a, err := st.AccountByLogin(ctx, account.NormalizeLogin(login))
	if errors.Is(err, store.ErrNotFound) {
		return store.Account{}, fmt.Errorf("there is no account %s; `ksyncd user list` shows them all", login)
	}
	return a, err
}

type userDisableCmd struct {
	someUser `embed:""`
}

func (c *userDisableCmd) Run(env *environment) error {
	return c.withService(env, config.PublicURL{}, func(s *account.Service, a store.Account) error { return setDisabled(env, s, a, true) })
}

type userEnableCmd struct {
	someUser `embed:""`
}

func (c *userEnableCmd) Run(env *environment) error {
	return c.withService(env, config.PublicURL{}, func(s *account.Service, a store.Account) error { return setDisabled(env, s, a, false) })
}

func setDisabled(env *environment, s *account.Service, a store.Account, disabled bool) error {
	if err := s.SetDisabled(env.ctx, a.ID, disabled); err != nil {
		return err
	}
	state := "can sign in again"
	if disabled {
		state = "cannot sign in any more; its data is kept"
	}
	_, err := fmt.Fprintf(env.out, "Account %s %s.\n", a.Login, state)
	return err
}

type userAdminCmd struct {
	someUser `embed:""`
	State    string `arg:"" enum:"on,off" help:"on or off."`
}

func (c *userAdminCmd) Run(env *environment) error {
	return c.withService(env, config.PublicURL{}, func(s *account.Service, a store.Account) error {
		if err := s.SetAdmin(env.ctx, a.ID, c.State == "on"); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.out, "Account %s %s.\n", a.Login, map[string]string{"on": "may invite others", "off": "may not invite others"}[c.State])
		return err
	})
}

type userDeleteCmd struct {
	someUser `embed:""`
	Yes      bool `short:"y" help:"Do not ask."`
}

func (c *userDeleteCmd) Run(env *environment) error {
	return c.with(env, func(st *store.Store, a store.Account) error {
		if !c.Yes && !confirmed(env, a) {
			return errors.New("nothing was deleted; answer with the login, or use --yes")
		}
		if err := st.DeleteAccount(env.ctx, a.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.out, "Account %s and its data are deleted.\n", a.Login)
		return err
	})
}

func confirmed(env *environment, a store.Account) bool {
	return retyped(env, a, "All contacts, calendars and tasks of %s will be deleted for good.\n")
}

// retyped asks for the login: a y is typed too easily for what cannot be undone.
func retyped(env *environment, a store.Account, warning string) bool {
	fmt.Fprintf(env.err, warning+"Type the login to go on: ", a.Login)
	answer, err := env.in.ReadString('\n')
	return (err == nil || answer != "") && account.NormalizeLogin(strings.TrimSpace(answer)) == a.Login
}

func printJSON(env *environment, v any) error {
	enc := json.NewEncoder(env.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// timestamp prints a time of the store, which is 0 for never.
func timestamp(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339)
}
