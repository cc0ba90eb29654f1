package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"golang.org/x/term"

	"ksync/internal/account"
	"ksync/internal/config"
	"ksync/store"
)

// newService is what people do with their accounts, for a command or the server.
func newService(env *environment, o account.ServiceOptions, at config.Location) (*account.Service, error) {
	keys, _, err := openKeys(env, at)
	if err != nil {
		return nil, err
	}
	o.Keys, o.Now, o.Rand = keys, env.now, env.rand
	return account.NewService(o)
}

// withService is with for commands that change how people sign in.
func (c *someUser) withService(env *environment, public config.PublicURL, do func(*account.Service, store.Account) error) error {
	return c.with(env, func(st *store.Store, a store.Account) error {
		s, err := newService(env, account.ServiceOptions{Store: st, URL: origin(public), Logger: commandLogger(env)}, c.Location)
		if err != nil {
			return err
		}
		defer s.Close()
		return do(s, a)
	})
}

// commandLogger shows only what a person at the terminal must know.
func commandLogger(env *environment) *slog.Logger {
	return slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// origin is nil when nobody said.
func origin(public config.PublicURL) *url.URL {
	if public.Host == "" {
		return nil
	}
	return &url.URL{Scheme: public.Scheme, Host: public.Host}
}

// linkURL is the setting that links begin with.
type linkURL struct {
	config.Public `embed:""`
}

var errNoURL = usageError{errors.New("say where people reach the server, with --url or KSYNC_URL")}

// print shows a link and until when it is good.
func (linkURL) print(env *environment, what string, l account.Link) error {
	_, err := fmt.Fprintf(env.out, "%s (good until %s, once):\n  %s\n", what, l.Expires.UTC().Format("2006-01-02 15:04 MST"), l.URL.Reveal())
	return err
}

type userPasswordCmd struct {
	someUser `embed:""`
	linkURL  `embed:""`
	Link     bool `help:"Print a link by which the person chooses one, instead of reading it."`
}

func (c *userPasswordCmd) Run(env *environment) error {
	if c.Link && c.URL.Host == "" {
		return errNoURL
	}
	return c.withService(env, c.URL, func(s *account.Service, a store.Account) error {
		if c.Link {
			link, err := s.ResetLink(env.ctx, a.ID)
			if err != nil {
				return err
			}
			return c.print(env, "To choose a new password for "+a.Login, link)
		}
		password, err := newPassword(env, a.Login)
		if err != nil {
			return err
		}
		if err := s.ImposePassword(env.ctx, a.ID, password); err != nil {
			return weak(err)
		}
		_, err = fmt.Fprintf(env.out, "The password of %s is set; sessions that were open have ended. App passwords stay.\n", a.Login)
		return err
	})
}

// newPassword asks twice at a terminal, and otherwise reads one line.
func newPassword(env *environment, login string) (account.Secret, error) {
	stdin := int(os.Stdin.Fd())
	if !term.IsTerminal(stdin) {
		return firstLine(env.in)
	}
	var typed [2]string
	for i, prompt := range []string{"New password of " + login + ": ", "Once more: "} {
		fmt.Fprint(env.err, prompt)
		line, err := term.ReadPassword(stdin)
		fmt.Fprintln(env.err)
		if err != nil {
			return "", err
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two differ; nothing was changed")
	}
	return account.Secret(typed[0]), nil
}

// weak says what to do about a password that was not taken.
func weak(err error) error {
	w, ok := errors.AsType[*account.WeakPassword](err)
	if !ok {
		return err
	}
	switch w.Reason {
	case account.TooShort:
		return fmt.Errorf("the password is too short: at least %d characters, better %d", w.Min, account.RecommendedPassword)
	case account.TooLong:
		return errors.New("the password is too long: at most 256 characters")
	case account.TooCommon:
		return errors.New("many people use this password: take another, like three words that do not belong together")
	case account.TooSimple:
		return errors.New("the password is a pattern: take another, like three words that do not belong together")
	case account.TooClose:
		return errors.New("the password is made of the login, name or address: take another")
	default:
		return errors.New("the password has characters that cannot be typed everywhere")
	}
}

type userFactorsCmd struct {
	someUser `embed:""`
	Yes      bool `short:"y" help:"Do not ask."`
}

func (c *userFactorsCmd) Run(env *environment) error {
	return c.withService(env, config.PublicURL{}, func(s *account.Service, a store.Account) error {
		if !c.Yes && !retyped(env, a, "Authenticator app, passkeys and backup codes of %s will be removed; the password alone signs in then.\n") {
			return errors.New("nothing was removed; answer with the login, or use --yes")
		}
		if err := s.RemoveFactors(env.ctx, a.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.out, "%s signs in with the password alone now; sessions that were open have ended.\n", a.Login)
		return err
	})
}

type userInviteCmd struct {
	config.Location `embed:""`
	linkURL         `embed:""`
	Email           string      `arg:"" optional:"" help:"E-mail address of the person; the account will have it."`
	Name            string      `help:"Name of the person."`
	Quota           config.Size `default:"0" placeholder:"SIZE" help:"Most that all objects of the account may take; 0 is no limit."`
	Send            bool        `help:"Have the server mail the link, too."`
	JSON            bool        `name:"json" help:"Print JSON."`
}

func (c *userInviteCmd) Run(env *environment) error {
	if c.URL.Host == "" {
		return errNoURL
	}
	return c.with(env, func(s *account.Service) error {
		made, link, err := s.Invite(env.ctx, account.Invitation{Email: c.Email, Name: c.Name, Quota: int64(c.Quota)})
		switch {
		case errors.Is(err, store.ErrExists):
			return fmt.Errorf("there is already an account with the address %s", c.Email)
		case errors.Is(err, account.ErrText):
			return usageError{errors.New("that is no e-mail address or no name")}
		case err != nil:
			return err
		case c.JSON:
			return printJSON(env, struct {
				ID      int64  `json:"id"`
				Email   string `json:"email,omitempty"`
				URL     string `json:"url"`
				Expires string `json:"expires"`
			}{made.ID, made.Email, link.URL.Reveal(), timestamp(made.Expires)})
		}
		return c.print(env, "To make an account", link)
	})
}

func (c *userInviteCmd) with(env *environment, do func(*account.Service) error) (err error) {
	st, err := openOrMake(env, c.Location, store.Options{})
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	s, err := newService(env, account.ServiceOptions{Store: st, URL: origin(c.URL), Mail: c.Send, Logger: commandLogger(env)}, c.Location)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

type userInvitationsCmd struct {
	config.Location `embed:""`
	Revoke          int64 `placeholder:"ID" help:"End this one."`
	JSON            bool  `name:"json" help:"Print JSON."`
}

func (c *userInvitationsCmd) Run(env *environment) (err error) {
	st, err := openExisting(env, c.Location)
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	s, err := newService(env, account.ServiceOptions{Store: st, Logger: commandLogger(env)}, c.Location)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.Revoke != 0 {
		return c.revoke(env, s)
	}
	all, err := s.Invitations(env.ctx)
	if err != nil {
		return err
	}
	return c.print(env, all)
}

func (c *userInvitationsCmd) revoke(env *environment, s *account.Service) error {
	err := s.RevokeInvitation(env.ctx, c.Revoke)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no invitation %d is open; `ksyncd user invitations` shows them all", c.Revoke)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.out, "Invitation %d has ended.\n", c.Revoke)
	return err
}

func (c *userInvitationsCmd) print(env *environment, all []account.Invitation) error {
	type view struct {
		ID      int64  `json:"id"`
		Email   string `json:"email,omitempty"`
		Name    string `json:"name,omitempty"`
		By      string `json:"by,omitempty"`
		Created string `json:"created"`
		Expires string `json:"expires"`
	}
	views := make([]view, 0, len(all))
	for _, i := range all {
		views = append(views, view{i.ID, i.Email, i.Name, i.By, timestamp(i.Created), timestamp(i.Expires)})
	}
	if c.JSON {
		return printJSON(env, views)
	}
	t := newTable(env.out, "ID", "E-MAIL", "NAME", "BY", "CREATED", "EXPIRES")
	for _, v := range views {
		t.row(v.ID, v.Email, v.Name, v.By, v.Created, v.Expires)
	}
	return t.Flush()
}

type userActivityCmd struct {
	someUser `embed:""`
	Since    config.Duration `default:"30d" placeholder:"TIME" help:"How far to look back."`
	JSON     bool            `name:"json" help:"Print JSON, one line each."`
}

func (c *userActivityCmd) Run(env *environment) error {
	return c.withService(env, config.PublicURL{}, func(s *account.Service, a store.Account) error {
		query := store.ActivityQuery{From: env.now().Add(-c.Since.Std()).UnixMilli(), Limit: 500}
		print, end := c.printer(env)
		for {
			page, err := s.Activity(env.ctx, account.Person{Account: a}, query)
			if err != nil || len(page) == 0 {
				return errors.Join(err, end())
			}
			for _, e := range page {
				if err := print(e); err != nil {
					return err
				}
			}
			query.Before = page[len(page)-1]
		}
	})
}

// printer prints one thing after the other, and what is left at the end.
func (c *userActivityCmd) printer(env *environment) (print func(store.Activity) error, end func() error) {
	if c.JSON {
		return func(e store.Activity) error { return c.printJSON(env, e) }, func() error { return nil }
	}
	t := newTable(env.out, "TIME", "WHAT", "TIMES", "FROM", "WITH", "ABOUT", "REFERENCE")
	return func(e store.Activity) error {
		t.row(time.UnixMilli(e.At).UTC().Format(time.DateTime), e.Kind, e.Count, e.Place, e.Client, e.Detail, account.Reference(e.ID))
		return nil
	}, t.Flush
}

func (c *userActivityCmd) printJSON(env *environment, e store.Activity) error {
	return printJSON(env, struct {
		At        string `json:"at"`
		Since     string `json:"since"`
		Kind      string `json:"kind"`
		Count     int64  `json:"count"`
		Place     string `json:"place,omitempty"`
		Client    string `json:"client,omitempty"`
		Detail    string `json:"detail,omitempty"`
		Reference string `json:"reference"`
	}{timestamp(e.At), timestamp(e.Since), e.Kind, e.Count, e.Place, e.Client, e.Detail, account.Reference(e.ID)})
}
