package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/need"
)

// shells are programs that load what `ksyncd manual` prints for them from their
// first argument, and print what may come at the end of the others, one a line.
// zsh completes at a terminal only: here the words are where it has them then,
// and what it would be offered is printed.
func shells() map[string][]string {
	return map[string][]string{
		"bash": {"--norc", "-c", `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ksyncd; printf '%s\n' "${COMPREPLY[@]}"`},
		"zsh":  {"-f", "-c", `words=("$@"); CURRENT=$#; _files() { print -rl -- $words[CURRENT]*(N) }; compadd() { print -rl -- ${(M)found:#$words[CURRENT]*} }; offer() { source "$1" }; offer $0`},
		"fish": {"--no-config", "-c", `source $argv[1]; complete -C (string join ' ' -- $argv[2..]) | string replace -r '\t.*' ''`},
	}
}

func TestManual_ShellsComplete(t *testing.T) {
	t.Parallel()
	for shell, program := range shells() {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			need.Program(t, shell, "that "+shell+" completes what is typed")
			text, err := exec.Command("ksyncd", "manual", shell).Output()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "completion")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			rows := map[string][]string{
				"ksyncd app-p":                {"app-password"},
				"ksyncd user inv":             {"invitations", "invite"},
				"ksyncd user add ann --qu":    {"--quota"},
				"ksyncd app-password list --": {"--config", "--data", "--json"},
				"ksyncd serve --min-f":        {"--min-free"},
			}
			if shell != "fish" { // which finds files by itself, and flags behind two dashes
				rows["ksyncd serve --tls-cert --"] = nil // a value is wanted, and no file is called so
			}
			for line, want := range rows {
				out, err := exec.Command(shell, slices.Concat(program, []string{file}, strings.Fields(line))...).Output()
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, slices.Sorted(slices.Values(strings.Fields(string(out))))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", line, diff)
				}
			}
		})
	}
}
