package dav

import "ksync/internal/davxml"

// RFC 3744 as far as it is read: clients ask what they may do, and change
// nothing. Who may what is decided in rights.go.

// write tells whether all of DAV:write is granted (RFC 3744 §3.2).
func (r *Resource) mayWrite() bool {
	for _, p := range privileges[1:] {
		if !r.may(p.access) {
			return false
		}
	}
	return true
}

func (r *Resource) may(access Access) bool {
	return r.q.actor.may(access, r.Target, r.Collection)
}

// currentPrivileges is RFC 3744 §5.4, in the set that DAVx5, Apple and
// Thunderbird each look into (clients.md 6.3).
func currentPrivileges(w *davxml.Writer, r *Resource) bool {
	r.grant(w, r.within(Read)...)
	return true
}

// within are the privileges that one of those told apart includes.
func (r *Resource) within(access Access) []davxml.Name {
	if access != Read {
		return nil
	}
	names := []davxml.Name{davxml.DAV("read-acl"), davxml.DAV("read-current-user-privilege-set")}
	if r.Kind != nil {
		names = append(names, r.Kind.Reading...)
	}
	return names
}

func (r *Resource) grant(w *davxml.Writer, also ...davxml.Name) {
	if r.Level > Container && r.mayWrite() {
		also = append(also, davxml.DAV("write"))
	}
	for _, p := range privileges {
		if r.may(p.access) {
			also = append(also, p.name)
		}
	}
	for _, n := range also {
		privilege(w, n)
	}
}

func privilege(w *davxml.Writer, n davxml.Name) {
	w.Open(davxml.DAV("privilege"))
	w.Empty(n)
	w.Close(davxml.DAV("privilege"))
}

// acl is RFC 3744 §5.5: what the actor is granted, as one entry that cannot be
// changed by ACL.
func acl(w *davxml.Writer, r *Resource) bool {
	w.Open(davxml.DAV("ace"))
	w.Open(davxml.DAV("principal"))
	w.Href(principalHref(r.Actor().Account.ID))
	w.Close(davxml.DAV("principal"))
	w.Open(davxml.DAV("grant"))
	r.grant(w)
	w.Close(davxml.DAV("grant"))
	w.Empty(davxml.DAV("protected"))
	w.Close(davxml.DAV("ace"))
	return true
}

// aclRestrictions is RFC 3744 §5.6.
func aclRestrictions(w *davxml.Writer, _ *Resource) bool {
	w.Empty(davxml.DAV("grant-only"))
	w.Empty(davxml.DAV("no-invert"))
	return true
}

// supportedPrivileges is RFC 3744 §5.3: the tree of privileges.
func supportedPrivileges(w *davxml.Writer, r *Resource) bool {
	nested(w, davxml.DAV("all"), "Everything", func() {
		nested(w, davxml.DAV("read"), "Read", func() {
			for _, n := range r.within(Read) {
				nested(w, n, "A part of it", nil)
			}
		})
		nested(w, davxml.DAV("write"), "Write", func() {
			nested(w, davxml.DAV("write-content"), "Change objects", nil)
			nested(w, davxml.DAV("write-properties"), "Change names and colours", nil)
			nested(w, davxml.DAV("bind"), "Add", nil)
			nested(w, davxml.DAV("unbind"), "Delete", nil)
		})
	})
	return true
}

func nested(w *davxml.Writer, n davxml.Name, description string, inner func()) {
	w.Open(davxml.DAV("supported-privilege"))
	privilege(w, n)
	w.OpenWith(davxml.DAV("description"), "xml:lang", "en")
	w.Text(description)
	w.Close(davxml.DAV("description"))
	if inner != nil {
		inner()
	}
	w.Close(davxml.DAV("supported-privilege"))
}
