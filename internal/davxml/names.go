// Package davxml is the wire of WebDAV: names, precondition elements, a bounded
// reader for request bodies and a streaming writer for answers.
//
// A request body is read into a tree of Elements, each of which can be printed
// again byte for byte (dead properties, RFC 4918 §4.3). An answer is never a
// tree: it is appended to a Writer, one response at a time, so that memory does
// not grow with the size of a collection. The package knows nothing of
// resources; that is internal/dav.
package davxml

import (
	"encoding/xml"
	"strings"
)

// The namespaces that answers declare once, at their root.
const (
	NSDAV     = "DAV:"
	NSCalDAV  = "urn:ietf:params:xml:ns:caldav"
	NSCardDAV = "urn:ietf:params:xml:ns:carddav"
	NSServer  = "http://calendarserver.org/ns/"
	NSApple   = "http://apple.com/ns/ical/"
	NSMe      = "http://me.com/_namespace/"
)

// Name is an element's namespace and local name.
type Name = xml.Name

// DAV names an element of RFC 4918 and its extensions.
func DAV(local string) Name { return Name{Space: NSDAV, Local: local} }

// CalDAV names an element of RFC 4791.
func CalDAV(local string) Name { return Name{Space: NSCalDAV, Local: local} }

// CardDAV names an element of RFC 6352.
func CardDAV(local string) Name { return Name{Space: NSCardDAV, Local: local} }

// Server names an element of the CalendarServer extensions.
func Server(local string) Name { return Name{Space: NSServer, Local: local} }

// Apple names an element of Apple's iCal extensions.
func Apple(local string) Name { return Name{Space: NSApple, Local: local} }

// Clark prints a name as {namespace}local, the form in which the store keeps it.
func Clark(n Name) string { return "{" + n.Space + "}" + n.Local }

// FromClark reads what Clark printed. A namespace may have a brace in it, a local
// name has none.
func FromClark(s string) Name {
	s = strings.TrimPrefix(s, "{")
	at := strings.LastIndexByte(s, '}')
	return Name{Space: s[:max(at, 0)], Local: s[at+1:]}
}

// prefixes are the namespace prefixes of every answer, in order of declaration.
var prefixes = [...]struct{ prefix, space string }{
	{"D", NSDAV},
	{"C", NSCalDAV},
	{"CR", NSCardDAV},
	{"CS", NSServer},
	{"A", NSApple},
	{"ME", NSMe},
}

func prefixOf(space string) string {
	for _, p := range prefixes {
		if p.space == space {
			return p.prefix
		}
	}
	return ""
}
