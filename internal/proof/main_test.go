package proof_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"ksync/internal/proof"
)

// binary is the server that all tests of this package run.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "proof")
	if err == nil {
		defer os.RemoveAll(dir)
		binary, err = proof.Build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// start runs a server for one test, with one account.
func start(t *testing.T) (*proof.Server, *proof.Client) {
	t.Helper()
	s := startOn(t, t.TempDir())
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func startOn(t *testing.T, data string, settings ...string) *proof.Server {
	t.Helper()
	s, err := proof.Start(t.Context(), binary, data, settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}
