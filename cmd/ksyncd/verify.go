package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"ksync/internal/account"
	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/config"
	"ksync/internal/duplicates"
	"ksync/internal/ical"
	"ksync/internal/vcard"
	"ksync/store"
)

type verifyCmd struct {
	config.Location `embed:""`
	JSON            bool `name:"json" help:"Print JSON."`
}

// Run may run beside a server. It ends with exit code 1 when it finds something.
func (c *verifyCmd) Run(env *environment) (err error) {
	ctx, stop := env.untilStopped()
	defer stop()
	st, err := openExisting(env, c.Location)
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	report, err := st.Inspect(ctx, derive(), duplicates.Keying())
	if err != nil {
		return err
	}
	if finding := lockedOut(ctx, env, st, c.Location); finding != "" {
		report.Findings = append(report.Findings, finding)
	}
	if c.JSON {
		err = printJSON(env, report)
	} else {
		printFindings(env.out, report)
		_, err = fmt.Fprintf(env.out, "Read %d accounts, %d calendars and address books, %d objects, %d earlier versions, %d bytes.\n",
			report.Accounts, report.Collections, report.Objects, report.Versions, report.Bytes)
	}
	if n := int64(len(report.Findings)) + report.More; err == nil && n > 0 {
		err = fmt.Errorf("%d things are not right in %s", n, c.Database())
	}
	return err
}

// lockedOut says what the key file does not fit, "" when it fits all. None is made.
func lockedOut(ctx context.Context, env *environment, st *store.Store, at config.Location) string {
	keys, err := account.ReadKeys(keysFile(at))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err.Error()
	}
	locked, err := keys.Locked(ctx, st, env.now())
	if err != nil {
		return fmt.Sprintf("keys: %v", err)
	}
	text := locked.String()
	if text != "" {
		text = keysFile(at) + ": " + text
	}
	return text
}

// derive reads of every kind's bytes what they are found by.
func derive() store.Derive {
	return store.Derive{
		store.Calendar: func(data []byte) (store.Index, error) {
			o, err := ical.Parse(data)
			if err != nil {
				return store.Index{}, err
			}
			return caldav.Index(o), nil
		},
		store.AddressBook: func(data []byte) (store.Index, error) {
			card, err := vcard.Parse(data)
			if err != nil {
				return store.Index{}, err
			}
			return carddav.Index(card), nil
		},
	}
}

func printFindings(w io.Writer, r *store.Report) {
	for _, finding := range r.Findings {
		fmt.Fprintln(w, printable(finding))
	}
	if r.More > 0 {
		fmt.Fprintf(w, "… and %d more.\n", r.More)
	}
}
