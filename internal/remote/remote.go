// Package remote is this program as a client: it looks at another CardDAV or
// CalDAV server, to pull everything an account has there (Pull), or to tell
// whether the server answers as phones and desktops need it (Check).
//
// A [Client] follows redirects as DAV clients do, with method and body, and
// gives its password to no host but the one that the person named. What it
// reads is bounded. Collections are found with go-webdav's client; objects are
// fetched by GET, one by one: that client decodes and encodes them anew, and in
// a multistatus XML itself turns each CRLF into LF, while GET gives the bytes.
package remote

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ksync/internal/account"
)

// Bounds on what a server may answer.
const (
	maxAnswer    = 256 << 20 // one multistatus
	maxElements  = 8 << 20
	maxRedirects = 5
	maxWait      = 60 * time.Second // that a Retry-After may ask for
	maxTries     = 4
)

// Options are a server and who signs in there.
type Options struct {
	URL      *url.URL // see ParseURL
	User     string   // "" signs in nobody
	Password account.Secret
	// Hosts may be given the password, too: some services send each account to
	// a host of its own.
	Hosts []string
	Agent string
	// Resolver is asked where a domain has its services; the system's if nil.
	Resolver *net.Resolver
	// Transport is [http.DefaultTransport] with TLS 1.2 or later when it is nil.
	Transport http.RoundTripper
}

// Client sends requests to one server.
type Client struct {
	options Options
	http    *http.Client
	patient bool // waits when it is told to
}

// NewClient gives a Client.
func NewClient(o Options) *Client {
	if o.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		t.ResponseHeaderTimeout, t.MaxIdleConnsPerHost = 2*time.Minute, fetchers
		o.Transport = t
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return &Client{
		options: o,
		http: &http.Client{
			Transport:     o.Transport,
			Timeout:       10 * time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		patient: true,
	}
}

// ParseURL reads what a person types: a URL, or a host without https://.
func ParseURL(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("address: %w", err)
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, fmt.Errorf("address %q: give one like https://sync.example.org", u.Redacted())
	case u.User != nil:
		return nil, errors.New("address: leave user and password out of it")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

// ErrOtherHost is a redirect, an href or a DNS record that leads to a host which
// the password is not for.
type ErrOtherHost struct{ Host string }

func (e *ErrOtherHost) Error() string {
	return fmt.Sprintf("we are sent on to %s, which gets no password unless you allow that host", e.Host)
}

// Do implements the HTTPClient of go-webdav: it signs in, follows redirects,
// waits where it is told to, and bounds the answer.
//
// Redirects keep method and body, as dav4jvm does (clients.md 2.1); Go's own
// client would turn a PROPFIND into a GET.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	for range maxRedirects + 1 {
		resp, err := c.persist(r)
		if err != nil {
			return nil, err
		}
		next, err := redirect(resp)
		if err != nil || next == nil {
			resp.Body = &bounded{resp.Body, maxAnswer}
			return resp, err
		}
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		if r, err = again(r, next); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("more than %d redirects, the last to %s", maxRedirects, r.URL)
}

// redirect gives where a response leads; nil if nowhere.
func redirect(resp *http.Response) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	next, err := resp.Location()
	if err != nil {
		return nil, fmt.Errorf("redirect from %s: %w", resp.Request.URL, err)
	}
	if resp.Request.URL.Scheme == "https" && next.Scheme != "https" {
		return nil, fmt.Errorf("redirect from %s to %s, which is not encrypted", resp.Request.URL, next)
	}
	return next, nil
}

// again is the same request to another place.
func again(r *http.Request, to *url.URL) (*http.Request, error) {
	n := r.Clone(r.Context())
	n.URL, n.Host = to, ""
	if r.GetBody == nil {
		return n, nil
	}
	body, err := r.GetBody()
	n.Body = body
	return n, err
}

// persist sends a request, and sends it again if the server is busy and says
// when it will not be.
func (c *Client) persist(r *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		resp, err := c.send(r)
		if err != nil || !c.patient || try == maxTries {
			return resp, err
		}
		wait, ok := retryAfter(resp)
		if !ok {
			return resp, nil
		}
		if err := errors.Join(resp.Body.Close(), sleep(r.Context(), wait)); err != nil {
			return nil, err
		}
		if r, err = again(r, r.URL); err != nil {
			return nil, err
		}
	}
}

func retryAfter(resp *http.Response) (time.Duration, bool) {
	if resp.StatusCode != http.StatusServiceUnavailable && resp.StatusCode != http.StatusTooManyRequests {
		return 0, false
	}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	wait := time.Duration(seconds) * time.Second
	return wait, err == nil && wait >= 0 && wait <= maxWait
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send is one request, signed in if its host may know the password.
func (c *Client) send(r *http.Request) (*http.Response, error) {
	if c.options.User != "" {
		if !c.trusts(r.URL) {
			return nil, &ErrOtherHost{r.URL.Host}
		}
		r.SetBasicAuth(c.options.User, c.options.Password.Reveal())
	}
	if c.options.Agent != "" {
		r.Header.Set("User-Agent", c.options.Agent)
	}
	return c.http.Do(r)
}

// trusts tells whether the password may go to the URL: to the host that the
// person named, over TLS if they named it so.
func (c *Client) trusts(u *url.URL) bool {
	if u.Scheme != "https" && c.options.URL.Scheme == "https" {
		return false
	}
	return strings.EqualFold(c.options.URL.Hostname(), u.Hostname()) || c.options.allows(u.Hostname())
}

// allows tells whether the person named a host besides that of the URL.
func (o Options) allows(host string) bool {
	return slices.ContainsFunc(o.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// errTooLong is an answer that does not end.
var errTooLong = errors.New("the answer is too long")

// bounded ends a body with an error, and not as if it were whole, past a limit.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, errTooLong
	}
	return n, err
}
