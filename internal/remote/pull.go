package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"

	"ksync/internal/transfer"
	"ksync/store"
)

// fetchers is how many objects are fetched at a time: more would look like an
// attack to some servers.
const fetchers = 8

// Pull fetches everything that the account has on the server and stores it in
// the collections of the same names here, made where they are missing, or all
// in those that o.Into names. It may be repeated, like an import. What cannot
// be fetched or stored is told in the report; the error is a fault that ended
// the pull, after which the report tells of what came before.
func (c *Client) Pull(ctx context.Context, o transfer.Options) (*transfer.Report, error) {
	targets, err := transfer.OpenTargets(ctx, o)
	if err != nil {
		return nil, err
	}
	p := &pull{client: c, targets: targets, options: o, progress: transfer.Progress{Unit: "objects"}}
	err = p.all(ctx)
	slices.SortStableFunc(p.items, func(a, b transfer.Item) int { return strings.Compare(a.File, b.File) })
	return transfer.NewReport(p.items, targets.Made()), err
}

type pull struct {
	client  *Client
	targets *transfer.Targets
	options transfer.Options

	mu       sync.Mutex // of the rest
	items    []transfer.Item
	progress transfer.Progress
}

// errNothing is a server on which neither service was found.
var errNothing = errors.New("neither calendars nor address books found there")

// all lists both services before it fetches from either, so that progress
// knows its end and a wrong password ends it before anything is stored.
func (p *pull) all(ctx context.Context) error {
	var work []todo
	var errs []error
	for _, s := range []service{addressBooks(), calendars()} {
		found, err := p.list(ctx, s)
		switch {
		case errors.Is(err, errNoService):
			errs = append(errs, err)
		case err != nil:
			return fmt.Errorf("%s: %w", s.name, err)
		}
		work = append(work, found...)
	}
	if len(errs) == 2 {
		return fmt.Errorf("%w: %w", errNothing, errors.Join(errs...))
	}
	for _, t := range work {
		p.progress.Total += int64(len(t.members))
	}
	for _, t := range work {
		if err := p.collection(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// todo is a collection to be fetched.
type todo struct {
	service service
	from    collection
	members []*url.URL
}

func (p *pull) list(ctx context.Context, s service) ([]todo, error) {
	at, err := p.client.locate(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := p.client.collections(ctx, s, at)
	if err != nil {
		return nil, err
	}
	var all []todo
	for _, col := range found {
		members, err := p.client.members(ctx, col.url)
		if err != nil {
			p.fail(col.url, err)
			continue
		}
		all = append(all, todo{s, col, members})
	}
	return all, nil
}

func (p *pull) fail(u *url.URL, err error) {
	p.report(transfer.Item{File: u.Path, Outcome: transfer.Failed, Reason: err.Error()})
}

func (p *pull) report(it transfer.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items = append(p.items, it)
}

// target is the collection here that stands for one there.
func (p *pull) target(ctx context.Context, t todo) (*transfer.Target, error) {
	if p.options.Into != "" {
		return p.into(ctx, t)
	}
	segment := path.Base(t.from.url.Path)
	return p.targets.Named(ctx, store.Collection{
		Kind: t.service.kind, URI: segment, DisplayName: cmp.Or(t.from.name, segment), Description: t.from.description,
		Color: t.from.color, Order: t.from.order, Components: t.from.components, TimeZone: t.from.timeZone,
	})
}

// into is the one target of all; one made for this pull is to take each
// component that comes.
func (p *pull) into(ctx context.Context, t todo) (target *transfer.Target, err error) {
	components := t.from.components
	if len(components) == 0 {
		components = []string{"VEVENT"}
	}
	for _, component := range components {
		if target, err = p.targets.For(ctx, t.service.kind, component); err != nil {
			return nil, err
		}
	}
	return target, nil
}

// collection fetches the members, some at a time.
func (p *pull) collection(ctx context.Context, t todo) error {
	target, err := p.target(ctx, t)
	if transfer.IsItemError(err) {
		p.fail(t.from.url, err)
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	members := make(chan *url.URL)
	var workers sync.WaitGroup
	for range fetchers {
		workers.Go(func() {
			for u := range members {
				if err := p.member(ctx, t, target, u); err != nil {
					cancel(err)
				}
			}
		})
	}
feed:
	for _, u := range t.members {
		select {
		case members <- u:
		case <-ctx.Done():
			break feed
		}
	}
	close(members)
	workers.Wait()
	return context.Cause(ctx)
}

// member fetches and stores one object. Its error is a fault of the store.
func (p *pull) member(ctx context.Context, t todo, target *transfer.Target, u *url.URL) error {
	defer p.step(cmp.Or(t.from.name, t.from.url.Path))
	data, err := p.client.get(ctx, u)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		p.fail(u, err)
		return nil
	}
	stored, err := target.PutAny(ctx, transfer.Object{Name: path.Base(u.Path), Bytes: data})
	if err != nil {
		return err
	}
	for _, s := range stored {
		p.report(transfer.Item{File: u.Path, UID: s.UID, Collection: target.Collection().URI, Outcome: s.Outcome, Reason: s.Reason})
	}
	return nil
}

func (p *pull) step(current string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.Done++
	p.progress.Items, p.progress.Current = len(p.items), current
	if p.options.Progress != nil {
		p.options.Progress(p.progress)
	}
}

// get fetches the bytes of an object.
func (c *Client) get(ctx context.Context, u *url.URL) (_ []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
	}()
	const limit = 32 << 20
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, &Denied{http.MethodGet, u.Path, resp.StatusCode, reasonIn(data)}
	case len(data) > limit:
		return nil, errTooLong
	}
	return data, nil
}
