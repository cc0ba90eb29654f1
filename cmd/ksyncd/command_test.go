package main

import (
	"testing"

	"github.com/alecthomas/kong"
)

func TestCommands_AllRun(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&environment{}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		n, ok := node.(*kong.Node)
		if !ok {
			return next(nil)
		}
		if n.Type == kong.CommandNode && n.Leaf() {
			if _, ok := n.Target.Addr().Interface().(runnable); !ok {
				t.Errorf("%s cannot be run", n.Path())
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}
