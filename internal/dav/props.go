package dav

import (
	"net/http"
	"strconv"
	"time"

	"ksync/internal/davxml"
	"ksync/store"
)

// commonProps are those of every resource.
var commonProps = []Prop{
	{Name: davxml.DAV("resourcetype"), Get: resourceType, All: true},                                          // RFC 4918 §15.9
	{Name: davxml.DAV("current-user-principal"), Get: ownPrincipal},                                           // RFC 5397 §3
	{Name: davxml.DAV("principal-collection-set"), Get: principalCollections},                                 // RFC 3744 §5.8
	{Name: davxml.DAV("current-user-privilege-set"), Get: currentPrivileges},                                  // RFC 3744 §5.4
	{Name: davxml.DAV("supported-privilege-set"), Get: supportedPrivileges},                                   // RFC 3744 §5.3
	{Name: davxml.DAV("supported-report-set"), Get: supportedReports},                                         // RFC 3253 §3.1.5
	{Name: davxml.DAV("owner"), Get: owner},                                                                   // RFC 3744 §5.1
	{Name: davxml.DAV("acl"), Get: acl},                                                                       // RFC 3744 §5.5
	{Name: davxml.DAV("acl-restrictions"), Get: aclRestrictions},                                              // RFC 3744 §5.6
	{Name: davxml.DAV("inherited-acl-set"), Get: belowPrincipals},                                             // RFC 3744 §5.7
	{Name: davxml.DAV("group"), Get: belowPrincipals},                                                         // RFC 3744 §5.2: no group
	{Name: davxml.DAV("principal-URL"), Get: principalURL},                                                    // RFC 3744 §4.2
	{Name: davxml.DAV("supportedlock"), Get: func(*davxml.Writer, *Resource) bool { return true }, All: true}, // RFC 4918 §15.10: none
}

// rootProps are those of what lies above accounts. DAVx5 looks for home sets
// right there (clients.md 2.2), but finds them at the principal.
var rootProps = []Prop{
	{Name: davxml.DAV("displayname"), Get: text(func(*Resource) string { return "ksyncd" }), All: true}, // RFC 4918 §15.2
}

// principalProps are those of an account.
var principalProps = []Prop{
	{Name: davxml.DAV("displayname"), Get: text(accountName), All: true},                                   // RFC 4918 §15.2
	{Name: davxml.CalDAV("calendar-user-address-set"), Get: calendarUserAddresses},                         // RFC 6638 §2.4.1
	{Name: davxml.CalDAV("calendar-user-type"), Get: text(func(*Resource) string { return "INDIVIDUAL" })}, // RFC 6638 §2.4.2
	{Name: davxml.Server("email-address-set"), Get: emailAddresses},                                        // Apple
	{Name: davxml.DAV("alternate-URI-set"), Get: belowPrincipals},                                          // RFC 3744 §4.1: none
	{Name: davxml.DAV("group-membership"), Get: belowPrincipals},                                           // RFC 3744 §4.4: none
	{Name: davxml.DAV("group-member-set"), Get: belowPrincipals},                                           // RFC 3744 §4.3: none
	{Name: davxml.DAV("resource-id"), Get: resourceID},                                                     // RFC 5842 §3.1
}

// homeProps are those of a home, which is a plain collection.
var homeProps = []Prop{
	{Name: davxml.DAV("displayname"), Get: text(accountName), All: true}, // RFC 4918 §15.2
	{Name: davxml.DAV("resource-id"), Get: resourceID},                   // RFC 5842 §3.1
	// Apple: changes with anything below.
	{Name: davxml.Server("getctag"), Needs: Members, Get: text(func(r *Resource) string { return r.ctag })},
}

// quotaProps are those of what holds objects (RFC 4331 §3, §4).
var quotaProps = []Prop{
	{Name: davxml.DAV("quota-used-bytes"), Needs: Usage, Get: func(w *davxml.Writer, r *Resource) bool {
		w.Text(strconv.FormatInt(r.q.used, 10))
		return true
	}},
	{Name: davxml.DAV("quota-available-bytes"), Needs: Usage, Get: func(w *davxml.Writer, r *Resource) bool {
		quota := r.Actor().Account.Quota
		if quota <= 0 {
			return false // RFC 4331 §3: absent if there is no limit
		}
		w.Text(strconv.FormatInt(max(0, quota-r.q.used), 10))
		return true
	}},
}

// collectionProps are those of calendars and address books alike.
var collectionProps = []Prop{
	{Name: davxml.DAV("displayname"), All: true, Attributes: true, // RFC 4918 §15.2
		Get: optional(func(r *Resource) string { return r.Collection.DisplayName }),
		Set: SetText(func(c *store.Collection) *string { return &c.DisplayName })},
	{Name: davxml.DAV("sync-token"), Get: text(func(r *Resource) string { return syncToken(r.Collection) })},                         // RFC 6578 §4
	{Name: davxml.Server("getctag"), Get: text(func(r *Resource) string { return syncToken(r.Collection) })},                         // Apple, older than RFC 6578
	{Name: davxml.DAV("getetag"), Get: text(func(r *Resource) string { return quoteTag(r.Collection.ETag()) }), All: true},           // RFC 4918 §15.6
	{Name: davxml.DAV("creationdate"), Get: text(func(r *Resource) string { return isoTime(r.Collection.Created) }), All: true},      // RFC 4918 §15.1
	{Name: davxml.DAV("getlastmodified"), Get: text(func(r *Resource) string { return httpTime(r.Collection.Modified) }), All: true}, // RFC 4918 §15.7
	{Name: davxml.DAV("resource-id"), Get: resourceID},                                                                               // RFC 5842 §3.1
	{Name: davxml.DAV("add-member"), Get: addMember},                                                                                 // RFC 5995 §3.2
	{Name: davxml.Server("source"), Get: source, Set: setSource, Once: newSource},                                                    // of a subscription
}

