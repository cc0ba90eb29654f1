package transfer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ksync/internal/ical"
	"ksync/internal/vcard"
	"ksync/store"
)

// Exporter writes everything that an account has.
type Exporter struct {
	Store    *store.Store
	Account  int64
	Separate bool // one file an object, byte for byte as stored
	Now      func() time.Time
	Progress func(Progress) // may be nil
}

// Exported says what was written.
type Exported struct {
	Collections int      `json:"collections"`
	Objects     int      `json:"objects"`
	Files       []string `json:"files"` // of collections; directories with Separate
	// Left are objects that no longer can be read as what they are; with
	// Separate there are none. Each has a reason.
	Left []Item `json:"left,omitempty"`
}

// Export writes to a new directory, or to a new archive if path ends in .zip.
// It reads page by page: memory does not grow with the account, and what
// changes meanwhile is written as it was or as it is, but whole.
func (e *Exporter) Export(ctx context.Context, path string) (done *Exported, err error) {
	out, err := openOutput(path, e.Now())
	if err != nil {
		return nil, err
	}
	run := &exporting{Exporter: e, out: out, names: fileNames{}, done: &Exported{Files: []string{}}}
	if err := run.all(ctx); err != nil {
		return nil, errors.Join(err, out.abort())
	}
	return run.done, out.commit()
}

type exporting struct {
	*Exporter
	out      output
	names    fileNames
	done     *Exported
	progress Progress
}

func (x *exporting) all(ctx context.Context) error {
	var all []store.Collection
	for _, kind := range []store.Kind{store.AddressBook, store.Calendar} {
		found, err := x.Store.Collections(ctx, x.Account, kind)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	x.progress.Unit = "objects"
	for _, c := range all {
		x.progress.Total += c.Count
	}
	for _, c := range all {
		x.progress.Current = label(c)
		x.tell()
		if err := x.collection(ctx, c); err != nil {
			return fmt.Errorf("export %s: %w", c.URI, err)
		}
		x.done.Collections++
	}
	x.tell()
	return nil
}

func label(c store.Collection) string {
	if c.DisplayName != "" {
		return c.DisplayName
	}
	return c.URI
}

func (x *exporting) tell() {
	if x.Progress != nil {
		x.Progress(x.progress)
	}
}

func (x *exporting) collection(ctx context.Context, c store.Collection) error {
	switch {
	case x.Separate:
		return x.separate(ctx, c)
	case c.Kind == store.AddressBook:
		return x.joined(c, ".vcf", func(w *bufio.Writer) error { return x.cards(ctx, c, w) })
	}
	return x.joined(c, ".ics", func(w *bufio.Writer) error { return x.calendar(ctx, c, w) })
}

// each visits the collection's objects, a page at a time.
func (x *exporting) each(ctx context.Context, c store.Collection, visit func(store.Object) error) error {
	for list := x.Store.List(c, store.Query{WithBytes: true}, nil); ; {
		page, err := list.Next(ctx)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, o := range page {
			if err := visit(o); err != nil {
				return err
			}
			x.done.Objects++
			x.progress.Done++
			x.progress.Items++
		}
		x.tell()
	}
}

func (x *exporting) separate(ctx context.Context, c store.Collection) error {
	dir := x.names.next(label(c), "")
	x.done.Files = append(x.done.Files, dir)
	names, extension := fileNames{}, ".ics"
	if c.Kind == store.AddressBook {
		extension = ".vcf"
	}
	return x.each(ctx, c, func(o store.Object) error {
		return x.file(dir+"/"+names.next(o.URI, extension), func(w io.Writer) error {
			_, err := w.Write(o.Bytes)
			return err
		})
	})
}

func (x *exporting) joined(c store.Collection, extension string, write func(*bufio.Writer) error) error {
	name := x.names.next(label(c), extension)
	x.done.Files = append(x.done.Files, name)
	return x.file(name, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 64<<10)
		if err := write(b); err != nil {
			return err
		}
		return b.Flush()
	})
}

func (x *exporting) file(name string, write func(io.Writer) error) error {
	w, err := x.out.create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(w), w.Close())
}

// cards writes cards one behind the other, as they are stored.
func (x *exporting) cards(ctx context.Context, c store.Collection, w *bufio.Writer) error {
	return x.each(ctx, c, func(o store.Object) error { return vcard.Join(w, o.Bytes) })
}

// calendar writes all objects of a calendar as one.
func (x *exporting) calendar(ctx context.Context, c store.Collection, w *bufio.Writer) error {
	m, err := ical.NewMerger(w, ical.Head{ProdID: "-//ksyncd//export//EN", Name: c.DisplayName, Color: c.Color})
	if err != nil {
		return err
	}
	err = x.each(ctx, c, func(o store.Object) error {
		err := m.Add(o.Bytes)
		if _, unreadable := errors.AsType[*ical.Error](err); unreadable || errors.Is(err, ical.ErrLimit) {
			x.done.Left = append(x.done.Left, Item{File: label(c), UID: o.UID, Collection: c.URI, Outcome: Failed, Reason: reason(err)})
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return m.End()
}
