package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"ksync/store"
)

// Verdict is what is to be said of an app password that somebody pasted.
type Verdict string

// The verdicts. Catalogues have a text for each.
const (
	Works         Verdict = "works"
	NoAppPassword Verdict = "no-app-password" // other characters or another length: perhaps the account password
	Typo          Verdict = "typo"            // the form is right, the check characters are not
	Unknown       Verdict = "unknown"
	Revoked       Verdict = "revoked"
	Expired       Verdict = "expired"
	OtherAccount  Verdict = "other-account"
	LacksScope    Verdict = "lacks-scope"
)

// Verify says what a request of a device with that password and the person's
// login would meet that wants scope: it is looked up and judged by the same
// code ([Gate.SignIn]), but noted nowhere as a use. What is unknown or another's
// counts as a failure of the address. [*Throttled].
func (g *Gate) Verify(ctx context.Context, v Visit, p Person, given Secret, scope store.Scope) (Verdict, store.AppPassword, error) {
	if _, ok := normalize(given); !ok {
		return malformed(given), store.AppPassword{}, nil
	}
	login := NormalizeLogin(p.Account.Login)
	password, owner, err := g.identify(ctx, credentials{login: login, decoded: login, password: given})
	switch {
	case errors.Is(err, store.ErrNotFound):
		verdict := Unknown
		if owner.ID != 0 {
			verdict = OtherAccount
		}
		return verdict, store.AppPassword{}, g.slowDown(v)
	case err != nil:
		return "", store.AppPassword{}, fmt.Errorf("verify: %w", err)
	}
	return g.judge(password, owner, scope), password, nil
}

func (g *Gate) judge(password store.AppPassword, owner store.Account, scope store.Scope) Verdict {
	switch now := g.now().UnixMilli(); {
	case password.Revoked != 0:
		return Revoked
	case !admitted(password, owner, now):
		return Expired
	case !password.Scope.Has(scope):
		return LacksScope
	}
	return Works
}

// malformed tells a slip of the pen from something else altogether.
func malformed(given Secret) Verdict {
	digits := 0
	for _, r := range given.Reveal()[:min(len(given), maxGiven)] {
		if r == '-' || unicode.IsSpace(r) || unicode.In(r, unicode.Pd) {
			continue
		}
		if _, ok := digit(r); !ok && !strings.ContainsRune("uU", r) { // the letter that the alphabet does not have
			return NoAppPassword
		}
		digits++
	}
	if digits != secretChars {
		return NoAppPassword
	}
	return Typo
}
