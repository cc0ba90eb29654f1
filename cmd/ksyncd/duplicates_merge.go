package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
)

type duplicatesMergeCmd struct {
	Book   string   `arg:"" type:"existingfile" help:"File of vCards, or a JSON list of cases: id, reference, duplicates, group_cards."`
	UID    []string `arg:"" optional:"" help:"The card to keep as reference, and those to merge into it. Without any: the first card of the file and all others."`
	Region string   `default:"CH" placeholder:"CC" help:"Country of telephone numbers that are written without one."`
	Groups string   `type:"existingfile" help:"Merge every group of a file that eval --json printed."`
	JSON   bool     `name:"json" help:"Print one JSON object a line and merge."`
}

// mergeCase is a merge to make.
type mergeCase struct {
	ID         string   `json:"id"`
	Reference  string   `json:"reference"`
	Duplicates []string `json:"duplicates"`
	GroupCards []string `json:"group_cards"`
}

// mergeView is a merge in JSON.
type mergeView struct {
	ID         string            `json:"id"`
	Reference  string            `json:"reference"`
	Duplicates []string          `json:"duplicates"`
	Merged     string            `json:"merged"`
	Added      []valueView       `json:"added"`
	NotTaken   []valueView       `json:"not_taken"`
	Groups     map[string]string `json:"groups,omitempty"`
}

type valueView struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (c *duplicatesMergeCmd) Run(env *environment) error {
	cases, err := c.cases()
	if err != nil {
		return err
	}
	enc := json.NewEncoder(env.out)
	for _, one := range cases {
		v, err := c.merge(one)
		if err != nil {
			return fmt.Errorf("merge %s: %w", one.ID, err)
		}
		if c.JSON {
			err = enc.Encode(v)
		} else {
			_, err = io.WriteString(env.out, v.Merged)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cases reads what is to be merged.
func (c *duplicatesMergeCmd) cases() ([]mergeCase, error) {
	data, err := os.ReadFile(c.Book)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		var cases []mergeCase
		return cases, json.Unmarshal(data, &cases)
	}
	cards, err := readCards(c.Book)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Groups != "":
		return groupCases(cards, c.Groups)
	case len(c.UID) == 0:
		return []mergeCase{newCase(cards[0].UID, cards)}, nil
	}
	chosen, err := pickCards(cards, c.UID)
	if err != nil {
		return nil, usageError{err}
	}
	for _, card := range cards {
		if card.Group {
			chosen = append(chosen, card)
		}
	}
	return []mergeCase{newCase(c.UID[0], chosen)}, nil
}

// newCase merges the contacts among the cards into the first.
func newCase(id string, cards []*vcard.Card) mergeCase {
	one := mergeCase{ID: id, Reference: string(cards[0].Bytes())}
	for _, card := range cards[1:] {
		if card.Group {
			one.GroupCards = append(one.GroupCards, string(card.Bytes()))
			continue
		}
		one.Duplicates = append(one.Duplicates, string(card.Bytes()))
	}
	return one
}

func pickCards(cards []*vcard.Card, uids []string) ([]*vcard.Card, error) {
	names, byName := make(cardNames, len(cards)), make(map[string]*vcard.Card, len(cards))
	for _, card := range cards {
		byName[cardKey(names.of(card.UID))] = card
	}
	var chosen []*vcard.Card
	for _, uid := range uids {
		card := byName[cardKey(uid)]
		if card == nil {
			return nil, fmt.Errorf("no card with the UID %s", uid)
		}
		if slices.Contains(chosen, card) {
			return nil, fmt.Errorf("the UID %s was given twice", uid)
		}
		chosen = append(chosen, card)
	}
	return chosen, nil
}

// groupCases makes a case of each line of a file of groups. The reference is the one that would be suggested.
func groupCases(cards []*vcard.Card, path string) ([]mergeCase, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	var cases []mergeCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var g groupView
		err := json.Unmarshal(lines.Bytes(), &g)
		if err == nil && len(g.Group) == 0 {
			err = errors.New("a group without cards")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		chosen, err := pickCards(cards, g.Group)
		if err != nil {
			return nil, err
		}
		best := dedup.SuggestReference(chosen)
		chosen[0], chosen[best] = chosen[best], chosen[0]
		cases = append(cases, newCase(chosen[0].UID, chosen))
	}
	return cases, lines.Err()
}

func (c *duplicatesMergeCmd) merge(one mergeCase) (mergeView, error) {
	reference, err := vcard.Parse([]byte(one.Reference))
	if err != nil {
		return mergeView{}, err
	}
	var duplicates []*vcard.Card
	var removed []string
	for _, text := range one.Duplicates {
		card, err := vcard.Parse([]byte(text))
		if err != nil {
			return mergeView{}, err
		}
		duplicates, removed = append(duplicates, card), append(removed, card.UID)
	}
	plan, err := dedup.Merge(reference, duplicates, dedup.Options{Region: c.Region})
	if err != nil {
		return mergeView{}, err
	}
	v := mergeView{ID: one.ID, Reference: one.Reference, Duplicates: one.Duplicates, Merged: string(plan.Merged), Added: viewValues(plan.Added), NotTaken: viewValues(plan.NotTaken)}
	v.Groups, err = repointed(one.GroupCards, removed, reference.UID)
	return v, err
}

func viewValues(values []dedup.Value) []valueView {
	views := make([]valueView, 0, len(values))
	for _, v := range values {
		views = append(views, valueView{v.Property, v.Raw})
	}
	return views
}

// repointed returns the group cards after the merge, by UID.
func repointed(groups, removed []string, kept string) (map[string]string, error) {
	after := map[string]string{}
	for _, text := range groups {
		card, err := vcard.Parse([]byte(text))
		if err != nil {
			return nil, err
		}
		if !card.Group {
			return nil, errors.New("a group card is none")
		}
		data, _ := dedup.Repoint(card, removed, kept)
		after[vcard.BareUID(card.UID)] = string(data)
	}
	return after, nil
}
