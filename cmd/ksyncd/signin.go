package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"ksync/internal/account"
	"ksync/internal/remote"
)

// passwordVariable holds the password on another server. It is no setting:
// there is no flag for it, since other users of the machine can read those.
const passwordVariable = "KSYNC_REMOTE_PASSWORD"

// signIn is how to sign in at another server.
type signIn struct {
	User         string   `aliases:"login" placeholder:"LOGIN" help:"Login on the other server. Its password is read from --password-file or $KSYNC_REMOTE_PASSWORD, or asked for."`
	PasswordFile string   `placeholder:"FILE" help:"File whose first line is the password; - reads standard input."`
	AllowHost    []string `placeholder:"HOST" help:"Another host that may be given the password, for services that lead each account to a host of its own."`
}

// options are those of a client for the address.
func (s *signIn) options(env *environment, address string) (remote.Options, error) {
	u, err := remote.ParseURL(address)
	if err != nil {
		return remote.Options{}, usageError{err}
	}
	o := remote.Options{URL: u, User: s.User, Hosts: s.AllowHost, Agent: "ksyncd/" + version}
	if s.User == "" {
		return o, nil
	}
	o.Password, err = s.password(env, u.Host)
	return o, err
}

func (s *signIn) password(env *environment, host string) (account.Secret, error) {
	if s.PasswordFile == "-" {
		return firstLine(env.in)
	}
	if s.PasswordFile != "" {
		f, err := os.Open(s.PasswordFile)
		if err != nil {
			return "", err
		}
		secret, err := firstLine(f)
		return secret, errors.Join(err, f.Close())
	}
	if secret := os.Getenv(passwordVariable); secret != "" {
		return account.Secret(secret), nil
	}
	if stdin := int(os.Stdin.Fd()); term.IsTerminal(stdin) {
		fmt.Fprintf(env.err, "Password of %s on %s: ", s.User, host)
		secret, err := term.ReadPassword(stdin)
		fmt.Fprintln(env.err)
		return account.Secret(secret), err
	}
	return "", usageError{errors.New("no password: give --password-file, or set " + passwordVariable)}
}

// howToAllow adds what to do when the password is wanted elsewhere.
func howToAllow(err error) error {
	if other, ok := errors.AsType[*remote.ErrOtherHost](err); ok {
		return fmt.Errorf("%w: if it belongs to the same service, add --allow-host %s", err, other.Host)
	}
	return err
}

// firstLine reads a secret as editors and secret stores write one.
func firstLine(r io.Reader) (account.Secret, error) {
	data, err := io.ReadAll(io.LimitReader(r, 4096))
	line, _, _ := strings.Cut(string(data), "\n")
	line = strings.TrimSuffix(line, "\r")
	if err == nil && line == "" {
		err = errors.New("the password is empty")
	}
	return account.Secret(line), err
}
