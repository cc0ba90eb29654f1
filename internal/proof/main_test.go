package proof_test

import (
	"testing"

	"ksync/internal/proof"
	"ksync/internal/proof/prooftest"
)

// binary is the server that all tests of this package run.
var binary string

func TestMain(m *testing.M) { prooftest.Main(m, &binary) }

// start runs a server for one test, with one account.
func start(t *testing.T) (*proof.Server, *proof.Client) {
	t.Helper()
	return prooftest.StartWithAnn(t, binary)
}

func startOn(t testing.TB, data string, settings ...string) *proof.Server {
	t.Helper()
	return prooftest.Start(t, binary, data, settings...)
}
