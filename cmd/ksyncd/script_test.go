package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ksyncd": main})
}

// Each script drives the program as a person or another script would. Besides
// testscript's own commands they have those below.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			port, err := freePort()
			env.Setenv("ADDR", "127.0.0.1:"+port)
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("DATA", filepath.Join(env.WorkDir, "data"))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":   ready,
			"request": request,
			"capture": capture,
			"mode":    mode,
			"appears": appears,
		},
	})
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", err
	}
	return port, l.Close()
}

// ready ADDR waits until a server that was started in the background answers.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready HOST:PORT")
	}
	ts.Check(waitReady(http.DefaultClient, "http://"+args[0]+"/readyz"))
}

func waitReady(client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close() // its status is all that counts
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		}
	}
}

// request METHOD URL STATUS [LOGIN PASSWORD] sends one request.
func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 && len(args) != 5 {
		ts.Fatalf("usage: request METHOD URL STATUS [LOGIN PASSWORD]")
	}
	req, err := http.NewRequest(args[0], args[1], nil)
	ts.Check(err)
	req.Header.Set("Depth", "0")
	if len(args) == 5 {
		req.SetBasicAuth(args[3], args[4])
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req) // a redirect is an answer here
	ts.Check(err)
	_ = resp.Body.Close() // its status is all that counts
	if want, err := strconv.Atoi(args[2]); err != nil || resp.StatusCode != want {
		ts.Fatalf("%s %s: %s, want %s", args[0], args[1], resp.Status, args[2])
	}
}

// capture NAME REGEXP puts the first group of what stdout matches into $NAME.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	match := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(match) < 2 {
		ts.Fatalf("stdout has no %s", args[1])
	}
	ts.Setenv(args[0], match[1])
}

// appears PATTERN waits until there is a file with such a name.
func appears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: appears PATTERN")
	}
	deadline, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(found) > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("there is no %s", args[0])
		}
	}
}

// mode OCTAL FILE compares permissions.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode OCTAL FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != strings.TrimPrefix(args[0], "0") {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}
