package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
)

func main() {
	data, _ := os.ReadFile(os.Args[1])
	items, _ := vcard.Split(data)
	book := dedup.NewBook()
	for _, it := range items {
		if it.Err != nil {
			continue
		}
		c, _ := vcard.Parse(it.Bytes)
		book.Put(strings.ToLower(vcard.BareUID(it.UID)), dedup.Normalise(c, os.Args[2]))
	}
	book.Groups(false)
	sc := bufio.NewScanner(os.Stdin)
	for sc.Scan() {
		f := strings.Fields(sc.Text())
		m, ok := book.Explain(f[0], f[1])
		fmt.Println(f[0][:8], f[1][:8], ok, fmt.Sprintf("%.3f veto=%v", m.Score, m.Veto), m.Reasons)
	}
}
