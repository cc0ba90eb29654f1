// Command ksyncd is a server for contacts, calendars and tasks that phones and
// desktops sync with over CardDAV and CalDAV.
//
// main only parses and calls; each command is a file. serve.go wires the
// packages together. Commands that change data work on the database directly
// and may run while the server does.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"ksync/internal/config"
)

// commands is the command line.
type commands struct {
	Serve       serveCmd       `cmd:"" help:"Run the server. The first time, make an account and tell how to connect."`
	User        userCmd        `cmd:"" help:"Make, list, disable, enable and delete accounts."`
	AppPassword appPasswordCmd `cmd:"" help:"Make, list and revoke app passwords: one for each device."`
	Profile     profileCmd     `cmd:"" help:"Set up an iPhone, iPad or Mac with a file: its own app password is in it."`
	Import      importCmd      `cmd:"" help:"Bring in contacts, events and tasks from files or from another server."`
	Export      exportCmd      `cmd:"" help:"Write all that an account has to files."`
	Backup      backupCmd      `cmd:"" help:"Write all that the server keeps to one file, while it runs."`
	Restore     restoreCmd     `cmd:"" help:"Bring a backup back. The server must not run."`
	Verify      verifyCmd      `cmd:"" help:"Read everything that the server keeps and check that it is right."`
	Check       checkCmd       `cmd:"" help:"Check whether a server answers as phones and desktops need it."`
	Doctor      doctorCmd      `cmd:"" help:"Look at a server from outside: DNS, TLS, proxies, sign-in, a round trip. Each finding says how to mend it."`
	DNS         dnsCmd         `cmd:"" name:"dns" help:"Print the DNS records that lead apps here from an e-mail address."`
	Mail        mailCmd        `cmd:"" help:"Try out the messages that the server sends."`
	Config      configCmd      `cmd:"" help:"Print the settings as a commented configuration file."`
	Duplicates  duplicatesCmd  `cmd:"" help:"Find contacts that are there twice, in an account or in files."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	Manual      manualCmd      `cmd:"" hidden:"" help:"Print the manual page or the completion of a shell, for packages."`
}

// Exit codes beyond 0.
const (
	exitFailure = 1
	exitUsage   = 2 // the command line or a setting is wrong
)

// environment is what a command works with besides its flags.
type environment struct {
	ctx      context.Context
	in       *bufio.Reader
	out, err io.Writer
	now      func() time.Time
	rand     io.Reader
}

// untilStopped is done when the person at the terminal or the system wants the
// command to end. After stop a signal ends the program at once.
func (env *environment) untilStopped(also ...os.Signal) (ctx context.Context, stop context.CancelFunc) {
	return signal.NotifyContext(env.ctx, append(also, os.Interrupt, syscall.SIGTERM)...)
}

func main() {
	os.Exit(run(os.Args[1:], &environment{
		ctx: context.Background(), in: bufio.NewReader(os.Stdin), out: os.Stdout, err: os.Stderr, now: time.Now, rand: rand.Reader,
	}))
}

// run parses the arguments, runs one command and returns the exit code.
func run(args []string, env *environment) int {
	helped := false
	parser, err := newParser(env, func() { helped = true })
	if err != nil {
		return fail(env, err, exitFailure)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return 0
	}
	if file, wrong := errors.AsType[*config.Error](err); wrong {
		return fail(env, file, exitUsage)
	}
	if err != nil {
		return fail(env, err, exitUsage)
	}
	// Not parsed.Run: what the parser knows of all commands would stay in memory
	// as long as a server runs.
	chosen := parsed.Selected().Target.Addr().Interface().(runnable)
	err = chosen.Run(env)
	if usage, ok := errors.AsType[usageError](err); ok {
		return fail(env, usage, exitUsage)
	}
	return fail(env, err, exitFailure)
}

// runnable is what every command of [commands] is.
type runnable interface{ Run(env *environment) error }

// newParser knows the command line. It calls helped once it has printed help.
func newParser(env *environment, helped func()) (*kong.Kong, error) {
	return kong.New(&commands{}, kong.Name("ksyncd"), kong.Writers(env.out, env.err), kong.Exit(func(int) { helped() }),
		kong.Description("Sync server for contacts, calendars and tasks (CardDAV, CalDAV). `ksyncd serve` is all it takes to begin."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.ShortUsageOnError(),
		config.Kong(), kong.Resolvers(config.Resolver()))
}

// usageError is a mistake in what the command was told.
type usageError struct{ error }

// fail prints an error, one line that says what to do, and returns the code.
func fail(env *environment, err error, code int) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(env.err, "ksyncd:", explain(err))
	return code
}
