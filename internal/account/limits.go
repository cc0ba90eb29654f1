package account

import (
	"net/netip"
	"sync"
	"time"

	"ksync/store"
)

// What the web sign-in allows (config-assistant.md 5.4; ASVS 6.1.1). None of it
// touches app passwords: a right one always passes.
const (
	maxDelay       = 60 * time.Second // between tries for one account from one address
	tryMemory      = 24 * time.Hour   // after which its failures are forgotten
	maxFailures    = 100              // in a row, from anywhere: then only a passkey or a reset by mail opens the account
	codeTries      = 5                // with an authenticator app, per codeWindow
	codeWindow     = 15 * time.Minute
	maxWrongCodes  = 100              // in a row, with the password or a reset link: then only a passkey or a backup code will do
	maxTries       = 10_000           // pairs of account and address that are remembered
	addressBurst   = 50               // failures of one address, per hour
	demandBurst    = 60               // pages with a passkey button, links and flows asked for by one address at once,
	demandInterval = 10 * time.Second // and then one in that time
)

// limits slow down who guesses. Nil slows down nobody.
type limits struct {
	now      func() time.Time
	failures *throttle // of addresses that fail
	demands  *throttle // of addresses that make us write or mail something unasked

	mu    sync.Mutex
	tries *recent[tryKey, try]
}

// tryKey has the name as it was sent: what names belong to one account must
// not show in the delays.
type tryKey struct {
	name string
	from netip.Prefix
}

type try struct {
	failures int
	at, next time.Time
}

func newLimits(on bool, now func() time.Time) *limits {
	if !on {
		return nil
	}
	return &limits{
		now:      now,
		failures: newThrottle(pace{addressBurst, time.Hour / addressBurst}),
		demands:  newThrottle(pace{demandBurst, demandInterval}),
		tries:    newRecent[tryKey, try](maxTries),
	}
}

// begin counts a try as failed before it is made, so that many at the same
// time do not pass together. [*Throttled] when it comes too soon.
func (l *limits) begin(name string, from netip.Addr) error {
	if l == nil {
		return nil
	}
	now, peer := l.now(), network(from)
	if err := l.delay(tryKey{name, peer}, now); err != nil {
		return err
	}
	if wait := l.failures.fail(peer, now); wait > 0 {
		return &Throttled{RetryAfter: wait}
	}
	return nil
}

func (l *limits) delay(key tryKey, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tries.at(key, try{})
	if now.Sub(t.at) > tryMemory {
		*t = try{}
	}
	if wait := t.next.Sub(now); wait > 0 && wait <= maxDelay { // longer: the clock was set back
		return &Throttled{RetryAfter: wait}
	}
	t.failures++
	t.at, t.next = now, now.Add(delayAfter(t.failures))
	return nil
}

// delayAfter is 0, 1 s, 2 s, 4 s … up to a minute: one slip of the finger costs nothing.
func delayAfter(failures int) time.Duration {
	if failures < 2 {
		return 0
	}
	return min(time.Second<<min(failures-2, 10), maxDelay)
}

// succeed takes back what begin counted, and forgets earlier failures.
func (l *limits) succeed(name string, from netip.Addr) {
	if l == nil {
		return
	}
	l.failures.forgive(network(from), l.now())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries.forget(tryKey{name, network(from)})
}

// demand counts what anybody can ask for without an account.
func (l *limits) demand(from netip.Addr) error {
	if l == nil {
		return nil
	}
	if wait := l.demands.fail(network(from), l.now()); wait > 0 {
		return &Throttled{RetryAfter: wait}
	}
	return nil
}

// codes is how many tries with an authenticator app there are now. Five in 15
// minutes alone find the code within a year with 41%. NIST SP 800-63B-4 wants an
// end after 100 in a row.
func (l *limits) codes(now time.Time) store.Tries {
	tries := store.Tries{Since: now.Add(-codeWindow).UnixMilli(), Most: codeTries, InARow: maxWrongCodes}
	if l == nil {
		tries.Most, tries.InARow = 1<<30, 1<<30
	}
	return tries
}

// stopped reports whether an account had too many wrong passwords in a row.
func (l *limits) stopped(failures int64) bool { return l != nil && failures >= maxFailures }
