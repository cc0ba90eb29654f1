package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"ksync/internal/proof"
)

// large is what only the first peer is asked: a collection ten times as big.
func (r *runner) large() error {
	n := r.objects * 10
	if !r.peer.large || !r.chosen("large") {
		return nil
	}
	book := r.book(fmt.Sprint(n))
	if err := r.restart(); err != nil { // which also brings the log of writes into the file
		return err
	}
	before, err := sizeOf(r.peer.data)
	if err != nil {
		return err
	}
	all := cards(n)
	if err := r.peer.fill(r.ctx, r.client, []collection{{book, all}}); err != nil {
		return err
	}
	if err := r.restart(); err != nil {
		return err
	}
	if err := r.perContact(before, all); err != nil {
		return err
	}
	label := fmt.Sprintf("first sync of %d cards, 50 a multiget", n)
	if err := r.take(&load{label: label, clients: 4, requests: r.firstSync("cards", book, n, 50)}); err != nil {
		return err
	}
	hwm, err := proof.Memory(r.server.PID(), "VmHWM")
	if err != nil {
		return err
	}
	r.out.bytes("peak memory of that and the start", hwm)
	r.out.bar("peak memory of that and the start", "< 150 MB")
	return r.oneChange(book, n)
}

// perContact is how much bigger the data became than the cards are.
func (r *runner) perContact(before int64, all []object) error {
	after, err := sizeOf(r.peer.data)
	if err != nil {
		return err
	}
	var bytes int64
	for _, o := range all {
		bytes += int64(len(o.data))
	}
	r.out.note("on the disk, per byte of card", fmt.Sprintf("%.2f", float64(after-before)/float64(bytes)))
	r.out.bar("on the disk, per byte of card", "< 2.5")
	return nil
}

func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// quiet is the memory some seconds after the last request.
func (r *runner) quiet() error {
	if !r.chosen("memory") {
		return nil
	}
	time.Sleep(5 * time.Second) // what is measured is how it is after nothing happened
	rss, err := proof.Memory(r.server.PID(), "VmRSS")
	r.out.bytes("memory 5 s after all that", rss)
	return err
}
