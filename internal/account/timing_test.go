package account_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// race lets each of some ways take its turn, in a new order each round, and
// lowers quickest to what each took when it was disturbed least: a busy machine
// only ever adds. What one leaves to be noted after its answer is not the next
// one's time.
func (d *desk) race(rounds int, ways []func(), quickest []time.Duration) {
	for range rounds {
		for _, i := range rand.Perm(len(ways)) {
			d.Settle()
			began := time.Now()
			ways[i]()
			quickest[i] = min(quickest[i], time.Since(began))
		}
	}
}

// unseen is what is lost in the network's own differences, however often one asks.
const unseen = 20 * time.Microsecond

// alike runs races until the ways are within the tolerance: what is slower
// because of what it does is so each time, what only had bad luck is not.
func (d *desk) alike(names []string, ways []func(), tolerance float64) {
	d.t.Helper()
	quickest := slices.Repeat([]time.Duration{time.Hour}, len(ways))
	for range 6 {
		d.race(25, ways, quickest)
		if float64(slices.Max(quickest)) <= tolerance*float64(slices.Min(quickest)) || slices.Max(quickest)-slices.Min(quickest) < unseen {
			return
		}
	}
	d.t.Errorf("%v took %v: who asks can tell them apart", names, quickest)
}

// hardening.md A2: unknown, wrong and disabled take the same time. The hash
// costs a millisecond or two here, so that its absence would show.
func TestTiming_SignIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *account.ServiceOptions) {
		o.Throttle, o.Cost = false, account.HashCost{Memory: 2048, Passes: 1}
	})
	off, err := account.Create(t.Context(), d.store, store.Account{Login: "off"})
	d.must(err)
	d.must(d.ImposePassword(t.Context(), off.ID, annsPassword))
	d.must(d.SetDisabled(t.Context(), off.ID, true))
	try := func(login, password string) func() {
		return func() {
			_, err := d.SignIn(t.Context(), atHome, account.Attempt{Login: login, Password: account.Secret(password)})
			d.want(err, account.ErrDenied)
		}
	}
	d.alike([]string{"unknown", "wrong", "disabled"}, []func(){try("nobody", "wrong"), try("ann@example.org", "wrong"), try("off", annsPassword)}, 1.5)
}

// The same on DAV, where no hash is slow, and for a reset, which says nothing.
func TestTiming_DeviceAndReset(t *testing.T) {
	t.Parallel()
	d := newDevices(t)
	d.gate = account.NewGate(account.Options{Store: d.store, Keys: d.keys, Now: d.time, Service: d.Service})
	defer d.gate.Close()
	bob, err := account.Create(t.Context(), d.store, store.Account{Login: "bob"})
	d.must(err)
	his, _, err := account.Issuer{Store: d.store, Keys: d.keys, Rand: zeros{}}.Issue(t.Context(), store.AppPassword{Account: bob.ID, Name: "x", Scope: store.FullScope})
	d.must(err)
	try := func(login, password string) func() {
		return func() {
			_, err := d.gate.SignIn(t.Context(), request(home, login, password))
			d.want(err, account.ErrDenied)
		}
	}
	// What has the shape of an app password is looked up, what has not is not;
	// in each of the two whether there is such an account does not show.
	d.alike([]string{"unknown", "known"}, []func(){try("nobody", "x"), try("ann@example.org", "x")}, 3)
	d.must(d.store.DeleteAccount(t.Context(), bob.ID))
	d.alike([]string{"unknown, shaped", "known, shaped"}, []func(){try("nobody", his.Reveal()), try("ann@example.org", his.Reveal())}, 3)
	ask := func(login string) func() {
		return func() {
			d.pass(time.Hour)
			d.must(d.RequestReset(t.Context(), atHome, login))
		}
	}
	d.alike([]string{"reset for nobody", "reset for somebody"}, []func(){ask("nobody"), ask("ann@example.org")}, 3)
}
