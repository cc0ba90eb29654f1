package main

import (
	"context"
	"encoding/json"
	"io"

	"ksync/internal/account"
	"ksync/internal/transfer"
)

// everything writes all that is kept of a person as one archive: what syncs,
// and account.json.
func (p parts) everything(env *environment) func(ctx context.Context, who account.Person, w io.Writer) error {
	return func(ctx context.Context, who account.Person, w io.Writer) error {
		record, err := p.accounts.Record(ctx, who)
		if err != nil {
			return err
		}
		about, err := json.MarshalIndent(record, "", "  ")
		if err != nil {
			return err
		}
		e := transfer.Exporter{Store: p.store, Account: who.Account.ID, Now: env.now}
		_, err = e.ExportTo(ctx, w, map[string][]byte{"account.json": about})
		return err
	}
}
