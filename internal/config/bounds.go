package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// Kong is what kong must know to read settings of this package.
func Kong() kong.Option {
	return kong.OptionFunc(func(k *kong.Kong) error {
		if err := (kong.Vars{"data": DefaultData()}).Apply(k); err != nil {
			return err
		}
		return kong.KindMapper(reflect.Int, kong.MapperFunc(wholeNumber)).Apply(k)
	})
}

// wholeNumber reads one in the words of the other values.
func wholeNumber(ctx *kong.DecodeContext, target reflect.Value) error {
	var in string
	if err := ctx.Scan.PopValueInto("number", &in); err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.TrimSpace(in))
	if err != nil {
		return fmt.Errorf("%q is not a whole number", in)
	}
	target.SetInt(int64(n))
	return nil
}

// inBounds reports a value that the tags least and most of its setting exclude. They
// are written as the value would be.
func inBounds(flag *kong.Flag, value reflect.Value) error {
	for _, bound := range []struct {
		tag, text string
		sign      int64
	}{{"least", "at least", 1}, {"most", "at most", -1}} {
		text := flag.Tag.Get(bound.tag)
		if text == "" {
			continue
		}
		limit := reflect.New(flag.Target.Type()).Elem()
		if err := flag.Value.Parse(kong.Scan().PushTyped(text, kong.FlagValueToken), limit); err != nil {
			return fmt.Errorf("%s %s: %w", bound.tag, text, err)
		}
		if value.Int()*bound.sign < limit.Int()*bound.sign {
			return fmt.Errorf("%v is not allowed, it must be %s %s", value.Interface(), bound.text, text)
		}
	}
	return nil
}

// checkBounds is the part of [Settings.Check] about values from flags and variables;
// those of a file are told with their line.
func (s *Settings) checkBounds() error {
	shown := *s
	model, err := newModel(&shown)
	if err != nil {
		return err
	}
	shown = *s
	for _, flag := range model.Flags {
		if err := inBounds(flag, flag.Target); err != nil {
			return fmt.Errorf("%s: %w", flag.Name, err)
		}
	}
	return nil
}
