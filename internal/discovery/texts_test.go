package discovery

import (
	"testing"

	"ksync/internal/i18n"
)

// What this package names, the catalogues have.
func TestTexts_AreInTheCatalogues(t *testing.T) {
	t.Parallel()
	words := i18n.Load().Printer(nil, "en")
	var keys []string
	for _, p := range Purposes() {
		keys = append(keys, "dns.why."+p)
	}
	for _, l := range Labels() {
		keys = append(keys, "setting."+l)
	}
	for _, c := range example().Clients(Account{Login: "ann"}) {
		keys = append(keys, "client."+c.ID)
	}
	for _, key := range keys {
		if !words.Has(key) {
			t.Errorf("no text for %s", key)
		}
	}
}
