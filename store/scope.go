package store

import (
	"fmt"
	"strings"
)

// Scope is what an app password opens: a set of bits. A bit to write always
// comes with the bit to read.
type Scope uint8

// The bits of a [Scope].
const (
	ContactsRead Scope = 1 << iota
	ContactsWrite
	CalendarsRead
	CalendarsWrite
	TasksRead
	TasksWrite

	FullScope = ContactsRead | ContactsWrite | CalendarsRead | CalendarsWrite | TasksRead | TasksWrite
)

// Writes reports whether it opens anything for more than reading.
func (s Scope) Writes() bool { return s&(ContactsWrite|CalendarsWrite|TasksWrite) != 0 }

type scopeName struct {
	name        string
	read, write Scope
}

func scopeNames() [3]scopeName {
	return [3]scopeName{
		{"contacts", ContactsRead, ContactsWrite},
		{"calendars", CalendarsRead, CalendarsWrite},
		{"tasks", TasksRead, TasksWrite},
	}
}

// ParseScope reads what [Scope.String] prints: names separated by commas, each
// with ":ro" when it is only to be read. An unknown name is an error, so that
// a slip of the pen opens nothing.
func ParseScope(s string) (Scope, error) {
	var scope Scope
	for part := range strings.SplitSeq(s, ",") {
		bits, err := parseScopeName(strings.TrimSpace(part))
		if err != nil {
			return 0, err
		}
		scope |= bits
	}
	return scope, nil
}

func parseScopeName(s string) (Scope, error) {
	name, mode, limited := strings.Cut(s, ":")
	for _, n := range scopeNames() {
		switch {
		case n.name != name:
		case !limited || mode == "rw":
			return n.read | n.write, nil
		case mode == "ro":
			return n.read, nil
		}
	}
	return 0, fmt.Errorf("scope %q: want contacts, calendars or tasks, with :ro to only read", s)
}

// String prints the scope for people and for [ParseScope]; no bits print as "".
func (s Scope) String() string {
	var parts []string
	for _, n := range scopeNames() {
		switch {
		case s&n.write != 0:
			parts = append(parts, n.name)
		case s&n.read != 0:
			parts = append(parts, n.name+":ro")
		}
	}
	return strings.Join(parts, ",")
}

// Has reports whether all bits of want are in s.
func (s Scope) Has(want Scope) bool { return s&want == want }
