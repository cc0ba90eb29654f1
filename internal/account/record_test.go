package account_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"ksync/internal/account"
	"ksync/store"
)

func TestRecord_HasAllAndNoSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person()
	codes, err := d.addPasskey(p, newAuthenticator(t), "My phone")
	d.must(err)
	secret, _ := d.enrol(p)
	password, row, err := d.CreateAppPassword(t.Context(), atHome, p, account.NewAppPassword{Name: "Tablet", Scope: store.ContactsRead})
	d.must(err)
	d.must(d.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.CreateDevice(t.Context(), store.Device{Account: p.Account.ID, Name: "Ann's iPad", Platform: "ipad", Services: []string{"contacts"}})
		return err
	}))
	d.must(d.BeginExport(t.Context(), atHome, p))
	r, err := d.Record(t.Context(), p)
	d.must(err)
	data, err := json.Marshal(r)
	d.must(err)
	for _, want := range []string{`"login":"ann@example.org"`, `"name":"My phone"`, `"name":"Tablet"`, `"scope":"contacts:ro"`, `"kind":"exported"`, `"name":"Ann's iPad"`, `"backup_codes_left":10`, `"place":"192.0.2.0/24"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("lacks %s", want)
		}
	}
	a, err := d.store.Account(t.Context(), d.ann.ID)
	d.must(err)
	for _, not := range []string{annsPassword, a.PasswordHash, secret, codes[0].Reveal(), password.Reveal(), hex.EncodeToString(row.Hash), base64.StdEncoding.EncodeToString(row.Hash)} {
		if strings.Contains(string(data), not) {
			t.Error("has a secret, or the hash of one")
		}
	}
}
