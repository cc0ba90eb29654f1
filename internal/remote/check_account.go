package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ksync/internal/davxml"
	"ksync/store"
)

// label names a service in the list of steps.
func (s service) label() string {
	if s.kind == store.AddressBook {
		return "contacts"
	}
	return "calendars"
}

// service checks what an account has of one kind. It is false if the password
// is wrong: trying it on would only make the server wary.
func (c *checker) service(ctx context.Context, s service) bool {
	at, err := c.client.locate(ctx, s)
	name := s.label() + ": discovery"
	if denied, ok := errors.AsType[*Denied](err); ok && denied.Status == http.StatusUnauthorized {
		c.add(name, Fail, denied.Error(), "Login or password are wrong (many servers want an app password made for this purpose), or a proxy takes the Authorization header out.")
		return false
	}
	if err != nil {
		c.broken(name, err, "Neither the address, nor /.well-known/"+s.name+", nor DNS lead to a principal with "+s.homeSet.Local+".")
		return true
	}
	if at.collection != nil {
		c.add(name, Warn, at.collection.Path, "This is the address of one collection: apps that find all by themselves want that of the server.")
		c.trip(ctx, s, nil, at.collection)
		return true
	}
	c.principal(ctx, s, at)
	c.home(s, at)
	c.collections(ctx, s, at)
	c.trip(ctx, s, at.homes[0], nil)
	return true
}

// home is clients.md 4.2.
func (c *checker) home(s service, at *location) {
	name := s.label() + ": home"
	switch {
	case len(at.homes) != 1:
		c.add(name, Fail, fmt.Sprintf("%d of them", len(at.homes)), "Apple's apps take any one of several: give exactly one "+s.homeSet.Local+".")
	case at.principal != nil && samePath(at.homes[0], at.principal):
		c.add(name, Warn, at.homes[0].Path, "It is the principal, too, which confuses Contacts on Macs: keep them apart.")
	default:
		c.add(name, OK, at.homes[0].Path, "")
	}
}

func (c *checker) principal(ctx context.Context, s service, at *location) {
	name := s.label() + ": principal"
	if at.principal == nil {
		c.add(name, Warn, "none at this address", "The address is that of a home; apps want one where they find current-user-principal.")
		return
	}
	c.add(name, OK, at.principal.Path, "")
	c.compliance(ctx, Fail, s.label()+": OPTIONS of the principal", at.principal, s)
	if s.kind == store.Calendar {
		c.mailto(ctx, at.principal)
	}
}

// mailto: kSync waits for ever where no address is (clients.md 1.6).
func (c *checker) mailto(ctx context.Context, principal *url.URL) {
	const name = "calendars: e-mail address"
	set := davxml.CalDAV("calendar-user-address-set")
	a, err := c.client.propfind(ctx, principal, 0, set)
	if err != nil {
		c.broken(name, err, "")
		return
	}
	for i := range a.resources {
		for _, u := range a.resources[i].hrefs(set) {
			if strings.EqualFold(u.Scheme, "mailto") {
				c.add(name, OK, u.String(), "")
				return
			}
		}
	}
	c.add(name, Fail, "no mailto: in calendar-user-address-set", "kSync cannot make its account: give the account an e-mail address.")
}

func (c *checker) collections(ctx context.Context, s service, at *location) {
	name := s.label() + ": collections"
	found, err := c.client.collections(ctx, s, at)
	if err != nil {
		c.broken(name, err, "The home must list its collections to PROPFIND with depth 1.")
		return
	}
	var list, bare, taken []string
	for _, col := range found {
		text := col.name
		if len(col.components) > 0 {
			text += " (" + strings.Join(col.components, ", ") + ")"
		} else {
			bare = append(bare, col.name)
		}
		list, taken = append(list, text), append(taken, col.components...)
	}
	text := strings.Join(list, "; ")
	switch {
	case len(found) == 0:
		c.add(name, Warn, "none", "There is nothing to sync yet; some apps cannot make the first one.")
	case s.kind == store.Calendar && len(bare) > 0:
		c.add(name, Warn, text, "Without supported-calendar-component-set task apps do not know what "+strings.Join(bare, ", ")+" is for.")
	case s.kind == store.Calendar && (!slices.Contains(taken, "VEVENT") || !slices.Contains(taken, "VTODO")):
		c.add(name, Warn, text, "There is no list for both events and tasks: one kind of app will find none.")
	default:
		c.add(name, OK, text, "")
	}
	c.properties(ctx, s, found)
}

// properties looks at one collection as sync clients do.
func (c *checker) properties(ctx context.Context, s service, found []collection) {
	if len(found) == 0 {
		return
	}
	name := s.label() + ": sync"
	token, reports := davxml.DAV("sync-token"), davxml.DAV("supported-report-set")
	a, err := c.client.propfind(ctx, found[0].url, 0, token, reports, davxml.Server("getctag"), davxml.DAV("current-user-privilege-set"))
	if err != nil || len(a.resources) == 0 {
		c.add(name, Fail, fmt.Sprint(err), "A collection must answer PROPFIND.")
		return
	}
	r := &a.resources[0]
	switch {
	case r.odd != "":
		c.add(name, Warn, r.odd, "Thunderbird looks only at the first propstat, and only if it says HTTP/1.1 200 OK.")
	case r.text(token) == "" && r.text(davxml.Server("getctag")) == "":
		c.add(name, Warn, "neither sync-token nor getctag", "Clients list everything each time.")
	case r.text(token) == "":
		c.add(name, Warn, "no sync-token", "Clients list everything whenever something changed (RFC 6578 is missing).")
	default:
		c.add(name, OK, "sync-token", "")
	}
}
