package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client is one account at one server. It is safe for concurrent use.
type Client struct {
	Login, Password string
	Principal       string // paths
	Calendars       string // the calendar home
	AddressBooks    string // the address book home

	base string
	http *http.Client
}

// NewClient gives a client that knows no homes yet.
func NewClient(base, login, password string) (*Client, error) {
	if _, err := url.Parse(base); err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	return NewClientOver(transport, base, login, password), nil
}

// NewClientOver gives a client whose requests go through a transport.
func NewClientOver(transport http.RoundTripper, base, login, password string) *Client {
	return &Client{
		Login: login, Password: password, base: base,
		http: &http.Client{
			Transport: transport, Timeout: 10 * time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Host is the server's host and port.
func (c *Client) Host() string {
	_, host, _ := strings.Cut(c.base, "://")
	return host
}

// Response is an answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Header is what a request has beside its credentials, as pairs of name and value.
type Header []string

// Do sends a request and reads the whole answer. Any status is an answer.
func (c *Client) Do(ctx context.Context, method, path string, header Header, body []byte) (*Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(c.Login, c.Password)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: data}, nil
}

// Want is Do, where every status but these is an error that shows the answer.
func (c *Client) Want(ctx context.Context, status []int, method, path string, header Header, body []byte) (*Response, error) {
	resp, err := c.Do(ctx, method, path, header, body)
	if err != nil {
		return nil, err
	}
	for _, want := range status {
		if resp.Status == want {
			return resp, nil
		}
	}
	return nil, fmt.Errorf("%s %s: status %d, want %v\n%s", method, path, resp.Status, status, resp.Body)
}

// Put stores an object and returns its ETag as the server gave it.
func (c *Client) Put(ctx context.Context, path string, data []byte) (etag string, err error) {
	resp, err := c.Want(ctx, []int{200, 201, 204}, http.MethodPut, path, Header{"Content-Type", mediaType(path)}, data)
	if err != nil {
		return "", err
	}
	return resp.Header.Get("ETag"), nil
}

func mediaType(path string) string {
	if strings.HasSuffix(path, ".vcf") {
		return "text/vcard; charset=utf-8"
	}
	return "text/calendar; charset=utf-8"
}

// Query sends a body of XML and reads a multistatus.
func (c *Client) Query(ctx context.Context, method, path, depth, body string) (*Multistatus, error) {
	text, err := c.Ask(ctx, method, path, depth, body)
	if err != nil {
		return nil, err
	}
	return ParseMultistatus(text)
}

// Ask is Query that leaves the multistatus as it came.
func (c *Client) Ask(ctx context.Context, method, path, depth, body string) ([]byte, error) {
	header := Header{"Content-Type", "application/xml; charset=utf-8", "Depth", depth}
	resp, err := c.Want(ctx, []int{http.StatusMultiStatus}, method, path, header, []byte(body))
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Listing is the members of a collection with their ETags, by PROPFIND.
func (c *Client) Listing(ctx context.Context, collection string) (map[string]string, error) {
	ms, err := c.Query(ctx, "PROPFIND", collection, "1", `<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/><D:resourcetype/></D:prop></D:propfind>`)
	if err != nil {
		return nil, err
	}
	members := make(map[string]string, len(ms.Answers))
	for _, a := range ms.Answers {
		if a.Href != collection {
			members[a.Href] = a.Text("DAV:", "getetag")
		}
	}
	return members, nil
}

// discover finds the principal and the homes as every client does.
func (c *Client) discover(ctx context.Context) error {
	ms, err := c.Query(ctx, "PROPFIND", "/", "0", `<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>`)
	if err != nil {
		return err
	}
	if c.Principal = ms.Href("DAV:", "current-user-principal"); c.Principal == "" {
		return errors.New("no current-user-principal at /")
	}
	ms, err = c.Query(ctx, "PROPFIND", c.Principal, "0", `<D:propfind xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CR="urn:ietf:params:xml:ns:carddav"><D:prop><C:calendar-home-set/><CR:addressbook-home-set/></D:prop></D:propfind>`)
	if err != nil {
		return err
	}
	c.Calendars = ms.Href(CalDAV, "calendar-home-set")
	c.AddressBooks = ms.Href(CardDAV, "addressbook-home-set")
	if c.Calendars == "" || c.AddressBooks == "" {
		return errors.New("no homes at " + c.Principal)
	}
	return nil
}

// MakeCalendar makes a calendar that takes the named components, or any.
func (c *Client) MakeCalendar(ctx context.Context, path string, components ...string) error {
	var set strings.Builder
	if len(components) > 0 {
		set.WriteString(`<C:supported-calendar-component-set>`)
		for _, name := range components {
			set.WriteString(`<C:comp name="` + name + `"/>`)
		}
		set.WriteString(`</C:supported-calendar-component-set>`)
	}
	return c.make(ctx, path, `<C:calendar/>`, set.String())
}

// MakeAddressBook makes an address book.
func (c *Client) MakeAddressBook(ctx context.Context, path string) error {
	return c.make(ctx, path, `<CR:addressbook/>`, "")
}

// make is the extended MKCOL of RFC 5689.
func (c *Client) make(ctx context.Context, path, kind, props string) error {
	body := `<D:mkcol xmlns:D="DAV:" xmlns:C="` + CalDAV + `" xmlns:CR="` + CardDAV + `"><D:set><D:prop><D:resourcetype><D:collection/>` +
		kind + `</D:resourcetype>` + props + `</D:prop></D:set></D:mkcol>`
	_, err := c.Want(ctx, []int{201}, "MKCOL", path, Header{"Content-Type", "application/xml"}, []byte(body))
	return err
}

// Multiget fetches objects of a collection, many at a time.
func (c *Client) Multiget(ctx context.Context, collection string, hrefs []string) (*Multistatus, error) {
	return c.Query(ctx, "REPORT", collection, "1", MultigetBody(hrefs))
}

// MultigetBody asks for calendar objects or cards, whichever the names say.
func MultigetBody(hrefs []string) string {
	report, data := "C:calendar-multiget", "<C:calendar-data/>"
	if strings.HasSuffix(hrefs[0], ".vcf") {
		report, data = "CR:addressbook-multiget", "<CR:address-data/>"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<%s xmlns:D="DAV:" xmlns:C="%s" xmlns:CR="%s"><D:prop><D:getcontenttype/><D:getetag/>%s</D:prop>`, report, CalDAV, CardDAV, data)
	for _, h := range hrefs {
		b.WriteString("<D:href>" + h + "</D:href>")
	}
	b.WriteString("</" + report + ">")
	return b.String()
}

// Hangup closes the connections that wait for another request.
func (c *Client) Hangup() { c.http.CloseIdleConnections() }

// At is the same account at another address of the server.
func (c *Client) At(base string) *Client {
	moved := *c
	moved.base = base
	return &moved
}
