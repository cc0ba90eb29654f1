package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Resolver returns the kong resolver that takes values from the configuration
// file. It serves one parse.
func Resolver() kong.Resolver { return &resolver{} }

type resolver struct {
	loaded bool
	values map[string]string
}

// Validate has nothing to add: the whole file is checked when it is read.
func (*resolver) Validate(*kong.Application) error { return nil }

// Resolve reads the file when the first setting of the command is asked for.
func (r *resolver) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if !isSetting(parent, flag) {
		return nil, nil
	}
	if err := r.load(ctx, parent); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(flag.Envs, func(name string) bool { _, set := os.LookupEnv(name); return set }) {
		return nil, nil
	}
	if value, ok := r.values[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}

// isSetting tells settings from the flags that commands have of their own,
// which may bear the same name.
func isSetting(parent *kong.Path, flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(name string) bool { return strings.HasPrefix(name, "KSYNC_") }) &&
		slices.ContainsFunc(parent.Flags, func(f *kong.Flag) bool { return f.Name == "config" })
}

func (r *resolver) load(ctx *kong.Context, parent *kong.Path) (err error) {
	if r.loaded {
		return nil
	}
	r.loaded = true
	name, optional, data := given(ctx, parent, "config"), false, given(ctx, parent, "data")
	if data == "" {
		return &Error{errors.New("--data: must name a directory")}
	}
	if name == "" {
		name, optional = filepath.Join(data, FileName), true
	}
	if r.values, err = loadFile(name, optional); err != nil {
		return &Error{err}
	}
	return nil
}

// Error is what is wrong with a configuration file, told with its place. kong
// puts the flag in front that it happened to ask for, which has nothing to do with it.
type Error struct{ error }

// Unwrap returns what was found.
func (e *Error) Unwrap() error { return e.error }

// given is what the command line, the environment or the default say.
func given(ctx *kong.Context, parent *kong.Path, name string) string {
	for _, flag := range parent.Flags {
		if flag.Name != name {
			continue
		}
		if slices.ContainsFunc(ctx.Path, func(p *kong.Path) bool { return p.Flag == flag }) {
			return fmt.Sprint(ctx.FlagValue(flag))
		}
		return flag.Target.String()
	}
	return ""
}

// UnknownVariables returns the names of KSYNC_ variables in environ (as from
// [os.Environ]) that no setting has: a slip of the pen, most likely.
func UnknownVariables(environ []string) ([]string, error) {
	model, err := newModel(&Settings{})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, flag := range model.Flags {
		for _, name := range flag.Envs {
			known[name] = true
		}
	}
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "KSYNC_") && !known[name] {
			unknown = append(unknown, name)
		}
	}
	return unknown, nil
}
