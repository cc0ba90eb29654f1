// Package prooftest gives the tests below package proof the built server.
package prooftest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"ksync/internal/proof"
)

// Main is what TestMain of a package does: it builds the server, says in binary
// where it is, runs the tests, and takes it away.
func Main(m *testing.M, binary *string) {
	flag.Parse()
	os.Exit(run(m, binary))
}

func run(m *testing.M, binary *string) int {
	dir, err := os.MkdirTemp("", "proof")
	if err == nil {
		defer os.RemoveAll(dir) //nolint:errcheck // a directory too many among those that the system tidies up
		*binary, err = proof.Build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// Start runs a server until the end of a test, which prints what the server
// wrote when it has failed.
func Start(t testing.TB, binary, data string, settings ...string) *proof.Server {
	t.Helper()
	s, err := proof.Start(t.Context(), binary, data, settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("server:\n%s", s.Log())
		}
	})
	return s
}

// StartWithAnn is [Start] on an empty directory, with one account.
func StartWithAnn(t testing.TB, binary string) (*proof.Server, *proof.Client) {
	t.Helper()
	s := Start(t, binary, t.TempDir())
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}
