package remote

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DoctorOptions are how to look at a server of one's own.
type DoctorOptions struct {
	CheckOptions
	// Domain is that of the e-mail addresses, whose DNS should lead here. The
	// host of the URL if empty.
	Domain string
}

// Diagnose does all that [Check] does, and looks besides for what stands
// between the server and its clients: DNS, the door for http, and proxies that
// refuse methods, rewrite paths, take out headers or bound bodies. Each step
// says how to mend it, in the words of the proxy that answers.
//
// It changes nothing that it does not take away again. Without a user it ends
// where clients would sign in.
func Diagnose(ctx context.Context, o DoctorOptions) []Step {
	d := &doctor{checker: newChecker(o.CheckOptions), domain: o.Domain}
	d.thorough = true
	if d.domain == "" {
		d.domain = o.URL.Hostname()
	}
	d.run(ctx)
	return d.steps
}

type doctor struct {
	*checker
	domain string
	root   *url.URL // where DAV begins
}

func (d *doctor) run(ctx context.Context) {
	d.names(ctx)
	if !d.connection(ctx) {
		return
	}
	d.oldTLS(ctx)
	d.plainDoor(ctx)
	d.public(ctx)
	d.locateRoot(ctx)
	if d.asksForPassword(ctx) {
		d.methods(ctx)
		d.paths(ctx)
	}
	d.ownAddress(ctx)
	d.clients(ctx)
	d.account(ctx)
}

// Find tells where clients that are given a domain or a host alone would go,
// the host itself if DNS knows nothing better.
//
// RFC 6764 §8: who can answer for DNS can lead anywhere, to a host with a good
// certificate of its own. When there is a user, and so a password to give away,
// a name that is neither the domain nor below it is an [ErrOtherHost], unless
// it is one of the hosts of the options.
func Find(ctx context.Context, o Options, domain string) (*url.URL, error) {
	c := NewClient(o)
	for _, s := range []service{calendars(), addressBooks()} {
		u, err := c.lookUp(ctx, s, domain)
		if err != nil {
			continue // DNS knows nothing, as is usual
		}
		if host := u.Hostname(); o.User != "" && !within(host, domain) && !o.allows(host) {
			return nil, &ErrOtherHost{host}
		}
		u.Path = "/"
		return u, nil
	}
	return &url.URL{Scheme: "https", Host: domain, Path: "/"}, nil
}

// within tells whether a name is the domain or below it.
func within(name, domain string) bool {
	name, domain = strings.ToLower(name), strings.ToLower(strings.TrimSuffix(domain, "."))
	return name == domain || strings.HasSuffix(name, "."+domain)
}

// locateRoot is where well-known leads to.
func (d *doctor) locateRoot(ctx context.Context) {
	d.root = d.options.URL
	resp, err := d.anonymous.head(ctx, "PROPFIND", "/.well-known/caldav")
	if err != nil {
		return // told before
	}
	if next, err := redirect(resp); err == nil && next != nil && next.Host == d.root.Host {
		d.root = next
	}
}

// asksForPassword: what follows sends methods that would change something on a
// server that is open to everybody.
func (d *doctor) asksForPassword(ctx context.Context) bool {
	resp, err := d.anonymous.head(ctx, "PROPFIND", d.root.Path)
	return err == nil && resp.StatusCode == http.StatusUnauthorized
}

