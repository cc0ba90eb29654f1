package transfer

import (
	"archive/zip"
	"context"
	"errors"
	"io"

	"ksync/store"
)

// ExportTo writes an archive to w, without a file in between, and with the
// extra files in it. What a joined calendar cannot hold is not left out: its
// collection is there once more, one file an object. After an error w holds
// half an archive, which its reader must not get for a whole one.
func (e *Exporter) ExportTo(ctx context.Context, w io.Writer, extra map[string][]byte) (*Exported, error) {
	out := &archive{zip: zip.NewWriter(w), now: e.Now()}
	run := &exporting{Exporter: e, out: out, names: fileNames{}, done: &Exported{Files: []string{}}}
	for name, data := range extra {
		err := run.file(run.names.next(name, ""), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if err := errors.Join(run.all(ctx), run.leftOver(ctx), out.zip.Close()); err != nil {
		return nil, err
	}
	return run.done, nil
}

// leftOver writes the collections with objects that were left out.
func (x *exporting) leftOver(ctx context.Context) error {
	written, objects := map[string]bool{}, x.done.Objects
	defer func() { x.done.Objects = objects }() // none is counted twice
	for _, item := range x.done.Left {
		if written[item.Collection] {
			continue
		}
		written[item.Collection] = true
		c, err := x.Store.Collection(ctx, x.Account, store.Calendar, item.Collection)
		if err == nil {
			err = x.separate(ctx, c)
		}
		if err != nil {
			return err
		}
	}
	x.done.Left = nil
	return nil
}
