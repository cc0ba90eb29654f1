package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"ksync/internal/config"
	"ksync/internal/dav"
	"ksync/internal/remote"
	"ksync/internal/transfer"
	"ksync/store"
)

type importCmd struct {
	config.Location `embed:""`
	Paths           []string `arg:"" optional:"" help:"What to read: .vcf, .ics and .csv files, directories, zip archives."`
	Account         string   `required:"" placeholder:"LOGIN" help:"Account to import into: its login or e-mail address."`
	Into            string   `placeholder:"NAME" help:"Address book or calendar that takes everything, by name. Without it contacts go to the first address book, events and tasks each to the first calendar for them."`
	Create          bool     `help:"Make the collection of --into if it is missing, and a calendar for entries that none takes."`
	Map             []string `sep:"none" placeholder:"COLUMN=PROPERTY" help:"What a column of a .csv file is: Handy=TEL;TYPE=cell, Town=ADR.locality;TYPE=home; nothing behind the = leaves it out."`
	Preview         bool     `help:"Show what the columns of .csv files would become, and the first contacts; store nothing."`
	From            string   `placeholder:"URL" help:"Pull everything from another CardDAV or CalDAV server instead of reading files. Collections of the same names are made here."`
	signIn          `embed:""`
	JSON            bool `name:"json" help:"Print the report as JSON, with every item."`
}

// Run imports. Nothing of what is there is deleted, and doing it again changes
// nothing: what has the same UID is replaced if it differs.
func (c *importCmd) Run(env *environment) (err error) {
	if (c.From == "") == (len(c.Paths) == 0) {
		return usageError{errors.New("give files or directories to read, or --from URL")}
	}
	if c.Preview {
		return c.preview(env)
	}
	st, err := openExisting(env, c.Location)
	if err != nil {
		return err
	}
	defer closeStore(st, &err)
	a, err := findUser(env.ctx, st, c.Account)
	if err != nil {
		return err
	}
	ctx, stop := env.untilStopped()
	defer stop()
	bar := newBar(env, !c.JSON)
	o := transfer.Options{
		Store: st, Account: a.ID, Into: c.Into, Create: c.Create, Columns: c.Map, Agent: "ksyncd import",
		Checks: map[store.Kind]transfer.Check{}, Progress: bar.show,
	}
	for _, k := range kinds(dav.DefaultLimits) {
		o.Checks[k.Store] = k.Check
	}
	read := c.files
	if c.From != "" {
		read = c.pull
	}
	report, err := read(ctx, env, o)
	bar.clear()
	if report == nil || err != nil && len(report.Items) == 0 {
		return err
	}
	return errors.Join(err, c.print(env, report))
}

func (c *importCmd) files(ctx context.Context, _ *environment, o transfer.Options) (_ *transfer.Report, err error) {
	files, err := transfer.Open(c.Paths, o.Limits)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	return transfer.Import(ctx, files, o)
}

func (c *importCmd) pull(ctx context.Context, env *environment, o transfer.Options) (*transfer.Report, error) {
	from, err := c.options(env, c.From)
	if err != nil {
		return nil, err
	}
	if from.User == "" {
		return nil, usageError{errors.New("--from needs --user, the login on that server")}
	}
	report, err := remote.NewClient(from).Pull(ctx, o)
	return report, howToAllow(err)
}

// print tells of what is not as the person meant it, then of the sum. What was
// not imported is an error, for scripts.
func (c *importCmd) print(env *environment, r *transfer.Report) error {
	if c.JSON {
		if err := printJSON(env, r); err != nil {
			return err
		}
	} else if err := printReport(env.out, r); err != nil {
		return err
	}
	if n := r.Total[transfer.Failed]; n > 0 {
		return fmt.Errorf("%d of %d items were not imported", n, len(r.Items))
	}
	return nil
}

func printReport(w io.Writer, r *transfer.Report) error {
	var b strings.Builder
	for _, it := range r.Items {
		if it.Outcome == transfer.Failed || it.Outcome == transfer.Duplicate || it.Outcome == transfer.Skipped {
			fmt.Fprintf(&b, "%-10s %s: %s\n", it.Outcome, printable(it.Where()), printable(it.Reason))
		}
	}
	for _, name := range r.Made {
		fmt.Fprintf(&b, "made       %s\n", printable(name))
	}
	var sums []string
	for _, o := range transfer.Outcomes() {
		if n := r.Total[o]; n > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", n, o))
		}
	}
	if len(sums) == 0 {
		sums = []string{"Nothing was found to import"}
	}
	fmt.Fprintf(&b, "%s.\n", strings.Join(sums, ", "))
	if r.Total[transfer.Duplicate] > 0 {
		b.WriteString("A duplicate has the UID of another item of this import but other content: import the file with the one that is right by itself.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printable keeps names that strangers chose from steering a terminal.
func printable(s string) string {
	const longest = 300
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "\u2026"
	}
	return s
}
