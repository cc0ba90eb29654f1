package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"ksync/internal/config"
)

// version is set by the linker when a release is built.
var version = "development"

type versionCmd struct{}

func (*versionCmd) Run(env *environment) error {
	_, err := fmt.Fprintf(env.out, "ksyncd %s%s, %s %s/%s\n", version, commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// commit is what the go command knows about the sources.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = " (" + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", changed"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + modified + ")"
}

type configCmd struct {
	config.Settings `embed:""`
}

func (c *configCmd) Run(env *environment) error {
	if err := c.Check(); err != nil {
		return usageError{err}
	}
	return config.Describe(env.out, &c.Settings)
}
