package main

import (
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"os"
	"slices"
	"strings"

	"ksync/internal/account"
	"ksync/internal/config"
	"ksync/internal/i18n"
	"ksync/internal/mail"
)

// mailCmd is the commands for letters.
type mailCmd struct {
	Test    mailTestCmd    `cmd:"" help:"Send a test message, with the settings that the server has."`
	Preview mailPreviewCmd `cmd:"" help:"Print a message as it would be sent, with invented contents."`
}

// mailSettings are what letters need to know.
type mailSettings struct {
	config.Location `embed:""`
	config.Public   `embed:""`
	Mail            config.Mail `embed:"" prefix:"mail-"`
	Language        string      `placeholder:"TAG" default:"en" help:"Language of the message: en, de, es, fr or it."`
}

type mailTestCmd struct {
	mailSettings `embed:""`
	Address      string `arg:"" help:"Where to send it."`
}

func (c *mailTestCmd) Run(env *environment) error {
	if c.Mail.Host == "" {
		return usageError{errors.New("no mail server: set mail-host; `ksyncd config` lists the settings")}
	}
	s := config.Settings{Public: c.Public, Mail: c.Mail}
	if err := s.CheckMail(); err != nil {
		return usageError{err}
	}
	composer, err := c.composer(env)
	if err != nil {
		return err
	}
	sender, err := smtpSender(c.Mail, c.URL)
	if err != nil {
		return usageError{err}
	}
	letter, err := composer.Test(c.Address, c.Language)
	if err == nil {
		err = sender.Send(env.ctx, letter)
	}
	if err != nil {
		return fmt.Errorf("the message was not taken over: %w", err)
	}
	_, err = fmt.Fprintf(env.out, "%s took the message for %s over.\n", c.Mail.Host, c.Address)
	return err
}

type mailPreviewCmd struct {
	mailSettings `embed:""`
	Kind         string `arg:"" optional:"" help:"Which one; all of them by default. An unknown one lists what there is."`
}

func (c *mailPreviewCmd) Run(env *environment) error {
	if c.URL.Host == "" {
		c.URL = config.PublicURL{Scheme: "https", Host: "sync.example.org"}
	}
	composer, err := c.composer(env)
	if err != nil {
		return err
	}
	wanted := mail.Kinds()
	if c.Kind != "" {
		if !slices.Contains(wanted, account.NoticeKind(c.Kind)) {
			return usageError{fmt.Errorf("no message is called %q; there are %s", c.Kind, kindList(wanted))}
		}
		wanted = []account.NoticeKind{account.NoticeKind(c.Kind)}
	}
	to := mail.Preview{From: netmail.Address(c.Mail.From), W: env.out}
	if to.From.Address == "" {
		to.From.Address = "sync@" + c.URL.Hostname()
	}
	for _, kind := range wanted {
		letter, err := composer.Compose(composer.Sample(kind, "you@example.org", c.Language))
		if err != nil {
			return err
		}
		if err := to.Send(env.ctx, letter); err != nil {
			return err
		}
	}
	return nil
}

func kindList(kinds []account.NoticeKind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

func (c *mailSettings) composer(env *environment) (*mail.Composer, error) {
	return mail.NewComposer(i18n.Load(), origin(c.URL).JoinPath("/"), env.now), nil
}

func smtpSender(m config.Mail, public config.PublicURL) (*mail.SMTP, error) {
	o := mail.SMTPOptions{
		Host: m.Host, Port: m.Port, Security: mail.Security(m.TLS), User: m.User,
		From: netmail.Address(m.From), Hello: public.Hostname(),
	}
	if m.PasswordFile != "" {
		f, err := os.Open(m.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("mail-password-file: %w", err)
		}
		o.Password, err = firstLine(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("mail-password-file: %w", err)
		}
	}
	sender, err := mail.NewSMTP(o)
	if err != nil {
		return nil, fmt.Errorf("mail-host: %w", err)
	}
	return sender, nil
}

// outbox is how letters get out; without a mail server there are none.
func (c *serveCmd) outbox(env *environment, logger *slog.Logger) (o mail.OutboxOptions, err error) {
	if c.Mail.Host == "" {
		logger.Warn("no mail server is set (mail-host): nobody is told by e-mail what happens to their account, it stands only in recent activity")
		return o, nil
	}
	if o.Sender, err = smtpSender(c.Mail, c.URL); err != nil {
		return o, usageError{err}
	}
	o.Composer, o.Logger = mail.NewComposer(i18n.Load(), origin(c.URL).JoinPath("/"), env.now), logger
	return o, nil
}

// startMail begins to empty the outbox. The function that it returns ends it.
func startMail(o mail.OutboxOptions, accounts *account.Service) (stop func()) {
	if o.Sender == nil {
		return func() {}
	}
	o.Notices = accounts
	return mail.StartOutbox(o).Close
}
