package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"ksync/internal/proof"
)

// xandikos keeps each collection in a repository of git; it asks for no password.
func xandikos(dir string) peer {
	data := filepath.Join(dir, "xandikos-data")
	start := func(ctx context.Context) (*proof.Server, error) {
		address := proof.FreeAddress()
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return proof.StartOther(ctx, exec.Command("xandikos", "--directory", data, "--defaults", "--no-strict",
			"--current-user-principal", "/ann/", "--listen-address", "127.0.0.1", "--port", port), address)
	}
	return peer{
		name:  "Xandikos",
		start: start,
		open: func(_ context.Context, s *proof.Server) (*proof.Client, error) {
			c, err := proof.NewClient(s.URL, "ann", "any")
			if err == nil {
				c.Principal, c.Calendars, c.AddressBooks = "/ann/", "/ann/calendars/", "/ann/contacts/"
			}
			return c, err
		},
		fill: func(ctx context.Context, c *proof.Client, all []collection) error {
			for _, f := range all {
				if err := commitAll(ctx, c, data, f); err != nil {
					return err
				}
			}
			return nil
		},
		note: "files committed, then synced once untimed",
		data: data,
	}
}

// commitAll fills a collection with one commit, since each PUT is one of its own.
func commitAll(ctx context.Context, c *proof.Client, root string, f collection) error {
	if err := makeCollection(ctx, c, f.path); err != nil {
		return err
	}
	folder := filepath.Join(root, filepath.FromSlash(f.path))
	for _, o := range f.objects {
		if err := os.WriteFile(filepath.Join(folder, o.name), o.data, 0o600); err != nil {
			return err
		}
	}
	for _, args := range [][]string{{"add", "--all"}, {"-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "--quiet", "--message", "fill"}} {
		git := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...)
		if out, err := git.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w\n%s", args[0], err, out)
		}
	}
	_, err := proof.NewReplica(c, f.path).Sync(ctx, 0)
	return err
}
