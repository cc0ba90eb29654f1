package main

import (
	"encoding/json"
	"fmt"
	"os"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
)

// duplicatesCmd is the commands about contacts that are there twice.
type duplicatesCmd struct {
	Eval duplicatesEvalCmd `cmd:"" help:"Find duplicates in a file of cards, without a database."`
}

type duplicatesEvalCmd struct {
	Book     string `arg:"" type:"existingfile" help:"File of vCards."`
	Region   string `default:"CH" help:"Country of telephone numbers that are written without one, as an ISO 3166 code."`
	Possible bool   `help:"Also list pairs that may be namesakes."`
	Explain  bool   `help:"Say why, in text."`
	JSON     bool   `name:"json" help:"Print one JSON object a line for each group: group, score, pairs."`
}

// groupView is a group in JSON, as the scorer of the development data reads it.
type groupView struct {
	Group []string `json:"group"`
	Score float64  `json:"score"`
	Lane  string   `json:"lane"`
	Pairs [][3]any `json:"pairs"`
}

func (c *duplicatesEvalCmd) Run(env *environment) error {
	data, err := os.ReadFile(c.Book)
	if err != nil {
		return err
	}
	items, err := vcard.Split(data)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Book, err)
	}
	book := dedup.NewBook()
	for _, item := range items {
		if item.Err != nil {
			continue
		}
		card, err := vcard.Parse(item.Bytes)
		if err != nil {
			return err
		}
		book.Put(item.UID, dedup.Normalise(card, c.Region))
	}
	enc := json.NewEncoder(env.out)
	for _, g := range book.Groups(c.Possible) {
		v := groupView{Group: g.Members, Score: g.Score, Lane: g.Lane.String()}
		for _, p := range g.Pairs {
			v.Pairs = append(v.Pairs, [3]any{p.A, p.B, p.Score})
		}
		if c.JSON {
			if err := enc.Encode(v); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(env.out, "%s %.3f %v\n", v.Lane, g.Score, g.Members)
		if c.Explain {
			for _, p := range g.Pairs {
				m, _ := book.Explain(p.A, p.B)
				fmt.Fprintf(env.out, "  %s %s %.3f direct %.3f: %v\n", p.A, p.B, p.Score, m.Score, m.Reasons)
			}
		}
	}
	return nil
}
