package main

import (
	"fmt"
	"time"

	"ksync/internal/proof"
)

func cards(n int) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = sample("cards", i, time.Time{})
	}
	return all
}

// events spread over four years around now; 15% of them recur.
func events(n int, now time.Time) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = sample("events", i, now)
	}
	return all
}

// tasks are to-dos of which one in ten is open.
func tasks(n int, now time.Time) []object {
	all := make([]object, n)
	for i := range all {
		uid, due := fmt.Sprintf("task-%d", i), now.AddDate(0, 0, i%700-350)
		all[i] = object{uid + ".ics", proof.Done(uid, "Done "+uid, due)}
		if i%10 == 0 {
			all[i].data = proof.Task(uid, "Open "+uid, due)
		}
	}
	return all
}

func sample(kind string, n int, now time.Time) object {
	if kind == "cards" {
		uid := fmt.Sprintf("card-%d", n)
		return object{uid + ".vcf", proof.Card(uid, n, 0)}
	}
	uid := fmt.Sprintf("event-%d", n)
	day := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, n*7%1461-1096)
	return object{uid + ".ics", proof.Event(uid, n, 0, day, n%20 < 3)}
}
