package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"ksync/internal/carddav"
	"ksync/internal/config"
	"ksync/internal/dedup"
	"ksync/internal/duplicates"
	"ksync/store"
)

type duplicatesListCmd struct {
	config.Location `embed:""`
	Login           string `arg:"" help:"Account: its login or e-mail address."`
	Book            string `placeholder:"NAME" help:"Only groups with a card of this address book: its display name, or the last part of its address."`
	Possible        bool   `help:"Also list pairs that may be namesakes."`
	Explain         bool   `help:"Say of every pair what speaks for and against it."`
	JSON            bool   `name:"json" help:"Print one JSON object a line and group: group, score, lane, pairs."`
}

func (c *duplicatesListCmd) Run(env *environment) error {
	return withUser(env, c.Location, c.Login, func(st *store.Store, a store.Account) error { return c.look(env, st, a) })
}

func (c *duplicatesListCmd) look(env *environment, st *store.Store, a store.Account) error {
	q := duplicates.Query{Lanes: []dedup.Lane{dedup.Sure, dedup.Likely}, Limit: 200}
	if c.Possible {
		q.Lanes = append(q.Lanes, dedup.Possible)
	}
	if c.Explain {
		q.Why = math.MaxInt
	}
	books, err := st.Collections(env.ctx, a.ID, store.AddressBook)
	if err != nil {
		return err
	}
	if c.Book != "" {
		if q.Book, err = bookNamed(books, c.Book); err != nil {
			return err
		}
	}
	finder := newDuplicates(env, duplicates.Options{Store: st})
	defer finder.Close()
	return c.list(env, finder, a.ID, q)
}

// newDuplicates is the service about duplicates.
func newDuplicates(env *environment, o duplicates.Options) *duplicates.Service {
	o.Check, o.Now, o.Rand = carddav.Kind().Check, env.now, env.rand
	return duplicates.New(o)
}

func bookNamed(books []store.Collection, name string) (int64, error) {
	var names []string
	for _, b := range books {
		if b.DisplayName == name || b.URI == name {
			return b.ID, nil
		}
		names = append(names, printable(b.DisplayName))
	}
	return 0, fmt.Errorf("no address book %s; there are: %s", printable(name), strings.Join(names, ", "))
}

// list prints page after page.
func (c *duplicatesListCmd) list(env *environment, finder *duplicates.Service, account int64, q duplicates.Query) error {
	for {
		page, err := finder.Groups(env.ctx, account, q)
		if err != nil {
			return err
		}
		for _, g := range page.Groups {
			if err := c.print(env, g); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor != "" {
			continue
		}
		if c.JSON {
			return nil
		}
		_, err = fmt.Fprintf(env.out, "Groups: %d\n", page.Total)
		return err
	}
}

func (c *duplicatesListCmd) print(env *environment, g duplicates.Group) error {
	if !c.JSON {
		names := make([]string, len(g.Members))
		for i, m := range g.Members {
			names[i] = printable(m.Name)
		}
		_, err := fmt.Fprintf(env.out, "%-8s %.3f  %s\n", g.Lane, g.Score, strings.Join(names, " · "))
		for _, p := range g.Pairs {
			if why := reasonTexts(p.Reasons); err == nil && len(why) > 0 {
				_, err = fmt.Fprintf(env.out, "  %s · %s: %s\n", names[p.A], names[p.B], printable(strings.Join(why, ", ")))
			}
		}
		return err
	}
	v := groupView{Score: g.Score, Lane: g.Lane.String()}
	for _, m := range g.Members {
		v.Group = append(v.Group, m.UID)
	}
	for _, p := range g.Pairs {
		v.Pairs = append(v.Pairs, [3]any{g.Members[p.A].UID, g.Members[p.B].UID, p.Score})
		if len(p.Reasons) > 0 {
			v.Why = append(v.Why, reasonTexts(p.Reasons))
		}
	}
	return json.NewEncoder(env.out).Encode(v)
}
