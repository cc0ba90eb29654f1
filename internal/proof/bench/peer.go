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
	// fill makes a collection with objects; the server runs.
	fill func(ctx context.Context, c *proof.Client, collection string, objects []object) error
	note string // how it was filled
}

// object is what a collection is filled with.
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
	if only == "" || only == "radicale" {
		if _, err := exec.LookPath("radicale"); err != nil {
			fmt.Fprintln(os.Stderr, "bench: radicale is not installed; ksyncd stands alone")
			return peers, nil
		}
		peers = append(peers, radicale(dir))
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
	}, nil
}

func fillByPut(ctx context.Context, c *proof.Client, collection string, objects []object) error {
	if err := makeCollection(ctx, c, collection); err != nil {
		return err
	}
	return inParallel(32, len(objects), func(i int) error {
		_, err := c.Put(ctx, collection+objects[i].name, objects[i].data)
		return err
	})
}

func makeCollection(ctx context.Context, c *proof.Client, collection string) error {
	if strings.HasPrefix(collection, c.Calendars) && strings.Contains(collection, "event") {
		return c.MakeCalendar(ctx, collection, "VEVENT")
	}
	return c.MakeAddressBook(ctx, collection)
}

// radicale has one home for both kinds, and takes any password on loopback.
// Its PUTs are too slow to fill it: the files are laid down as it would, and it
// reads them once before anything is timed.
func radicale(dir string) peer {
	data := filepath.Join(dir, "radicale-data")
	return peer{
		name: "Radicale",
		start: func(ctx context.Context) (*proof.Server, error) {
			address := proof.FreeAddress()
			cmd := exec.Command("radicale", "--server-hosts", address, "--auth-type", "none", "--rights-type", "owner_only",
				"--storage-filesystem-folder", data, "--logging-level", "error", "--server-max-connections", "100", "--server-timeout", "120")
			return proof.StartOther(ctx, cmd, address)
		},
		open: func(ctx context.Context, s *proof.Server) (*proof.Client, error) {
			c, err := proof.NewClient(s.URL, "ann", "any")
			if err != nil {
				return nil, err
			}
			c.Principal, c.Calendars, c.AddressBooks = "/ann/", "/ann/", "/ann/"
			_, err = c.Query(ctx, "PROPFIND", "/ann/", "1", pollBody) // makes the home
			return c, err
		},
		fill: func(ctx context.Context, c *proof.Client, collection string, objects []object) error {
			if err := makeCollection(ctx, c, collection); err != nil {
				return err
			}
			folder := filepath.Join(data, "collection-root", filepath.FromSlash(collection))
			for _, o := range objects {
				if err := os.WriteFile(filepath.Join(folder, o.name), o.data, 0o600); err != nil {
					return err
				}
			}
			_, err := c.Listing(ctx, collection)
			return err
		},
		note: "files laid down, then read once untimed",
	}
}
