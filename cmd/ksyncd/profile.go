package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/config"
	"ksync/internal/httpd"
	"ksync/internal/profile"
	"ksync/store"
)

// profileCmd sets a device up from the command line. Its settings are those of
// the server, from the same file.
type profileCmd struct {
	someUser        `embed:""`
	config.Public   `embed:""`
	config.Offer    `embed:""`
	config.Profiles `embed:"" prefix:"profile-"`
	config.Pair     `embed:""`

	Device   string `required:"" placeholder:"NAME" help:"Name of the device, like \"Ann's iPhone\"."`
	Platform string `default:"other" placeholder:"NAME" help:"What it is: iphone, ipad, mac, vision, or other for any of them."`
	Services string `default:"contacts,calendars,tasks" placeholder:"LIST" help:"What it shall sync: contacts, calendars, tasks, mail."`
	Language string `placeholder:"TAG" help:"Language of the texts in the profile, like de; that of the account by default."`
	Output   string `short:"o" required:"" placeholder:"FILE" help:"File to write, like phone.mobileconfig; - for standard output."`
}

// Run makes the device with its app password and writes its profile.
func (c *profileCmd) Run(env *environment) error {
	if c.URL.Host == "" {
		return errNoURL
	}
	data, err := assistant.ParseData(c.Services)
	if err != nil {
		return usageError{fmt.Errorf("--services: %w", err)}
	}
	settings, signer, err := c.prepare(env)
	if err != nil {
		return usageError{err}
	}
	return c.with(env, func(st *store.Store, a store.Account) error {
		people, err := newService(env, account.ServiceOptions{Store: st, URL: origin(c.URL), Logger: commandLogger(env)}, c.Location)
		if err != nil {
			return err
		}
		defer people.Close()
		to, err := c.create(env)
		if err != nil {
			return err
		}
		file, err := c.issue(env, assistant.Options{Store: st, Accounts: people, Settings: settings, Signer: signer, Logger: commandLogger(env)}, a, data)
		if err != nil {
			return errors.Join(err, c.remove(to))
		}
		if _, err := to.Write(file.Data); err != nil {
			return errors.Join(err, to.Close())
		}
		return errors.Join(to.Close(), c.tell(env, a, file))
	})
}

// create opens the file, before anything is made that only it will hold. It is a
// new one, which only its owner can read: there will be a password in it.
func (c *profileCmd) create(env *environment) (io.WriteCloser, error) {
	if c.Output == "-" {
		return keptOpen{env.out}, nil
	}
	return os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// keptOpen is an output that is not ours to close.
type keptOpen struct{ io.Writer }

// Close does nothing.
func (keptOpen) Close() error { return nil }

// remove takes a file away in which nothing came to be.
func (c *profileCmd) remove(file io.Closer) error {
	if c.Output == "-" {
		return nil
	}
	return errors.Join(file.Close(), os.Remove(c.Output))
}

// prepare checks the settings before anything is made.
func (c *profileCmd) prepare(env *environment) (assistant.Settings, *profile.Signer, error) {
	if err := errors.Join(c.CheckPair(), c.CheckOffer(), c.CheckProfiles()); err != nil {
		return assistant.Settings{}, nil, err
	}
	with := told{c.Public, c.Offer, c.Profiles}
	settings, err := with.settings()
	if err != nil {
		return assistant.Settings{}, nil, err
	}
	var own *httpd.Certificate
	if c.TLS() {
		if own, err = httpd.LoadCertificate(c.TLSCert, c.TLSKey, commandLogger(env), env.now); err != nil {
			return assistant.Settings{}, nil, err
		}
	}
	signer, err := with.signer(own, commandLogger(env), env.now)
	return settings, signer, err
}

func (c *profileCmd) issue(env *environment, o assistant.Options, a store.Account, data []assistant.Data) (assistant.File, error) {
	keys, _, err := openKeys(env, c.Location)
	if err != nil {
		return assistant.File{}, err
	}
	o.Keys, o.Now, o.Rand = keys, env.now, env.rand
	s, err := assistant.New(o)
	if err != nil {
		return assistant.File{}, err
	}
	defer s.Close()
	file, err := s.Issue(env.ctx, a, assistant.NewDevice{Name: c.Device, Platform: assistant.Platform(c.Platform), Data: data, Locale: c.Language})
	switch {
	case errors.Is(err, assistant.ErrData):
		return assistant.File{}, usageError{fmt.Errorf("--services: %s cannot have all of %s: mail needs imap-host and smtp-host, and an address there", a.Login, c.Services)}
	case errors.Is(err, assistant.ErrPlatform):
		return assistant.File{}, usageError{fmt.Errorf("--platform: %q is none of iphone, ipad, mac, vision, other", c.Platform)}
	case errors.Is(err, account.ErrText):
		return assistant.File{}, usageError{errors.New("--device: give 1 to 64 bytes of text, like \"Ann's iPhone\"")}
	case errors.Is(err, store.ErrLimit):
		return assistant.File{}, fmt.Errorf("%s has as many devices or app passwords as are allowed; revoke one that is not used: `ksyncd app-password list %s`", a.Login, a.Login)
	}
	return file, err
}

// tell says what to do with the file.
func (c *profileCmd) tell(env *environment, a store.Account, file assistant.File) error {
	if c.Output == "-" {
		return nil
	}
	if !strings.HasSuffix(c.Output, profile.Extension) {
		fmt.Fprintf(env.err, "ksyncd: devices know profiles by the ending %s\n", profile.Extension)
	}
	_, err := fmt.Fprintf(env.out, "%s sets up %s for %s; it is %s. There is a password in it for this device alone: hand it over on a safe way, then delete the file.\nTo end it: ksyncd app-password revoke %s %q\n",
		c.Output, c.Device, a.Login, file.Signature.Label, a.Login, c.Device)
	return err
}
