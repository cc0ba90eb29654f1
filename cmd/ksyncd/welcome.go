package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"ksync/internal/account"
	"ksync/internal/config"
	"ksync/store"
)

// welcome makes the first account when there is none, and tells how to connect.
func (c *serveCmd) welcome(env *environment, st *store.Store, people *account.Service, public string) error {
	accounts, err := st.Accounts(env.ctx)
	if err != nil || len(accounts) > 0 {
		return err
	}
	a, err := account.Create(env.ctx, st, store.Account{Login: c.FirstLogin})
	if err != nil {
		return fmt.Errorf("first account (first-login): %w", err)
	}
	secret, err := issue(env, c.Location, st, store.AppPassword{Account: a.ID, Name: "First device", Scope: store.FullScope})
	var link account.Link
	if err == nil {
		link, err = people.SetUpLink(env.ctx)
	}
	if err == nil {
		err = greet(env, greeting{public, a.Login, secret, link, c.Location})
	}
	if err != nil {
		// Without its password nobody could use the account, and the next start would make no other.
		_ = st.DeleteAccount(context.WithoutCancel(env.ctx), a.ID) // the first error is the one to tell
		return fmt.Errorf("first account: %w", err)
	}
	return nil
}

// greeting is what the first start tells.
type greeting struct {
	public, login string
	password      account.Secret
	setUp         account.Link
	at            config.Location
}

func greet(env *environment, g greeting) error {
	var b strings.Builder
	fmt.Fprintf(&b, `
ksyncd is ready. Type these three into your apps:

  Address       %s
  Login         %s
  App password  %s   (shown only now)

  Android       DAVx5: add an account, "Login with URL and user name"
  iPhone, iPad  Settings > Apps > Calendar > Calendar Accounts > Add Account > Other > CalDAV;
                the same under Contacts with CardDAV
  Thunderbird   Calendar: New Calendar > On the Network; Address Book: Add CardDAV Address Book
`, g.public, g.login, g.password.Reveal())
	if g.setUp.URL != "" {
		fmt.Fprintf(&b, "\n  In the browser choose a login and a password (link good for 7 days, once):\n  %s\n", g.setUp.URL.Reveal())
	}
	if strings.HasPrefix(g.public, "http://") {
		b.WriteString("\n  iPhones and other machines need https: give --tls-cert and --tls-key, or put a proxy in front and set --url.\n")
	}
	fmt.Fprintf(&b, "\nFor each other device:  ksyncd app-password create %[1]s --name DEVICE%[2]s\nFor each other person:  ksyncd user add LOGIN%[2]s\n\n", g.login, whereFlag(g.at))
	_, err := env.out.Write([]byte(b.String()))
	return err
}

// whereFlag is what other commands need to be told to find the data, if anything.
func whereFlag(at config.Location) string {
	if at.Data == config.DefaultData() {
		return ""
	}
	if strings.ContainsRune(at.Data, ' ') {
		return fmt.Sprintf(" --data %q", at.Data)
	}
	return " --data " + at.Data
}

// publicURL is what people type: the setting, or where we listen as seen from
// this machine or, on every address, by this machine's name.
func (c *serveCmd) publicURL(listeners []net.Listener) string {
	if c.URL.Host != "" {
		return c.URL.String()
	}
	scheme := "http"
	if c.TLS() {
		scheme = "https"
	}
	for _, l := range listeners {
		if address, ok := l.Addr().(*net.TCPAddr); ok {
			return scheme + "://" + net.JoinHostPort(hostOf(address), strconv.Itoa(address.Port)) + "/"
		}
	}
	return "(that of your proxy; set it with --url)"
}

// baseURL is what links begin with; nil when there is only a unix socket.
func baseURL(public string) *url.URL {
	u, err := url.Parse(public)
	if err != nil || u.Host == "" {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}

func hostOf(address *net.TCPAddr) string {
	if !address.IP.IsUnspecified() {
		return address.IP.String()
	}
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return "localhost"
}
