package config_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"ksync/internal/config"
)

// parse reads settings as a command does that embeds them.
func parse(t *testing.T, args ...string) (config.Settings, error) {
	t.Helper()
	var cli struct {
		Serve struct {
			config.Settings `embed:""`
		} `cmd:""`
	}
	parser, err := kong.New(&cli, kong.Exit(func(int) { t.Error("exit") }), config.Kong(), kong.Resolvers(config.Resolver()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{"serve"}, args...))
	return cli.Serve.Settings, err
}

func write(t *testing.T, dir, text string) string {
	t.Helper()
	name := filepath.Join(dir, config.FileName)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSettings_Defaults(t *testing.T) {
	t.Parallel()
	s, err := parse(t, "--data", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]config.Address{"127.0.0.1:8008"}, s.Listen); diff != "" {
		t.Error(diff)
	}
	if s.Limits.ObjectSize != 20<<20 || s.Limits.XMLSize != 4<<20 || !bool(s.Throttle) || s.Log.Level != config.LogLevel(slog.LevelInfo) {
		t.Errorf("defaults: %+v", s)
	}
	if s.Retention.Changes.Std() < 365*24*time.Hour {
		t.Errorf("deletions are kept for %v, RFC 6578 clients need a year", s.Retention.Changes)
	}
}

func TestSettings_FlagBeforeEnvironmentBeforeFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "# ours\n\nlisten = 127.0.0.1:1, [::1]:1\nmax-xml-size = 1MiB\nfirst_login=\"ann\"\nthrottle = off\n")
	t.Setenv("KSYNC_MAX_XML_SIZE", "2MiB")
	t.Setenv("KSYNC_FIRST_LOGIN", "bob")
	s, err := parse(t, "--data="+dir, "--first-login=cy")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]config.Address{"127.0.0.1:1", "[::1]:1"}, s.Listen); diff != "" {
		t.Error(diff)
	}
	if s.Limits.XMLSize != 2<<20 || s.FirstLogin != "cy" || bool(s.Throttle) {
		t.Errorf("xml %v, login %q, throttle %v", s.Limits.XMLSize, s.FirstLogin, s.Throttle)
	}
}

func TestSettings_DataFromEnvironmentFindsItsFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "url = https://sync.example.org")
	t.Setenv("KSYNC_DATA", dir)
	s, err := parse(t)
	if err != nil || s.URL.String() != "https://sync.example.org/" {
		t.Errorf("url %q, err %v", s.URL, err)
	}
}

func TestSettings_NamedFile(t *testing.T) {
	t.Parallel()
	name := write(t, t.TempDir(), "\ufeffdata = /somewhere\r\nurl = https://sync.example.org:8443\r\n")
	s, err := parse(t, "--config", name)
	if err != nil || s.Data != "/somewhere" || s.URL.String() != "https://sync.example.org:8443/" {
		t.Errorf("data %q, url %q, err %v", s.Data, s.URL, err)
	}
	if _, err := parse(t, "--config", name+".missing"); err == nil {
		t.Error("a file that was asked for and is missing was accepted")
	}
}

func TestSettings_BadFileNamesLineAndReason(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"unknown key":         {"\n\nlisen = 1", ":3: lisen: there is no such setting"},
		"unknown key, near":   {"proxies = 1", "did you mean trusted-proxies?"},
		"twice":               {"url = http://a\n#\nurl = http://b", ":3: url is set twice, first in line 1"},
		"twice, other style":  {"log-level = info\nlog_level = debug", ":2: log-level is set twice"},
		"no equals sign":      {"throttle off", ":1: \"throttle off\" is not of the form `key = value`"},
		"bad size":            {"max-xml-size = large", ":1: max-xml-size: \"large\" is not a size like"},
		"bad url":             {"url = https://a.example/dav/", ":1: url: \"https://a.example/dav/\": must end after the host name"},
		"bad switch":          {"throttle = maybe", ":1: throttle: \"maybe\" is neither on nor off"},
		"bad proxy":           {"trusted-proxies = 10.0.0.0/8, moon", "\"moon\" is not an address"},
		"no port":             {"listen = localhost", ":1: listen: \"localhost\" is not HOST:PORT"},
		"relative socket":     {"listen = unix:sock", "starts with /"},
		"bad number":          {"max-page = many", ":1: max-page: \"many\" is not a whole number"},
		"a number too small":  {"\nmax-page = 0", ":2: max-page: 0 is not allowed, it must be at least 1"},
		"a size too small":    {"max-xml-size = 0", ":1: max-xml-size: 0 is not allowed, it must be at least 1"},
		"a time too short":    {"keep-changes = 30d", ":1: keep-changes: 30d is not allowed, it must be at least 365d"},
		"no such port":        {"imap-port = 70000", ":1: imap-port: 70000 is not allowed, it must be at most 65535"},
		"no data":             {"data = ", ":1: data: must name a directory"},
		"bad level":           {"log-level = loud", ":1: log-level: \"loud\" is not debug, info, warn or error"},
		"bad time":            {"timeout-body = soon", "\"soon\" is not a time like"},
		"data in data's file": {"data = /elsewhere", "it cannot move it"},
		"config in a file":    {"config = x", "there is no such setting"},
		"no text":             {"url = \x00", "not a text file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := write(t, dir, tt.text)
			_, err := parse(t, "--data", dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("got  %v\nwant %s…%s", err, file, tt.want)
			}
		})
	}
}