// objectProps are those of calendar objects and cards alike.
var objectProps = []Prop{
	{Name: davxml.DAV("getetag"), Get: text(func(r *Resource) string { return quoteTag(r.Object.ETag) }), All: true},                         // RFC 4918 §15.6
	{Name: davxml.DAV("getcontenttype"), Needs: Row, Get: text(func(r *Resource) string { return r.Kind.MediaType(r.Object) }), All: true},   // RFC 4918 §15.5
	{Name: davxml.DAV("getcontentlength"), Get: text(func(r *Resource) string { return strconv.FormatInt(r.Object.Size, 10) }), All: true},   // RFC 4918 §15.4
	{Name: davxml.DAV("getlastmodified"), Needs: Row, Get: text(func(r *Resource) string { return httpTime(r.Object.Modified) }), All: true}, // RFC 4918 §15.7
	{Name: davxml.DAV("creationdate"), Needs: Row, Get: text(func(r *Resource) string { return isoTime(r.Object.Created) }), All: true},      // RFC 4918 §15.1
}

// text is a property that is a plain text, always there.
func text(of func(*Resource) string) func(*davxml.Writer, *Resource) bool {
	return func(w *davxml.Writer, r *Resource) bool {
		w.Text(of(r))
		return true
	}
}

// optional is a property that is a plain text, and absent when it is empty.
func optional(of func(*Resource) string) func(*davxml.Writer, *Resource) bool {
	return func(w *davxml.Writer, r *Resource) bool {
		s := of(r)
		w.Text(s)
		return s != ""
	}
}

// CollectionText is a Get for a text of the collection, absent when empty.
func CollectionText(of func(*store.Collection) *string) func(*davxml.Writer, *Resource) bool {
	return optional(func(r *Resource) string { return *of(r.Collection) })
}

// SetText is a Set for a text of the collection; removing it empties it.
func SetText(of func(*store.Collection) *string) func(*store.Collection, *davxml.Element) error {
	return func(c *store.Collection, e *davxml.Element) error {
		*of(c) = ""
		if e != nil {
			*of(c) = e.Text
		}
		return nil
	}
}

func isoTime(ms int64) string  { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
func httpTime(ms int64) string { return time.UnixMilli(ms).UTC().Format(http.TimeFormat) }

func resourceType(w *davxml.Writer, r *Resource) bool {
	switch {
	case r.Level == Object:
		return true
	case r.Level == Principal:
		w.Empty(davxml.DAV("principal"))
		return true
	}
	w.Empty(davxml.DAV("collection"))
	if r.Level == Collection {
		if r.Collection.Source != "" {
			w.Empty(davxml.Server("subscribed"))
		} else {
			w.Empty(r.Kind.Type)
		}
	}
	return true
}

func principalHref(account int64) string {
	return Target{Level: Principal, Account: account}.Href()
}

func ownPrincipal(w *davxml.Writer, r *Resource) bool {
	w.Href(principalHref(r.Actor().Account.ID))
	return true
}

func principalURL(w *davxml.Writer, r *Resource) bool {
	if r.Level != Principal {
		return false
	}
	w.Href(r.Href())
	return true
}

func principalCollections(w *davxml.Writer, _ *Resource) bool {
	w.Href(Target{Level: Container}.Href())
	return true
}

// owner is the account in whose home a resource lies.
func owner(w *davxml.Writer, r *Resource) bool {
	if r.Level < Principal {
		return false
	}
	w.Href(principalHref(r.Account))
	return true
}

// belowPrincipals is an empty set for what belongs to an account.
func belowPrincipals(_ *davxml.Writer, r *Resource) bool { return r.Level >= Principal }

func accountName(r *Resource) string {
	a := r.Actor().Account
	if a.Name != "" {
		return a.Name
	}
	return a.Login
}

// mailAddress is the account's; kSync creates no account without one
// (clients.md 1.6), so a login that is none is completed.
func (r *Resource) mailAddress() string {
	a := r.Actor().Account
	switch {
	case a.Email != "":
		return a.Email
	case isMail(a.Login):
		return a.Login
	}
	return a.Login + "@" + r.q.engine.domain
}

func calendarUserAddresses(w *davxml.Writer, r *Resource) bool {
	w.Href(mailto(r.mailAddress()))
	w.Href(r.Href())
	return true
}

func emailAddresses(w *davxml.Writer, r *Resource) bool {
	w.Elem(davxml.Server("email-address"), r.mailAddress())
	return true
}

// source is where a subscription's events come from.
func source(w *davxml.Writer, r *Resource) bool {
	if r.Collection.Source == "" {
		return false
	}
	w.Href(r.Collection.Source)
	return true
}

// newSource makes a subscription of a new collection.
func newSource(c *store.Collection, e *davxml.Element) error {
	c.Source = e.Href()
	return nil
}

// setSource moves a subscription. What is no subscription does not become one:
// its objects would be out of reach.
func setSource(c *store.Collection, e *davxml.Element) error {
	if c.Source == "" || e == nil || e.Href() == "" {
		return davxml.CannotModifyProtected.Say("source")
	}
	c.Source = e.Href()
	return nil
}