// oldTLS: RFC 8996 §4 and §5.
func (d *doctor) oldTLS(ctx context.Context) {
	if d.options.URL.Scheme != "https" {
		return
	}
	const name = "old TLS"
	state, err := d.handshake(ctx, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err != nil {
		d.add(name, OK, "refused", "")
		return
	}
	d.add(name, Warn, tls.VersionName(state.Version)+" is still spoken", advice{
		all:   "No client of today needs it, and it is not safe: switch off what is older than TLS 1.2.",
		nginx: "ssl_protocols TLSv1.2 TLSv1.3;", apache: "SSLProtocol -all +TLSv1.2 +TLSv1.3", caddy: "take `protocols` out of the tls block: its default is right",
	}.to(d.server(ctx)))
}

// plainDoor: a password that was typed for http has crossed the network before
// any redirect, so http must lead away and never serve.
func (d *doctor) plainDoor(ctx context.Context) {
	u := d.options.URL
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return
	}
	const name = "http"
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	o := d.options.Options
	o.User, o.Password = "", ""
	o.URL = &url.URL{Scheme: "http", Host: u.Hostname(), Path: "/"}
	resp, err := NewClient(o).head(ctx, "PROPFIND", "/.well-known/caldav")
	if err != nil {
		d.add(name, OK, "nothing answers without encryption", "")
		return
	}
	next, err := resp.Location()
	redirects := resp.StatusCode/100 == 3 && err == nil && next.Scheme == "https"
	switch {
	case redirects && strings.EqualFold(next.Hostname(), u.Hostname()):
		d.add(name, OK, fmt.Sprintf("%d to %s", resp.StatusCode, next), "")
	case redirects:
		d.add(name, Warn, fmt.Sprintf("%d to %s", resp.StatusCode, next), "It leads to another name than "+u.Hostname()+".")
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusMultiStatus:
		d.add(name, Fail, resp.Status, advice{
			all:   "It asks for passwords without encryption: answer http with nothing but a redirect to https.",
			nginx: "a server block of its own: listen 80; return 308 https://$host$request_uri;", apache: "in the VirtualHost of port 80: Redirect permanent / https://" + u.Hostname() + "/",
			caddy: "take `auto_https off` and http:// addresses out of the Caddyfile",
		}.to(resp))
	default:
		d.add(name, Warn, resp.Status, "Who types the name without https gets no further: redirect http to https.")
	}
}

// server is an answer that shows which program speaks.
func (d *doctor) server(ctx context.Context) *http.Response {
	resp, err := d.anonymous.head(ctx, http.MethodOptions, "/")
	if err != nil {
		return nil
	}
	return resp
}

// ownAddress: what the server takes for its address is in every link that it
// makes. Login Flow v2 tells without a sign-in; who does not have it says 404.
func (d *doctor) ownAddress(ctx context.Context) {
	const name, path = "its own address", "/index.php/login/v2"
	u := d.options.URL
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.JoinPath(path).String(), nil)
	if err != nil {
		return
	}
	resp, err := d.anonymous.send(r)
	if err != nil {
		return
	}
	defer func() { _ = resp.Body.Close() }() // read, or not wanted
	var flow struct{ Login string }
	if resp.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&flow) != nil {
		return
	}
	login, err := url.Parse(flow.Login)
	switch {
	case err != nil || login.Host == "":
		return
	case login.Scheme != u.Scheme || !strings.EqualFold(address(login), address(u)):
		d.add(name, Fail, login.Scheme+"://"+login.Host, fmt.Sprintf("Links in letters and on pages, sign-in from apps and passkeys lead there instead of here: set url = %s://%s/ (and trusted-proxies, so that addresses in the log and in limits are those of the devices).", u.Scheme, u.Host))
	default:
		d.add(name, OK, login.Scheme+"://"+login.Host, "")
	}
}

// advice is how to mend what a proxy does: in general, and for those that most
// people have.
type advice struct{ all, nginx, apache, caddy string }

// to gives the advice for the program that answered, or for all of them.
func (a advice) to(resp *http.Response) string {
	program := ""
	if resp != nil {
		program = strings.ToLower(resp.Header.Get("Server"))
	}
	var parts []string
	for _, p := range []struct{ name, key, text string }{{"nginx", "nginx", a.nginx}, {"Apache", "apache", a.apache}, {"Caddy", "caddy", a.caddy}} {
		if strings.Contains(program, p.key) && p.text != "" {
			return a.all + " " + p.name + ": " + p.text
		}
		if p.text != "" {
			parts = append(parts, p.name+": "+p.text)
		}
	}
	return a.all + " " + strings.Join(parts, "  ")
}

// patience bounds one question to DNS.
const patience = 10 * time.Second
