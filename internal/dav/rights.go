package dav

import (
	"ksync/internal/davxml"
	"ksync/store"
)

// Actor is who sends a request: an account, through one of its app passwords.
type Actor struct {
	Account     store.Account
	Scope       store.Scope
	AppPassword int64
	Agent       string
}

func (a Actor) author() store.Author {
	return store.Author{AppPassword: a.AppPassword, Agent: a.Agent}
}

// Access is what a request wants to do (RFC 3744 §3).
type Access uint8

// The privileges that are told apart.
const (
	Read            Access = iota // DAV:read
	WriteContent                  // DAV:write-content: change an object
	Bind                          // DAV:bind: add a member
	Unbind                        // DAV:unbind: remove a member
	WriteProperties               // DAV:write-properties
)

// privileges in the order in which DAV:current-user-privilege-set has them.
var privileges = [...]struct {
	access Access
	name   davxml.Name
}{
	{Read, davxml.DAV("read")},
	{WriteContent, davxml.DAV("write-content")},
	{WriteProperties, davxml.DAV("write-properties")},
	{Bind, davxml.DAV("bind")},
	{Unbind, davxml.DAV("unbind")},
}

// may is the one place where rights are decided: on whose resource, of which
// kind, with which scope of the app password.
func (a Actor) may(access Access, t Target, c *store.Collection) bool {
	switch {
	case t.Level <= Container:
		return access == Read
	case t.Account != a.Account.ID:
		return false
	case t.Level == Principal:
		return access == Read || access == WriteProperties && a.Scope.Writes()
	}
	if c != nil && c.Source != "" && (access == WriteContent || access == Bind) {
		return false // a subscription: its objects come from elsewhere
	}
	areas := t.Kind.Areas(c)
	if access != Read {
		areas <<= 1 // store.Scope has the bit to write next to the bit to read
	}
	if t.Level == Home {
		return a.Scope&areas != 0
	}
	return a.Scope&areas == areas
}

// check fails unless the actor may. What is somebody else's is forbidden, or as
// an object not found, whether or not it exists (clients.md 6.6).
func (q *request) check(access Access, t Target, c *store.Collection) error {
	if q.actor.may(access, t, c) {
		return nil
	}
	if t.Account != q.actor.Account.ID && t.Level == Object {
		return davxml.NotFound.Say("not the actor's")
	}
	return lacks(access, t)
}

// lacks tells what is not granted, and where: members are added to and removed
// from what they lie in (RFC 3744 §3.9, §3.10, appendix B).
func lacks(access Access, t Target) error {
	if access == Unbind {
		t = t.above()
	}
	return davxml.Lack(access.privilege(), t.Href())
}

func (a Access) privilege() davxml.Name {
	for _, p := range privileges {
		if p.access == a {
			return p.name
		}
	}
	return davxml.DAV("all")
}
