package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"ksync/internal/proof"
)

// peer is a server that can be measured. What differs between servers is here.
type peer struct {
	name  string
	start func(context.Context) (*proof.Server, error)
	// open gives the account's client, homes known, once the server runs.
	open func(context.Context, *proof.Server) (*proof.Client, error)
	// fill makes collections with objects; the server runs.
	fill  func(context.Context, *proof.Client, []collection) error
	note  string // how it was filled
	data  string // where it keeps everything
	large bool   // is asked for ten times as many objects, too
}

// collection is a path and what is to be in it.
type collection struct {
	path    string
	objects []object
}

// object is a card or an event.
type object struct {
	name string
	data []byte
}

func peersFor(ctx context.Context, dir, only string) (peers []peer, err error) {
	if only == "" || only == "ksyncd" {
		p, err := ksyncd(ctx, dir)
		if err != nil {
			return nil, err
		}
		peers = append(peers, p)
	}
	for _, p := range []peer{radicale(dir), xandikos(dir)} {
		if only != "" && !strings.EqualFold(only, p.name) {
			continue
		}
		if _, err := exec.LookPath(strings.ToLower(p.name)); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s is not installed; left out\n", p.name)
			continue
		}
		peers = append(peers, p)
	}
	return peers, nil
}

func ksyncd(ctx context.Context, dir string) (peer, error) {
	binary, err := proof.Build(ctx, dir)
	if err != nil {
		return peer{}, err
	}
	data := filepath.Join(dir, "ksyncd-data")
	return peer{
		name:  "ksyncd",
		start: func(ctx context.Context) (*proof.Server, error) { return proof.Start(ctx, binary, data) },
		open:  func(ctx context.Context, s *proof.Server) (*proof.Client, error) { return s.Account(ctx, "ann") },
		fill:  fillByPut,
		note:  "filled by PUT",
		data:  data,
		large: true,
	}, nil
}

func fillByPut(ctx context.Context, c *proof.Client, all []collection) error {
	for _, f := range all {
		if err := makeCollection(ctx, c, f.path); err != nil {
			return err
		}
		err := putAll(c, f)
		if err != nil {
			return err
		}
	}
	return nil
}

func putAll(c *proof.Client, f collection) error {
	wires, err := dialAll(c.Host(), min(32, len(f.objects)))
	if err != nil {
		return err
	}
	defer closeWires(wires)
	form := formOf(c)
	return inParallel(len(wires), len(f.objects), func(w, i int) error {
		_, err := wires[w].send(form.put(f.objects[i], f.path))
		return err
	})
}

func makeCollection(ctx context.Context, c *proof.Client, collection string) error {
	if strings.HasPrefix(collection, c.Calendars) && strings.Contains(collection, "event") {
		return c.MakeCalendar(ctx, collection, "VEVENT")
	}
	if strings.HasSuffix(collection, "tasks/") {
		return c.MakeCalendar(ctx, collection, "VTODO")
	}
	return c.MakeAddressBook(ctx, collection)
}

// radicale has one home for both kinds, and takes any password on loopback.
func radicale(dir string) peer {
	data := filepath.Join(dir, "radicale-data")
	start := func(ctx context.Context) (*proof.Server, error) {
		address := proof.FreeAddress()
		return proof.StartOther(ctx, exec.Command("radicale",
			"--server-hosts", address, "--server-max-connections", "100", "--server-timeout", "120", "--auth-type", "none",
			"--rights-type", "owner_only", "--storage-filesystem-folder", data, "--logging-level", "error"), address)
	}
	return peer{
		name:  "Radicale",
		start: start,
		open: func(ctx context.Context, s *proof.Server) (*proof.Client, error) {
			c, err := proof.NewClient(s.URL, "ann", "any")
			if err != nil {
				return nil, err
			}
			c.Principal, c.Calendars, c.AddressBooks = "/ann/", "/ann/", "/ann/"
			_, err = c.Query(ctx, "PROPFIND", "/ann/", "1", pollBody) // makes the home
			return c, err
		},
		fill: func(ctx context.Context, c *proof.Client, all []collection) error {
			// A process for each: one has one CPU.
			return inParallel(len(all), len(all), func(_, i int) error {
				s, err := start(ctx)
				if err != nil {
					return err
				}
				defer s.Stop()
				return layDown(ctx, c.At(s.URL), filepath.Join(data, "collection-root"), all[i])
			})
		},
		note: "files laid down, then synced once untimed",
	}
}

// layDown fills a collection of Radicale's as Radicale would, since 20,000 PUTs
// would take it many minutes, and has it read all once into its caches.
func layDown(ctx context.Context, c *proof.Client, root string, f collection) error {
	if err := makeCollection(ctx, c, f.path); err != nil {
		return err
	}
	folder := filepath.Join(root, filepath.FromSlash(f.path))
	for _, o := range f.objects {
		if err := os.WriteFile(filepath.Join(folder, o.name), o.data, 0o600); err != nil {
			return err
		}
	}
	_, err := proof.NewReplica(c, f.path).Sync(ctx, 0)
	return err
}
