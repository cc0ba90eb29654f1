package config_test

import (
	"encoding"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ksync/internal/config"
)

// textValue is what every setting of our own types can do.
type textValue interface {
	encoding.TextUnmarshaler
	fmt.Stringer
}

func TestValues_Accepted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		v    textValue
		want string
	}{
		{"20MiB", new(config.Size), "20MiB"},
		{" 1024 ", new(config.Size), "1KiB"},
		{"3 mb", new(config.Size), "3000000"},
		{"4096KiB", new(config.Size), "4MiB"},
		{"90d", new(config.Duration), "90d"},
		{"1d12h", new(config.Duration), "36h"},
		{"90s", new(config.Duration), "1m30s"},
		{"0d", new(config.Duration), "0s"},
		{"ON", new(config.Switch), "on"},
		{"0", new(config.Switch), "off"},
		{"https://Sync.Example.org/", new(config.PublicURL), "https://sync.example.org/"},
		{"http://[::1]:8008", new(config.PublicURL), "http://[::1]:8008/"},
		{"", new(config.PublicURL), ""},
		{"192.0.2.1", new(config.Proxy), "192.0.2.1/32"},
		{"::ffff:192.0.2.1", new(config.Proxy), "192.0.2.1/32"},
		{"2001:db8::/32", new(config.Proxy), "2001:db8::/32"},
		{"unix", new(config.Proxy), "unix"},
	} {
		if err := tt.v.UnmarshalText([]byte(tt.in)); err != nil || tt.v.String() != tt.want {
			t.Errorf("%T %q: got %q, %v, want %q", tt.v, tt.in, tt.v, err, tt.want)
		}
	}
}

func TestValues_Refused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		v  encoding.TextUnmarshaler
		in []string
	}{
		{new(config.Size), []string{"", "MiB", "-1", "1TiBB", "1.5MiB", "99999999999GiB", "0x10"}},
		{new(config.Duration), []string{"", "d", "-1d", "1.5d", "40000d", "5", "-3s", "1d5"}},
		{new(config.Switch), []string{"", "maybe"}},
		{new(config.LogFormat), []string{"", "xml"}},
		{new(config.PublicURL), []string{"sync.example.org", "ftp://a", "https://", "https://a/b", "https://a?x", "https://a?", "https://a#x",
			"https://u:p@a", "https://a:0", "https://a:99999", "https://a b", "javascript:alert(1)", "https://a\"b", "//a"}},
		{new(config.Proxy), []string{"", "10.0.0.1/8", "proxy.example.org", "10.0.0.0/33", "fe80::1%eth0"}},
	} {
		for _, in := range tt.in {
			if err := tt.v.UnmarshalText([]byte(in)); err == nil {
				t.Errorf("%T took %q as %v", tt.v, in, tt.v)
			}
		}
	}
}

func TestValues_PrintedFormReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size, length := config.Size(rapid.Int64Range(0, 1<<45).Draw(t, "size")), config.Duration(rapid.Int64Range(0, int64(30000*24*time.Hour)).Draw(t, "duration"))
		var gotSize config.Size
		var gotLength config.Duration
		if err := gotSize.UnmarshalText([]byte(size.String())); err != nil || gotSize != size {
			t.Errorf("%d printed as %s reads as %d (%v)", int64(size), size, int64(gotSize), err)
		}
		if err := gotLength.UnmarshalText([]byte(length.String())); err != nil || gotLength != length {
			t.Errorf("%v printed as %s reads as %v (%v)", length.Std(), length, gotLength.Std(), err)
		}
	})
}
