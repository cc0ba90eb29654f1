package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ksync/store"
)

// Options say into what an import goes, and how.
type Options struct {
	Store   *store.Store
	Account int64
	Checks  map[store.Kind]Check
	// Into names the collections that take everything, by URI or display name:
	// an address book for cards, a calendar for the rest. "" leaves the choice
	// to what the account has: its first address book, and for each component
	// its first calendar that takes it.
	Into string
	// Create makes a collection that Into names and the account lacks, and a
	// calendar for components that none takes. Without it a slip of the pen
	// would make a collection nobody wanted.
	Create bool
	// Columns are rules COLUMN=PROPERTY for CSV files (see [csvcard.Table.Map]).
	Columns  []string
	Agent    string // kept with the earlier bytes of what is replaced
	Limits   Limits
	InFlight int            // objects on their way to the store; 32 by default, so that many share a commit
	Progress func(Progress) // called by one goroutine at a time; may be nil
}

// Targets are the collections of an account that an import may go to. They
// belong to one goroutine; each Target may be used by many.
type Targets struct {
	options Options
	all     []store.Collection
	open    map[int64]*Target
	own     map[int64]bool // made by this import
	given   map[int64]bool // by Named
	made    []string
}

// errNoTarget says that no collection takes an item.
type errNoTarget struct{ reason string }

func (e *errNoTarget) Error() string { return e.reason }

// IsItemError tells an error of [Targets.For] that one item is told about from
// one that ends an import.
func IsItemError(err error) bool {
	_, ok := errors.AsType[*errNoTarget](err)
	return ok
}

// OpenTargets reads the account's collections. It fails if Into names none of
// them and may not be made.
func OpenTargets(ctx context.Context, o Options) (*Targets, error) {
	o.InFlight = cmp.Or(o.InFlight, 32)
	t := &Targets{options: o, open: map[int64]*Target{}, own: map[int64]bool{}, given: map[int64]bool{}}
	for _, kind := range []store.Kind{store.AddressBook, store.Calendar} {
		found, err := o.Store.Collections(ctx, o.Account, kind)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			if c.Source == "" { // what others publish is not written to
				t.all = append(t.all, c)
			}
		}
	}
	if o.Into != "" && !o.Create && !slices.ContainsFunc(t.all, named(o.Into)) {
		return nil, fmt.Errorf("there is no address book or calendar %q; there are: %s", o.Into, t.names())
	}
	return t, nil
}

// Made lists the display names of the collections made so far.
func (t *Targets) Made() []string { return t.made }

func (t *Targets) names() string {
	var names []string
	for _, c := range t.all {
		names = append(names, c.URI)
		if c.DisplayName != "" && c.DisplayName != c.URI {
			names[len(names)-1] += " (" + c.DisplayName + ")"
		}
	}
	return strings.Join(names, ", ")
}

func named(name string) func(store.Collection) bool {
	return func(c store.Collection) bool { return c.URI == name || strings.EqualFold(c.DisplayName, name) }
}

// For finds the target of an item. Component is that of a calendar object.
func (t *Targets) For(ctx context.Context, kind store.Kind, component string) (*Target, error) {
	fits := func(c store.Collection) bool { return c.Kind == kind && takes(c, component) }
	if name := t.options.Into; name != "" {
		is := named(name)
		fits = func(c store.Collection) bool { return c.Kind == kind && is(c) }
	}
	// A list that takes only this component is meant before one that takes any.
	for _, c := range t.all {
		if fits(c) && (t.options.Into != "" || kind == store.AddressBook || len(c.Components) > 0) {
			return t.widened(ctx, c, component)
		}
	}
	if i := slices.IndexFunc(t.all, fits); i >= 0 {
		return t.target(ctx, t.all[i])
	}
	if !t.options.Create {
		return nil, t.missing(kind, component)
	}
	return t.make(ctx, store.Collection{Kind: kind, DisplayName: cmp.Or(t.options.Into, defaultName(kind, component)), Components: accepting(kind, component)})
}

func takes(c store.Collection, component string) bool {
	return len(c.Components) == 0 || slices.Contains(c.Components, component)
}

