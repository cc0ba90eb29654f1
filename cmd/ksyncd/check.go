package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"ksync/internal/remote"
)

type checkCmd struct {
	URL    string `arg:"" help:"Address that people type into their apps."`
	signIn `embed:""`
	JSON   bool `name:"json" help:"Print JSON."`
}

// Run checks any CardDAV or CalDAV server; it needs no data directory.
func (c *checkCmd) Run(env *environment) error {
	o, err := c.options(env, c.URL)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(env.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	check := remote.CheckOptions{Options: o, Now: env.now, Rand: env.rand}
	if !c.JSON {
		check.Tell = func(s remote.Step) { tellStep(env, s) }
	}
	steps := remote.Check(ctx, check)
	if c.JSON {
		if err := printJSON(env, steps); err != nil {
			return err
		}
	}
	if remote.Failed(steps) {
		return errors.New("apps will have trouble with this server; see what is marked fail")
	}
	return ctx.Err()
}

func tellStep(env *environment, s remote.Step) {
	fmt.Fprintf(env.out, "%-5s %s", s.Status, s.Name)
	if s.Found != "" {
		fmt.Fprintf(env.out, ": %s", printable(s.Found))
	}
	fmt.Fprintln(env.out)
	if s.Mend != "" {
		fmt.Fprintf(env.out, "      %s\n", printable(s.Mend))
	}
}
