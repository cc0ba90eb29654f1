package dav

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"ksync/internal/davxml"
)

// Level is the place of a resource in the tree of design.md §3.
type Level uint8

// The levels, from the root down.
const (
	Root       Level = iota // / and /dav/
	Container               // /dav/principals/, /dav/calendars/, /dav/addressbooks/
	Principal               // /dav/principals/{account}/
	Home                    // /dav/calendars/{account}/
	Collection              // /dav/calendars/{account}/{collection}/
	Object                  // /dav/calendars/{account}/{collection}/{object}
)

const (
	rootPath         = "/dav/"
	principalSegment = "principals"
	maxSegment       = 255 // bytes of a name, clients.md 6.1
)

// Target is what a request's path or an href names. Nothing else in the
// program takes DAV paths apart or puts them together.
type Target struct {
	Level   Level
	Kind    *Kind  // of Home, Collection, Object; of Container unless it holds principals
	Account int64  // from Principal down; 0 if the segment is no id
	Login   string // the account segment, where it is no id
	Parent  string // name of the collection, from Collection down
	Name    string // name of the object

	bare bool // Root as "/"
}

// Href prints the canonical path, percent-encoded; all but objects end in a slash.
func (t Target) Href() string {
	if t.Level == Root {
		if t.bare {
			return "/"
		}
		return rootPath
	}
	b := append([]byte(rootPath), t.segment()...)
	b = append(b, '/')
	if t.Level == Container {
		return string(b)
	}
	if t.Login != "" {
		b = appendSegment(b, t.Login)
	} else {
		b = strconv.AppendInt(b, t.Account, 10)
	}
	b = append(b, '/')
	if t.Level >= Collection {
		b = append(appendSegment(b, t.Parent), '/')
	}
	if t.Level == Object {
		b = appendSegment(b, t.Name)
	}
	return string(b)
}

// above is what a target lies in; the root lies in itself.
func (t Target) above() Target {
	switch t.Level {
	case Object:
		t.Level, t.Name = Collection, ""
	case Collection:
		t.Level, t.Parent = Home, ""
	case Home, Principal:
		t.Level, t.Account, t.Login = Container, 0, ""
	default:
		t = Target{Level: Root}
	}
	return t
}

func (t Target) segment() string {
	if t.Kind == nil {
		return principalSegment
	}
	return t.Kind.Segment
}

// appendSegment percent-encodes one path segment. There is one spelling of each
// name, since clients compare hrefs as text; vdirsyncer leaves "@" and ":" as
// they are (clients.md 5.4).
func appendSegment(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if plain(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

func plain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~@:", c) >= 0
}

// errPath is what a path gets that names nothing and never could.
var errPath = davxml.NotFound.Say("no such path")

// Parse reads an escaped path or an absolute URL, of which the authority is
// ignored: clients send either in multiget and Destination (RFC 4791 §7.9).
func (e *Engine) Parse(ref string) (Target, error) {
	if !strings.HasPrefix(ref, "/") {
		u, err := url.Parse(ref)
		if err != nil || u.Path == "" {
			return Target{}, errPath
		}
		ref = u.EscapedPath()
	}
	if i := strings.IndexAny(ref, "?#"); i >= 0 {
		ref = ref[:i]
	}
	if ref == "/" {
		return Target{Level: Root, bare: true}, nil
	}
	rest, ok := strings.CutPrefix(ref+"/", rootPath)
	if !ok {
		return Target{}, errPath
	}
	segments, err := split(rest)
	if err != nil {
		return Target{}, err
	}
	var t Target
	err = e.place(&t, segments)
	return t, err
}

// split takes a path, to which one slash was added, into its unescaped segments.
// A path with a slash at its end and one without name the same.
func split(rest string) (segments []string, err error) {
	if rest = strings.TrimSuffix(strings.TrimSuffix(rest, "/"), "/"); rest == "" {
		return nil, nil
	}
	for s := range strings.SplitSeq(rest, "/") {
		s, err := url.PathUnescape(s)
		if err != nil || !validName(s) {
			return nil, errPath
		}
		segments = append(segments, s)
	}
	return segments, nil
}

// validName refuses what cannot be the name of a resource: path tricks,
// control characters, what is not UTF-8, what is too long.
func validName(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > maxSegment || !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' }) < 0
}

func (e *Engine) place(t *Target, segments []string) error {
	if len(segments) == 0 {
		return nil
	}
	t.Kind = e.kindOf(segments[0])
	if t.Kind == nil && segments[0] != principalSegment {
		return errPath
	}
	t.Level = Container
	if len(segments) > 1 {
		t.Level = Home
		if t.Kind == nil {
			t.Level = Principal
		}
		t.setAccount(segments[1])
	}
	if len(segments) > 2 && t.Kind != nil {
		t.Level, t.Parent = Collection, segments[2]
	}
	if len(segments) > 3 {
		t.Level, t.Name = Object, segments[3]
	}
	if len(segments) > 4 || t.Kind == nil && len(segments) > 2 {
		return errPath
	}
	return nil
}

// setAccount takes the id; a login in its place is redirected later.
func (t *Target) setAccount(segment string) {
	id, err := strconv.ParseInt(segment, 10, 32)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != segment {
		t.Login = strings.ToLower(segment)
		return
	}
	t.Account = id
}

func (e *Engine) kindOf(segment string) *Kind {
	for _, k := range e.kinds {
		if k.Segment == segment {
			return k
		}
	}
	return nil
}

// addMemberQuery makes a collection's path its add-member href (RFC 5995 §3.1).
// As a query it is in the way of no object's name.
const addMemberQuery = "add-member"

// AddMember prints the href to which a collection's new objects are posted.
func (t Target) AddMember() string { return t.Href() + "?" + addMemberQuery }

func isAddMember(u *url.URL) bool { return u.RawQuery == addMemberQuery }

// nameOf makes the name of an object from its UID, "" where that would need to
// be encoded: one spelling less to go wrong.
func nameOf(uid, extension string) string {
	safe := strings.IndexFunc(uid, func(r rune) bool { return r > 0x7f || !plain(byte(r)) || r == ':' }) < 0
	if name := uid + extension; uid != "" && safe && uid[0] != '.' && validName(name) {
		return name
	}
	return ""
}
