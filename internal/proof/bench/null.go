package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"

	"ksync/internal/proof"
)

// The null handler answers every request with as many bytes as the request's
// header asks for, and does nothing else. What the same client gets from it,
// in the same run, is the most that a server in Go could give here.

const nullHeader = "X-Null"

func serveNull(address string) error {
	filler := make([]byte, 1<<20)
	for i := range filler {
		filler[i] = 'x'
	}
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.Header.Get(nullHeader)) // none asks for nothing
		w.WriteHeader(http.StatusMultiStatus)
		for ; n > 0; n -= len(filler) {
			if _, err := w.Write(filler[:min(n, len(filler))]); err != nil {
				return
			}
		}
	}))
}

func startNull(ctx context.Context) (*proof.Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address := proof.FreeAddress()
	return proof.StartOther(ctx, exec.Command(self, "-null", address), address)
}

// atNull is the same request to the null handler, for an answer of that size.
func atNull(r request, size int64) request {
	line := firstLine(r.bytes)
	extra := fmt.Sprintf("\r\n%s: %d", nullHeader, size)
	b := append([]byte{}, line...)
	b = append(b, extra...)
	return request{bytes: append(b, r.bytes[len(line):]...), want: http.StatusMultiStatus}
}

func hostOf(s *proof.Server) string {
	_, address, _ := net.SplitHostPort(s.URL[len("http://"):])
	return "127.0.0.1:" + address
}
