// Package house holds the rules of the house that a test can hold: which
// package may import which, and how long functions and files may be.
// It has no code of its own. See docs/dependencies.md for why each library is there.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers are the packages from the ground up. A package imports those of
// lower layers, never one beside or above it.
func layers() [][]string {
	return [][]string{
		{"internal/contentline", "internal/popular"},
		{"store", "internal/davxml", "internal/ical", "internal/vcard", "internal/csvcard"},
		{"internal/account", "internal/dedup", "internal/profile", "internal/i18n", "internal/transfer", "internal/backup", "internal/discovery"},
		{"internal/mail", "internal/assistant", "internal/metrics", "internal/trace"},
		{"internal/duplicates"},
		{"internal/dav", "internal/api", "internal/web", "internal/remote"},
		{"internal/caldav", "internal/carddav"},
		{"internal/httpd"},
		{"cmd/ksyncd"},
	}
}

// alone are packages that import no other of ours, and are imported by main only.
func alone() []string { return []string{"internal/config"} }

// helpers are packages that only tests, benchmarks and go generate use; they may import anything.
func helpers() []string {
	return []string{
		"store/storetest", "internal/account/accounttest", "internal/mail/mailtest", "internal/logtest", "internal/certtest", "internal/need", "internal/corpus",
		"internal/popular/generate", "internal/proof/prooftest", "internal/dialogue", "internal/proof", "internal/proof/bench", "internal/proof/diskfault",
	}
}

// owners are the packages that may import a library. Tests may import any.
func owners() map[string][]string {
	return map[string][]string{
		"github.com/alecthomas/kong":          {"internal/config", "cmd/ksyncd"},
		"github.com/coreos/go-systemd/v22":    {"internal/httpd"},
		"github.com/emersion/go-ical":         {"internal/ical"},
		"github.com/emersion/go-vcard":        {"internal/vcard"},
		"github.com/danielgtaylor/huma/v2":    {"internal/api"},
		"github.com/emersion/go-sasl":         {},
		"github.com/emersion/go-smtp":         {},
		"github.com/wneessen/go-mail":         {"internal/mail"},
		"github.com/emersion/go-webdav":       {"internal/remote"},
		"github.com/go-chi/chi/v5":            {"internal/httpd", "internal/api", "internal/web"},
		"github.com/go-webauthn/webauthn":     {"internal/account"},
		"github.com/pquerna/otp":              {"internal/account"},
		"github.com/klauspost/compress":       {"internal/backup"},
		"github.com/nyaruka/phonenumbers":     {"internal/dedup"},
		"github.com/pressly/goose/v3":         {"store"},
		"github.com/nicksnyder/go-i18n/v2":    {"internal/i18n"},
		"github.com/boombuler/barcode":        {"internal/web"},
		"github.com/teambition/rrule-go":      {},
		"github.com/google/go-cmp":            {"store/storetest", "internal/dialogue"},
		"github.com/rogpeppe/go-internal":     {"internal/dialogue"},
		"golang.org/x/crypto":                 {"internal/account"},
		"golang.org/x/term":                   {"cmd/ksyncd"},
		"golang.org/x/text":                   {"internal/account", "internal/contentline", "internal/ical", "internal/vcard", "internal/dav", "internal/csvcard", "internal/i18n", "internal/dedup", "internal/duplicates"},
		"modernc.org/sqlite":                  {"store", "internal/proof/bench"}, // what it does alone
		"github.com/prometheus/client_golang": {"internal/metrics"},
		"github.com/emersion/go-imap/v2":      {"internal/assistant"},
		"github.com/smallstep/pkcs7":          {"internal/profile"},
		"howett.net/plist":                    {"internal/profile"},
		"gopkg.in/yaml.v3":                    {},
	}
}

const (
	module = "ksync"
	root   = "../.."
)

// source is one file of ours that is no test.
type source struct {
	pkg  string // directory below the root
	path string
	file *ast.File
	set  *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "bin" || strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		all = append(all, source{filepath.ToSlash(filepath.Dir(rel)), filepath.ToSlash(rel), file, set})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d files", len(all))
	}
	return all
}

func layerOf(pkg string) int {
	return slices.IndexFunc(layers(), func(layer []string) bool { return slices.Contains(layer, pkg) })
}

func TestImports_GoDown(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if slices.Contains(helpers(), s.pkg) {
			continue
		}
		if layerOf(s.pkg) < 0 && !slices.Contains(alone(), s.pkg) {
			t.Errorf("%s: package %s has no place in the table of layers", s.path, s.pkg)
		}
		for _, imp := range s.file.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if target, ours := strings.CutPrefix(path, module+"/"); ours {
				if !below(s.pkg, target) {
					t.Errorf("%s: %s must not import %s", s.path, s.pkg, target)
				}
			}
		}
	}
}

func below(pkg, target string) bool {
	if slices.Contains(alone(), target) {
		return strings.HasPrefix(pkg, "cmd/")
	}
	return !slices.Contains(alone(), pkg) && layerOf(target) >= 0 && layerOf(target) < layerOf(pkg)
}

func TestImports_LibrariesHaveOwners(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, imp := range s.file.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			if !strings.Contains(first, ".") || slices.Contains(helpers(), s.pkg) {
				continue // the standard library, or ours
			}
			if !owns(s.pkg, path) {
				t.Errorf("%s: %s is not an owner of %s", s.path, s.pkg, path)
			}
		}
	}
}

func owns(pkg, path string) bool {
	for library, packages := range owners() {
		if path == library || strings.HasPrefix(path, library+"/") {
			return slices.Contains(packages, pkg)
		}
	}
	return false
}

// Every direct dependency is explained, and nothing is explained that is gone.
func TestDependencies_AreExplained(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "v") || !strings.Contains(fields[0], ".") {
			continue
		}
		if !strings.Contains(string(table), "`"+fields[0]+"`") {
			t.Errorf("docs/dependencies.md says nothing about %s", fields[0])
		}
	}
	for line := range strings.Lines(string(table)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		if name := strings.Split(line, "`")[1]; !strings.Contains(string(mod), name+" v") {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not name", name)
		}
	}
}
