package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/emersion/go-webdav/caldav"
	"github.com/emersion/go-webdav/carddav"

	"ksync/internal/davxml"
	"ksync/store"
)

// service is what differs between CalDAV and CardDAV for a client.
type service struct {
	kind      store.Kind
	name      string // of the well-known URI
	class     string // in the DAV header
	homeSet   davxml.Name
	container davxml.Name // resource type of a collection
	data      davxml.Name
	mediaType string
	extension string
}

func calendars() service {
	return service{store.Calendar, "caldav", "calendar-access", davxml.CalDAV("calendar-home-set"), davxml.CalDAV("calendar"), davxml.CalDAV("calendar-data"), "text/calendar; charset=utf-8", ".ics"}
}

func addressBooks() service {
	return service{store.AddressBook, "carddav", "addressbook", davxml.CardDAV("addressbook-home-set"), davxml.CardDAV("addressbook"), davxml.CardDAV("address-data"), "text/vcard; charset=utf-8", ".vcf"}
}

// location is where an account's collections of one kind are.
type location struct {
	principal  *url.URL // nil if the given URL was a home or a collection already
	homes      []*url.URL
	collection *url.URL // the given URL is a collection itself
}

// errNoService says that the server was reached and has nothing of the kind.
var errNoService = errors.New("no such service found")

// locate looks for a service as clients do (clients.md 2.2): at the given URL,
// at the well-known one (RFC 6764 §5), then where DNS says.
func (c *Client) locate(ctx context.Context, s service) (*location, error) {
	var first error
	for _, base := range []func() (*url.URL, error){
		func() (*url.URL, error) { return c.options.URL, nil },
		func() (*url.URL, error) { return c.options.URL.Parse("/.well-known/" + s.name) },
		func() (*url.URL, error) { return c.lookUp(ctx, s, c.options.URL.Hostname()) },
	} {
		u, err := base()
		if err != nil {
			continue // DNS knows nothing, as is usual
		}
		at, err := c.look(ctx, s, u)
		if err == nil {
			return at, nil
		}
		if denied, ok := errors.AsType[*Denied](err); ok && denied.Status == http.StatusUnauthorized {
			return nil, err // asking on would only count as more wrong passwords
		}
		if first == nil || errors.Is(first, errNoService) {
			first = err
		}
	}
	return nil, first
}

// look asks one URL.
func (c *Client) look(ctx context.Context, s service, u *url.URL) (*location, error) {
	a, err := c.propfind(ctx, u, 0, davxml.DAV("resourcetype"), davxml.DAV("current-user-principal"), s.homeSet)
	if err != nil {
		return nil, err
	}
	if err := a.want("PROPFIND", http.StatusMultiStatus); err != nil {
		return nil, err
	}
	r := a.find(a.url)
	if r == nil && len(a.resources) == 1 {
		r = &a.resources[0]
	}
	switch {
	case r == nil:
		return nil, fmt.Errorf("%s: %w", u, errNoService)
	case r.is(s.container):
		return &location{collection: r.url}, nil
	}
	if homes := r.hrefs(s.homeSet); len(homes) > 0 {
		return &location{homes: homes}, nil
	}
	principals := r.hrefs(davxml.DAV("current-user-principal"))
	if len(principals) == 0 {
		return nil, fmt.Errorf("%s: %w", u, errNoService)
	}
	homes, err := c.homes(ctx, s, principals[0])
	return &location{principal: principals[0], homes: homes}, err
}

