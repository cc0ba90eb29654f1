package main

import (
	"context"
	"errors"
	"fmt"

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
	return examine(env, remote.CheckOptions{Options: o}, c.JSON, remote.Check)
}

// examine goes through the steps, tells each when it is known, and ends in an
// error if one went wrong.
func examine(env *environment, o remote.CheckOptions, asJSON bool, look func(context.Context, remote.CheckOptions) []remote.Step) error {
	ctx, stop := env.untilStopped()
	defer stop()
	o.Now, o.Rand = env.now, env.rand
	if !asJSON {
		o.Tell = func(s remote.Step) { tellStep(env, s) }
	}
	steps := look(ctx, o)
	if asJSON {
		if err := printJSON(env, steps); err != nil {
			return err
		}
	}
	if remote.Failed(steps) {
		return errors.New("apps will have trouble with this server; see what is marked as a problem")
	}
	return ctx.Err()
}

func tellStep(env *environment, s remote.Step) {
	fmt.Fprintf(env.out, "%-8s %s", s.Status, s.Name)
	if s.Found != "" {
		fmt.Fprintf(env.out, ": %s", printable(s.Found))
	}
	fmt.Fprintln(env.out)
	if s.Mend != "" {
		fmt.Fprintf(env.out, "         %s\n", printable(s.Mend))
	}
}
