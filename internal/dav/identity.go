package dav

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"ksync/internal/davxml"
)

func isMail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && host != ""
}

// mailto prints an address as a URI (RFC 6068 §2). DAVx5 parses it as a
// java.net.URI, so whatever is unusual is percent-encoded (clients.md 1.6).
func mailto(address string) string {
	return "mailto:" + string(appendSegment(nil, address))
}

// resourceID is a stable name of a resource that is no path (RFC 5842 §3.1).
func resourceID(w *davxml.Writer, r *Resource) bool {
	w.Href("urn:uuid:" + r.UUID())
	return true
}

// UUID is derived from what makes a resource above the objects the same one: the
// account, and the number of the collection.
func (r *Resource) UUID() string {
	name := r.segment() + "/" + strconv.FormatInt(r.Account, 10)
	if r.Level >= Collection {
		name += "/" + strconv.FormatInt(r.Collection.ID, 10)
	}
	return nameUUID(name)
}

// nameUUID is a UUID of a name of ours (RFC 9562 §5.8, version 8).
func nameUUID(name string) string {
	h := sha256.Sum256([]byte("ksync resource " + name))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