func accepting(kind store.Kind, component string) []string {
	if kind == store.AddressBook || component == "" {
		return nil
	}
	return []string{component}
}

func (t *Targets) missing(kind store.Kind, component string) error {
	switch {
	case t.options.Into != "" && kind == store.AddressBook:
		return &errNoTarget{fmt.Sprintf("there is no address book %q", t.options.Into)}
	case t.options.Into != "":
		return &errNoTarget{fmt.Sprintf("there is no calendar %q", t.options.Into)}
	case kind == store.AddressBook:
		return &errNoTarget{"the account has no address book"}
	}
	return &errNoTarget{"no calendar of the account takes " + component}
}

func defaultName(kind store.Kind, component string) string {
	switch {
	case kind == store.AddressBook:
		return "Contacts"
	case component == "VTODO":
		return "Tasks"
	case component == "VJOURNAL":
		return "Journal"
	}
	return "Calendar"
}

// Named finds the collection with the display name or URI of want, or makes
// it as want describes it. It gives each collection once: two of one name
// elsewhere stay two here, and meet again when they come in the same order.
func (t *Targets) Named(ctx context.Context, want store.Collection) (*Target, error) {
	for _, name := range []string{want.DisplayName, want.URI} {
		is := named(name)
		for _, c := range t.all {
			if name != "" && c.Kind == want.Kind && is(c) && covers(c, want) && !t.given[c.ID] {
				t.given[c.ID] = true
				return t.target(ctx, c)
			}
		}
	}
	target, err := t.make(ctx, want)
	if err == nil {
		t.given[target.collection.ID] = true
	}
	return target, err
}

// covers tells whether c takes every component of want.
func covers(c, want store.Collection) bool {
	if len(c.Components) == 0 || want.Kind == store.AddressBook {
		return true
	}
	return len(want.Components) > 0 && !slices.ContainsFunc(want.Components, func(name string) bool { return !slices.Contains(c.Components, name) })
}

// widened lets a calendar that this import has made take one component more.
// Those that were there keep theirs: clients rely on it (clients.md 4.2).
func (t *Targets) widened(ctx context.Context, c store.Collection, component string) (*Target, error) {
	if !t.own[c.ID] || takes(c, component) {
		return t.target(ctx, c)
	}
	target, err := t.target(ctx, c)
	if err != nil {
		return nil, err
	}
	set := append(slices.Clone(c.Components), component)
	edit := func(c *store.Collection) error { c.Components = set; return nil }
	if err := t.options.Store.UpdateCollection(ctx, c.Account, c.ID, edit, nil, nil); err != nil {
		return nil, err
	}
	t.all[slices.IndexFunc(t.all, func(o store.Collection) bool { return o.ID == c.ID })].Components = set
	target.mu.Lock()
	defer target.mu.Unlock()
	target.collection.Components = set
	return target, nil
}

func (t *Targets) target(ctx context.Context, c store.Collection) (*Target, error) {
	if open := t.open[c.ID]; open != nil {
		return open, nil
	}
	target, err := openTarget(ctx, t.options, c)
	if err == nil {
		t.open[c.ID] = target
	}
	return target, err
}

// make stores a new collection under a URI made of its name.
func (t *Targets) make(ctx context.Context, c store.Collection) (*Target, error) {
	c.Account = t.options.Account
	base := slug(cmp.Or(c.URI, c.DisplayName))
	c.DisplayName = cmp.Or(c.DisplayName, c.URI)
	for n := 1; n < 1000; n++ {
		c.URI = base
		if n > 1 {
			c.URI += "-" + strconv.Itoa(n)
		}
		made, err := t.options.Store.CreateCollection(ctx, c, nil)
		if errors.Is(err, store.ErrExists) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", c.DisplayName, err)
		}
		t.all, t.made, t.own[made.ID] = append(t.all, made), append(t.made, made.DisplayName), true
		return t.target(ctx, made)
	}
	return nil, fmt.Errorf("make %s: %w", c.DisplayName, store.ErrExists)
}

// slug makes a name that is fine in a path and in a file system: lower-case
// letters, digits and hyphens.
func slug(name string) string {
	const longest = 60
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == longest {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "c-" + digest([]byte(name))[:12]
}
