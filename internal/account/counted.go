package account

import "strings"

// Counted is told of each sign-in and each refused one: by what it came, and
// whether it succeeded. The ways are app-password, password, totp, backup-code,
// passkey, reset-link and link. It may be called from any number of goroutines
// and must not block. nil counts nothing.
type Counted func(way string, ok bool)

// tell counts what was shown last, of "password+totp" the second.
func (c Counted) tell(way string, ok bool) {
	if c != nil {
		c(way[strings.LastIndexByte(way, '+')+1:], ok)
	}
}
