package remote

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ksync/internal/davxml"
)

// Status is how a step of a check went.
type Status string

// The statuses. Warn is what some clients stumble over; Skip was not tried.
const (
	OK   Status = "ok"
	Warn Status = "warning"
	Fail Status = "problem"
	Skip Status = "skipped"
)

// Step is one thing that clients need.
type Step struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Found  string `json:"found,omitempty"` // what the server did
	Mend   string `json:"mend,omitempty"`  // what it means, and what to do
}

// Failed tells whether a step went wrong.
func Failed(steps []Step) bool {
	for _, s := range steps {
		if s.Status == Fail {
			return true
		}
	}
	return false
}

// CheckOptions are how to check.
type CheckOptions struct {
	Options
	Now  func() time.Time
	Rand io.Reader  // names what is made for a moment; crypto/rand if nil
	Tell func(Step) // called with each step when it is known; may be nil
}

// Check does what clients do when they are set up, and one round trip of an
// object through a collection that it makes and deletes again, and tells how
// each step went. It changes nothing else. Without a user it ends where clients
// would sign in.
func Check(ctx context.Context, o CheckOptions) []Step {
	c := newChecker(o)
	if c.connection(ctx) {
		c.public(ctx)
		c.account(ctx)
	}
	return c.steps
}

type checker struct {
	options   CheckOptions
	client    *Client
	anonymous *Client
	thorough  bool // looks for what a proxy may do, too
	steps     []Step
}

func newChecker(o CheckOptions) *checker {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	anonymous := o.Options
	anonymous.User, anonymous.Password = "", ""
	c := &checker{options: o, client: NewClient(o.Options), anonymous: NewClient(anonymous)}
	c.client.patient, c.anonymous.patient = false, false
	return c
}

// public is what can be seen without an account.
func (c *checker) public(ctx context.Context) {
	for _, s := range []service{calendars(), addressBooks()} {
		c.wellKnown(ctx, s)
	}
	c.challenge(ctx)
	c.compliance(ctx, Warn, "OPTIONS of the address", c.options.URL, calendars(), addressBooks())
}

// account is what comes behind the sign-in.
func (c *checker) account(ctx context.Context) {
	if c.options.User == "" {
		c.add("sign-in", Skip, "no user given", "Give --user to check what comes behind the sign-in.")
		return
	}
	for _, s := range []service{calendars(), addressBooks()} {
		if !c.service(ctx, s) {
			return
		}
	}
}

func (c *checker) add(name string, status Status, found, mend string) {
	if status == OK {
		mend = ""
	}
	s := Step{name, status, found, mend}
	c.steps = append(c.steps, s)
	if c.options.Tell != nil {
		c.options.Tell(s)
	}
}

// broken adds a step that ended in an error.
func (c *checker) broken(name string, err error, mend string) {
	c.add(name, Fail, err.Error(), mend)
}

// wellKnown is RFC 6764 §5. Clients ask before they have credentials and with
// them; Apple's find a server by nothing else (clients.md 4.1).
func (c *checker) wellKnown(ctx context.Context, s service) {
	name := "/.well-known/" + s.name
	ways := []struct {
		client *Client
		method string
		words  string
	}{{c.anonymous, "PROPFIND", ""}, {c.anonymous, http.MethodGet, "GET: "}, {c.client, "PROPFIND", "with the password: "}}
	if c.options.User == "" {
		ways = ways[:2]
	}
	var first Step
	for _, way := range ways {
		step := way.client.wellKnown(ctx, way.method, name)
		if step.Status != OK {
			c.add(name, step.Status, way.words+step.Found, step.Mend)
			return
		}
		if first.Status == "" {
			first = step
		}
	}
	c.add(name, OK, first.Found, "")
}