// homes asks a principal. go-webdav's client would keep the path only, and some
// services have the homes on another host.
func (c *Client) homes(ctx context.Context, s service, principal *url.URL) ([]*url.URL, error) {
	a, err := c.propfind(ctx, principal, 0, s.homeSet)
	if err != nil {
		return nil, err
	}
	if err := a.want("PROPFIND", http.StatusMultiStatus); err != nil {
		return nil, err
	}
	for i := range a.resources {
		if homes := a.resources[i].hrefs(s.homeSet); len(homes) > 0 {
			return homes, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", principal, errNoService)
}

// lookUp is RFC 6764 §4 with secure names only. (go-webdav asks for the name
// _caldavss, which nobody has.)
func (c *Client) lookUp(ctx context.Context, s service, host string) (*url.URL, error) {
	if net.ParseIP(host) != nil || host == "localhost" {
		return nil, errNoService
	}
	_, found, err := c.options.Resolver.LookupSRV(ctx, s.name+"s", "tcp", host)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].Target == "." {
		return nil, errNoService
	}
	u := &url.URL{Scheme: "https", Host: strings.TrimSuffix(found[0].Target, "."), Path: "/.well-known/" + s.name}
	if found[0].Port != 443 {
		u.Host = net.JoinHostPort(u.Host, strconv.Itoa(int(found[0].Port)))
	}
	return u, nil
}

// collection is a collection of the other server.
type collection struct {
	url         *url.URL
	name        string
	description string
	components  []string
	color       string
	order       *int64
	timeZone    string
}

// collections lists what is in the homes.
func (c *Client) collections(ctx context.Context, s service, at *location) ([]collection, error) {
	if at.collection != nil {
		one := collection{url: at.collection}
		err := c.describe(ctx, &one)
		return []collection{one}, err
	}
	var all []collection
	for _, home := range at.homes {
		list := c.calendarsIn
		if s.kind == store.AddressBook {
			list = c.booksIn
		}
		found, err := list(ctx, home)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", home, err)
		}
		for _, col := range found {
			err := c.describe(ctx, &col)
			if denied, ok := errors.AsType[*Denied](err); ok && denied.Status == http.StatusNotFound {
				continue // deleted since it was listed
			}
			if err != nil {
				return nil, err
			}
			all = append(all, col)
		}
	}
	return all, nil
}

func (c *Client) calendarsIn(ctx context.Context, home *url.URL) ([]collection, error) {
	client, err := caldav.NewClient(c, home.String())
	if err != nil {
		return nil, err
	}
	found, err := client.FindCalendars(ctx, home.Path)
	if err != nil {
		return nil, err
	}
	var all []collection
	for _, f := range found {
		all = append(all, collection{url: home.ResolveReference(&url.URL{Path: f.Path}), name: f.Name, description: f.Description, components: f.SupportedComponentSet})
	}
	return all, nil
}

func (c *Client) booksIn(ctx context.Context, home *url.URL) ([]collection, error) {
	client, err := carddav.NewClient(c, home.String())
	if err != nil {
		return nil, err
	}
	found, err := client.FindAddressBooks(ctx, home.Path)
	if err != nil {
		return nil, err
	}
	var all []collection
	for _, f := range found {
		all = append(all, collection{url: home.ResolveReference(&url.URL{Path: f.Path}), name: f.Name, description: f.Description})
	}
	return all, nil
}

// describe asks for what go-webdav's client does not.
func (c *Client) describe(ctx context.Context, col *collection) error {
	components := davxml.CalDAV("supported-calendar-component-set")
	color, order, zone := davxml.Apple("calendar-color"), davxml.Apple("calendar-order"), davxml.CalDAV("calendar-timezone")
	a, err := c.propfind(ctx, col.url, 0, davxml.DAV("displayname"), components, color, order, zone)
	if err != nil {
		return err
	}
	if err := a.want("PROPFIND", http.StatusMultiStatus); err != nil || len(a.resources) == 0 {
		return err
	}
	r := &a.resources[0]
	if col.name == "" {
		col.name = r.text(davxml.DAV("displayname"))
	}
	if e := r.props[components]; e != nil && len(col.components) == 0 {
		for _, comp := range e.Children {
			if name, ok := comp.Attr("name"); ok {
				col.components = append(col.components, strings.ToUpper(name))
			}
		}
	}
	col.color, col.timeZone = r.text(color), r.text(zone)
	if n, err := strconv.ParseInt(r.text(order), 10, 64); err == nil {
		col.order = &n
	}
	return nil
}

// members lists the objects of a collection.
func (c *Client) members(ctx context.Context, col *url.URL) ([]*url.URL, error) {
	a, err := c.propfind(ctx, col, 1, davxml.DAV("getetag"), davxml.DAV("resourcetype"))
	if err != nil {
		return nil, err
	}
	if err := a.want("PROPFIND", http.StatusMultiStatus); err != nil {
		return nil, err
	}
	var all []*url.URL
	for i := range a.resources {
		r := &a.resources[i]
		inside := strings.HasPrefix(r.url.Path, strings.TrimSuffix(a.url.Path, "/")+"/") && r.url.Host == a.url.Host
		if inside && !samePath(r.url, a.url) && !r.is(davxml.DAV("collection")) {
			all = append(all, r.url)
		}
	}
	return all, nil
}
