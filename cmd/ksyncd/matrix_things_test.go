package main

import (
	"fmt"
	"net/http"
	"path"
	"strings"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/duplicates"
	"ksync/store"
)

// arranges gives Ann a device with its ticket, a group of duplicates and a merge.
func (w *matrixWorld) arranges(r *running) {
	w.Helper()
	ctx, must := w.Context(), func(err error) {
		if w.Helper(); err != nil {
			w.Fatal(err)
		}
	}
	id := w.ann.account.ID
	w.alike("Eva")
	w.alike("Mia")
	page, err := r.duplicates.Groups(ctx, id, duplicates.Query{})
	must(err)
	if len(page.Groups) != 2 {
		w.Fatalf("%d groups", len(page.Groups))
	}
	cards := page.Groups[0].Members
	merged, err := r.duplicates.Merge(ctx, id, store.Author{}, duplicates.Request{Reference: cards[0].Ref, Duplicates: []duplicates.Ref{cards[1].Ref}})
	must(err)
	w.ann.merge, w.ann.group = merged.Undo, page.Groups[1].ID
	person, err := r.accounts.Session(ctx, account.Visit{}, account.Secret(w.ann.session))
	must(err)
	made, err := r.helper.SetUp(ctx, account.Visit{}, person, assistant.NewDevice{Name: "phone", Platform: assistant.IPhone, Data: []assistant.Data{assistant.Contacts}})
	must(err)
	w.ann.device = made.Device.ID
}

// alike stores two cards about the same person.
func (w *matrixWorld) alike(name string) {
	w.Helper()
	for n := range 2 {
		body := fmt.Sprintf("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%[1]s-%[2]d\r\nFN:%[1]s %[3]s\r\nN:%[3]s;%[1]s;;;\r\nEMAIL:%[1]s@example.org\r\nEND:VCARD\r\n", name, n, secretOfAnn)
		href := fmt.Sprintf("%s/%s-%d.vcf", path.Dir(w.objects()[0]), strings.ToLower(name), n)
		if rec := w.ask("PUT", href, body, basicOf(w.ann.account.Login, w.ann.full)); rec.Code != http.StatusCreated {
			w.Fatal(rec.Code, rec.Body)
		}
	}
}
