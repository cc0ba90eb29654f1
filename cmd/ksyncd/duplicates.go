package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
)

// duplicatesCmd is the commands about contacts that are there twice.
type duplicatesCmd struct {
	List  duplicatesListCmd  `cmd:"" default:"withargs" help:"List the duplicates in an account's address books."`
	Eval  duplicatesEvalCmd  `cmd:"" help:"Find duplicates in a file of cards, without a database."`
	Merge duplicatesMergeCmd `cmd:"" help:"Merge cards of a file, without a database, and print the result."`
}

type duplicatesEvalCmd struct {
	Book     string `arg:"" type:"existingfile" help:"File of vCards."`
	Region   string `default:"CH" placeholder:"CC" help:"Country of telephone numbers that are written without one."`
	Possible bool   `help:"Also list pairs that may be namesakes."`
	Explain  bool   `help:"Say of every pair what speaks for and against it."`
	JSON     bool   `name:"json" help:"Print one JSON object a line and group: group, score, lane, pairs."`
}

// groupView is a group in JSON.
type groupView struct {
	Group []string   `json:"group"`
	Score float64    `json:"score"`
	Lane  string     `json:"lane"`
	Pairs [][3]any   `json:"pairs"` // two UIDs and a score
	Why   [][]string `json:"why,omitempty"`
}

func (c *duplicatesEvalCmd) Run(env *environment) error {
	items, err := readItems(c.Book)
	if err != nil {
		return err
	}
	cards, err := normalised(items, c.Region)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Book, err)
	}
	names := make(cardNames, len(items))
	book := dedup.NewBook()
	for i, card := range cards {
		book.Put(names.of(items[i].UID), card)
	}
	enc := json.NewEncoder(env.out)
	for _, g := range book.Groups(c.Possible) {
		v := c.view(book, g)
		if c.JSON {
			err = enc.Encode(v)
		} else {
			err = printGroup(env, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cardNames counts the cards of each UID, to tell those of one UID apart: copies without any get the same one.
type cardNames map[string]int

// of is the UID of the first card that has it; the next ones are uid#2 and so on.
func (n cardNames) of(uid string) string {
	key := cardKey(uid)
	if n[key]++; n[key] > 1 {
		return fmt.Sprintf("%s#%d", uid, n[key])
	}
	return uid
}

// cardKey is equal for UIDs that are.
func cardKey(uid string) string { return strings.ToLower(vcard.BareUID(uid)) }

// normalised parses the cards and reads what they are compared by, on all processors: it is a good part of a scan.
func normalised(items []vcard.Item, region string) ([]*dedup.Card, error) {
	cards, errs := make([]*dedup.Card, len(items)), make([]error, len(items))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(items); i += workers {
				card, err := vcard.Parse(items[i].Bytes)
				if err != nil {
					errs[i] = fmt.Errorf("card %d: %w", i+1, err)
					continue
				}
				cards[i] = dedup.Normalise(card, region)
			}
		})
	}
	wg.Wait()
	return cards, errors.Join(errs...)
}

func (c *duplicatesEvalCmd) view(book *dedup.Book, g dedup.Group) groupView {
	v := groupView{Group: g.Members, Score: g.Score, Lane: g.Lane.String()}
	for _, p := range g.Pairs {
		v.Pairs = append(v.Pairs, [3]any{p.A, p.B, p.Score})
		if !c.Explain {
			continue
		}
		m, _ := book.Explain(p.A, p.B)
		v.Why = append(v.Why, reasonTexts(m.Reasons))
	}
	return v
}

func reasonTexts(reasons []dedup.Reason) []string {
	texts := make([]string, len(reasons))
	for i, r := range reasons {
		texts[i] = r.String()
	}
	return texts
}

func printGroup(env *environment, v groupView) error {
	if _, err := fmt.Fprintf(env.out, "%s %.3f %s\n", v.Lane, v.Score, printable(strings.Join(v.Group, " "))); err != nil {
		return err
	}
	for i, why := range v.Why {
		if _, err := fmt.Fprintf(env.out, "  %v %v: %s\n", printable(fmt.Sprint(v.Pairs[i][0])), printable(fmt.Sprint(v.Pairs[i][1])), printable(strings.Join(why, ", "))); err != nil {
			return err
		}
	}
	return nil
}

// readItems reads a file of cards. One that cannot be read is an error: in a file for a test nothing may go unnoticed.
func readItems(path string) ([]vcard.Item, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	items, err := vcard.Split(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i, item := range items {
		if item.Err != nil {
			return nil, fmt.Errorf("%s: card %d: %w", path, i+1, item.Err)
		}
	}
	return items, nil
}

func readCards(path string) ([]*vcard.Card, error) {
	items, err := readItems(path)
	if err != nil {
		return nil, err
	}
	cards := make([]*vcard.Card, len(items))
	for i, item := range items {
		if cards[i], err = vcard.Parse(item.Bytes); err != nil {
			return nil, fmt.Errorf("%s: card %d: %w", path, i+1, err)
		}
	}
	return cards, nil
}
