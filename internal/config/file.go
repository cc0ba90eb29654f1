package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// maxFile bounds a configuration file; a real one has a few hundred bytes.
const maxFile = 1 << 20

// entry is one `key = value` of a configuration file.
type entry struct {
	key, value string
	line       int
}

// parseFile reads lines of the form `key = value`. Lines that are empty or
// begin with # mean nothing; a # inside a value belongs to the value. Keys may
// be written with - or _. The name is only for messages.
func parseFile(name string, data []byte) ([]entry, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, fmt.Errorf("%s: not a text file in UTF-8", name)
	}
	var entries []entry
	seen := map[string]int{}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "_", "-")
		if !ok || key == "" {
			return nil, fmt.Errorf("%s:%d: %q is not of the form `key = value`", name, number, line)
		}
		if first, twice := seen[key]; twice {
			return nil, fmt.Errorf("%s:%d: %s is set twice, first in line %d", name, number, key, first)
		}
		seen[key] = number
		entries = append(entries, entry{key, unquote(strings.TrimSpace(value)), number})
	}
	return entries, nil
}

// unquote takes one pair of double quotes off, for people who are used to them.
func unquote(value string) string {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		return value[1 : len(value)-1]
	}
	return value
}

// loadFile reads and checks a configuration file. A file that need not exist
// and does not is empty.
func loadFile(name string, optional bool) (map[string]string, error) {
	data, err := readFile(name)
	if optional && (errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	entries, err := parseFile(name, data)
	if err != nil {
		return nil, err
	}
	flags, err := flagsByKey()
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(entries))
	for _, e := range entries {
		if err := check(flags, e); err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", name, e.line, e.key, err)
		}
		if e.key == "data" && e.value == "" {
			return nil, fmt.Errorf("%s:%d: data: must name a directory", name, e.line)
		}
		if optional && e.key == "data" {
			return nil, fmt.Errorf("%s:%d: data: this file was found in the data directory, so it cannot move it; use --data or KSYNC_DATA", name, e.line)
		}
		values[e.key] = e.value
	}
	return values, nil
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s: not a configuration file", name)
	}
	return os.ReadFile(name)
}

// check parses the value as kong will, so that its error can name the line.
func check(flags map[string]*kong.Flag, e entry) error {
	flag, known := flags[e.key]
	if !known {
		return unknownKey(flags, e.key)
	}
	value := reflect.New(flag.Target.Type()).Elem()
	err := flag.Value.Parse(kong.Scan().PushTyped(e.value, kong.FlagValueToken), value)
	if err == nil {
		return inBounds(flag, value)
	}
	// kong's message begins with the flag, which the caller names already.
	return errors.New(strings.TrimPrefix(err.Error(), "--"+flag.Name+": "))
}

func unknownKey(flags map[string]*kong.Flag, key string) error {
	for name := range flags {
		if len(key) >= 3 && (strings.HasPrefix(name, key) || strings.HasPrefix(key, name) || strings.HasSuffix(name, "-"+key)) {
			return fmt.Errorf("there is no such setting; did you mean %s? `ksyncd config` lists them all", name)
		}
	}
	return errors.New("there is no such setting; `ksyncd config` lists them all")
}

// flagsByKey lists the settings that a file may hold.
func flagsByKey() (map[string]*kong.Flag, error) {
	model, err := newModel(&Settings{})
	if err != nil {
		return nil, err
	}
	flags := map[string]*kong.Flag{}
	for _, flag := range model.Flags {
		if flag.Name != "config" {
			flags[flag.Name] = flag
		}
	}
	return flags, nil
}

func newModel(s *Settings) (*kong.Application, error) {
	k, err := kong.New(s, kong.Name("ksyncd"), kong.NoDefaultHelp(), Kong())
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return k.Model, nil
}