func TestSettings_Check(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"certificate without key": {[]string{"--tls-cert=c.pem"}, "tls-cert and tls-key"},
		"short memory":            {[]string{"--keep-changes=30d"}, "at least 365d"},
		"zero limit":              {[]string{"--max-page=0"}, "max-page: 0 is not allowed, it must be at least 1"},
		"no room for an account":  {[]string{"--max-collections=2"}, "max-collections: 2 is not allowed, it must be at least 3"},
		"no room for two objects": {[]string{"--max-bodies=30MiB"}, "max-bodies: at least twice max-object-size"},
		"zero time":               {[]string{"--timeout-idle=0s"}, "timeout-idle: 0s is not allowed, it must be at least 1ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := parse(t, append(tt.args, "--data", t.TempDir())...)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestSettings_Exposed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		want []config.Address
	}{
		"loopback":           {[]string{"--listen=127.0.0.1:1,[::1]:1,localhost:1,unix:/run/s"}, nil},
		"everywhere":         {[]string{"--listen=:80,127.0.0.1:1"}, []config.Address{":80"}},
		"a name":             {[]string{"--listen=nas:80"}, []config.Address{"nas:80"}},
		"with TLS":           {[]string{"--listen=:443", "--tls-cert=c", "--tls-key=k"}, nil},
		"behind a proxy":     {[]string{"--listen=:80", "--trusted-proxies=172.17.0.1"}, nil},
		"unspecified, IPv6 ": {[]string{"--listen=[::]:80"}, []config.Address{"[::]:80"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := parse(t, append(tt.args, "--data", t.TempDir())...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.Exposed()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDescribe_ReadsBackAsTheSameSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want, err := parse(t, "--data", dir, "--url=https://sync.example.org", "--trusted-proxies=unix,10.0.0.0/8,::1",
		"--listen=:1,unix:/run/s", "--throttle=off", "--max-xml-size=3MiB", "--timeout-idle=90s", "--keep-versions=30d", "--log-level=debug")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := config.Describe(&text, &want); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "described.conf")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := parse(t, "--config", file)
	if err != nil {
		t.Fatalf("%v\n%s", err, text.Bytes())
	}
	want.Config, got.Config = "", ""
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b config.Proxy) bool { return a == b })); diff != "" {
		t.Errorf("%s\n%s", diff, text.Bytes())
	}
}

func TestDescribe_DefaultsAreCommentedOut(t *testing.T) {
	t.Parallel()
	s, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := config.Describe(&text, &s); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if line != "\n" && line[0] != '#' {
			t.Errorf("not a comment: %s", line)
		}
	}
	if !strings.Contains(text.String(), "#listen = 127.0.0.1:8008\n") {
		t.Errorf("no listen in\n%s", text.String())
	}
}

func TestUnknownVariables(t *testing.T) {
	t.Parallel()
	got, err := config.UnknownVariables([]string{"HOME=/", "KSYNC_DATA=x", "KSYNC_TRUSTED_PROXY=y", "KSYNC_THROTTLE=off"})
	if diff := cmp.Diff([]string{"KSYNC_TRUSTED_PROXY"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