// wellKnown asks in one way.
func (c *Client) wellKnown(ctx context.Context, method, path string) Step {
	const mend = "Clients that are only told the host find nothing: redirect this path to the DAV root for every method, also PROPFIND, with and without credentials."
	resp, err := c.head(ctx, method, path)
	if err != nil {
		return Step{Status: Fail, Found: err.Error(), Mend: mend}
	}
	next, err := redirect(resp)
	switch {
	case err != nil:
		return Step{Status: Fail, Found: err.Error(), Mend: mend}
	case next != nil && !strings.EqualFold(next.Hostname(), c.options.URL.Hostname()):
		return Step{Status: Warn, Found: fmt.Sprintf("%d to %s", resp.StatusCode, next), Mend: "It leads to another host; not every client sends the password there."}
	case next != nil:
		return Step{Status: OK, Found: fmt.Sprintf("%d to %s", resp.StatusCode, next.Path)}
	case resp.StatusCode == http.StatusUnauthorized && c.options.User == "", resp.StatusCode == http.StatusMultiStatus && c.options.User != "":
		return Step{Status: OK, Found: "asks for the password itself"}
	case method == http.MethodGet:
		return Step{Status: Warn, Found: resp.Status, Mend: mend}
	}
	return Step{Status: Fail, Found: resp.Status, Mend: mend}
}

// head sends a request without a body to a path and looks at nothing but the
// head of the answer. It follows no redirect.
func (c *Client) head(ctx context.Context, method, path string) (*http.Response, error) {
	u, err := c.options.URL.Parse(path)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Depth", "0")
	resp, err := c.send(r)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

// challenge: what an anonymous PROPFIND gets (clients.md 2.2, 6.6).
func (c *checker) challenge(ctx context.Context) {
	const name = "without password"
	a, err := c.anonymous.propfind(ctx, c.options.URL, 0, davxml.DAV("current-user-principal"))
	if err == nil && a.status != http.StatusUnauthorized && a.status != http.StatusMultiStatus {
		// A web site is there: ask where clients are led to.
		if u, parsed := c.options.URL.Parse("/.well-known/caldav"); parsed == nil {
			a, err = c.anonymous.propfind(ctx, u, 0, davxml.DAV("current-user-principal"))
		}
	}
	if err != nil {
		c.broken(name, err, "An anonymous PROPFIND must be answered with 401.")
		return
	}
	scheme := strings.Join(a.header.Values("WWW-Authenticate"), ", ")
	found := fmt.Sprintf("%d %s", a.status, scheme)
	switch {
	case a.status == http.StatusMultiStatus:
		c.add(name, Fail, "207", "Clients take this for an account without a principal and give up: answer 401 to who is not signed in.")
	case a.status != http.StatusUnauthorized:
		c.add(name, Fail, found, "Answer 401 with WWW-Authenticate: Basic; a login page helps no client.")
	case !strings.Contains(strings.ToLower(scheme), "basic"):
		c.add(name, Fail, found, "Offer Basic: it is what every client speaks.")
	case !strings.Contains(strings.ToLower(scheme), "utf-8"):
		c.add(name, Warn, found, `Add charset="UTF-8", for passwords and logins that are not ASCII.`)
	default:
		c.add(name, OK, found, "")
	}
}

// compliance: OPTIONS is answered with 200 and the classes, and not redirected:
// DAVx5 drops a principal otherwise (clients.md 2.2). Bad is how bad it is else.
func (c *checker) compliance(ctx context.Context, bad Status, name string, u *url.URL, services ...service) {
	r, err := http.NewRequestWithContext(ctx, http.MethodOptions, u.String(), nil)
	if err != nil {
		c.broken(name, err, "")
		return
	}
	resp, err := c.client.send(r)
	if err != nil {
		c.broken(name, err, "")
		return
	}
	_ = resp.Body.Close() // only the head matters
	classes := strings.Join(resp.Header.Values("DAV"), ", ")
	var missing []string
	for _, want := range append([]string{"1"}, classesOf(services)...) {
		if !hasClass(classes, want) {
			missing = append(missing, want)
		}
	}
	switch {
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent:
		c.add(name, bad, resp.Status, "Answer OPTIONS with 200, without a redirect: DAVx5 and kSync look no further otherwise.")
	case len(missing) > 0:
		c.add(name, bad, "DAV: "+classes, "The DAV header lacks "+strings.Join(missing, ", ")+"; a proxy may have taken it out.")
	case resp.StatusCode != http.StatusOK:
		c.add(name, Warn, resp.Status, "GNOME wants 200.")
	default:
		c.add(name, OK, "DAV: "+classes, "")
	}
}

func classesOf(services []service) []string {
	var all []string
	for _, s := range services {
		all = append(all, s.class)
	}
	return all
}

func hasClass(header, class string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if strings.EqualFold(strings.TrimSpace(part), class) {
			return true
		}
	}
	return false
}
