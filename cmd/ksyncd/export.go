package main

import (
	"fmt"

	"ksync/internal/config"
	"ksync/internal/transfer"
)

type exportCmd struct {
	config.Location `embed:""`
	Account         string `required:"" placeholder:"LOGIN" help:"Account to export: its login or e-mail address."`
	Output          string `required:"" short:"o" placeholder:"PATH" help:"New directory, or new archive if it ends in .zip."`
	Separate        bool   `help:"One file for each contact, event and task, byte for byte as stored, instead of one for each address book and calendar."`
	JSON            bool   `name:"json" help:"Print JSON."`
}

func (c *exportCmd) Run(env *environment) (err error) {
	st, err := openExisting(env, c.Location)
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	a, err := findUser(env.ctx, st, c.Account)
	if err != nil {
		return err
	}
	ctx, stop := env.untilStopped()
	defer stop()
	bar := newBar(env, !c.JSON)
	e := transfer.Exporter{Store: st, Account: a.ID, Separate: c.Separate, Now: env.now, Progress: bar.show}
	done, err := e.Export(ctx, c.Output)
	bar.clear()
	if err != nil {
		return err
	}
	return c.print(env, done)
}

func (c *exportCmd) print(env *environment, done *transfer.Exported) error {
	if c.JSON {
		return printJSON(env, done)
	}
	for _, it := range done.Left {
		fmt.Fprintf(env.out, "left out   %s %s: %s\n", printable(it.Collection), printable(it.UID), printable(it.Reason))
	}
	_, err := fmt.Fprintf(env.out, "%d objects of %d collections are in %s.\n", done.Objects-len(done.Left), done.Collections, c.Output)
	if n := len(done.Left); err == nil && n > 0 {
		err = fmt.Errorf("%d objects cannot be joined with others; --separate exports them, too", n)
	}
	return err
}
