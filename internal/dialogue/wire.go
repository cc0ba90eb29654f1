package dialogue

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// breaches are the rules of the wire that an answer breaks: what clients rely on in every exchange, whatever it is about.
func (a *answer) breaches() []string {
	r := &rules{}
	r.headers(a)
	kind := a.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(a.Status, "207"):
		r.need(kind == "application/xml; charset=utf-8", "multistatus of type %q", kind) // RFC 4918 §8.2
		r.need(a.Header.Get("DAV") != "", "no DAV header")                               // iCal looks for it on each answer
		r.multistatus(a.Body)
	case strings.HasPrefix(kind, "application/xml") && a.Body != "":
		root, err := parseXML(a.Body)
		r.need(err == nil, "XML: %v", err)
		r.failure(root)
	}
	return r.broken
}

type rules struct{ broken []string }

func (r *rules) need(ok bool, format string, args ...any) {
	if !ok {
		r.broken = append(r.broken, "wire: "+fmt.Sprintf(format, args...))
	}
}

// strongETag is RFC 9110 §8.8.3 without the weak form, which no If-Match accepts.
var strongETag = regexp.MustCompile(`^"[\x21\x23-\x7E]+"$`)

func (r *rules) headers(a *answer) {
	if etag := a.Header.Get("ETag"); etag != "" {
		if a.collection { // as one file, which nobody writes under a condition
			etag = strings.TrimPrefix(etag, "W/")
		}
		r.need(strongETag.MatchString(etag), "ETag %s is not strong and quoted", etag)
	}
	r.need(a.Header.Get("Set-Cookie") == "", "a cookie for a DAV client")
	switch a.Status[:3] {
	case "401": // RFC 7617 §2: these challenges only, clients prefer Digest when it is there
		challenge := a.Header.Values("WWW-Authenticate")
		r.need(len(challenge) == 1 && strings.HasPrefix(challenge[0], `Basic realm="`), "challenge %q", challenge)
	case "503":
		r.need(a.Header.Get("Retry-After") != "", "503 without Retry-After")
	case "405":
		r.need(a.Header.Get("Allow") != "", "405 without Allow") // RFC 9110 §15.5.6
	case "201", "204":
		asked := strings.Contains(a.Header.Get("Preference-Applied"), "return=representation") // RFC 8144 §3.1
		r.need(a.Body == "" || asked, "a body where clients expect none")
	}
}

// failure is RFC 4918 §16: a DAV:error has the element of the condition that failed, and no other.
func (r *rules) failure(n *node) {
	if n == nil {
		return
	}
	if n.is("DAV:", "error") {
		r.need(len(n.Children) == 1, "DAV:error with %d elements", len(n.Children))
	}
	for _, c := range n.Children {
		r.failure(c)
	}
}

func (r *rules) multistatus(body string) {
	root, err := parseXML(body)
	if err != nil || !root.is("DAV:", "multistatus") {
		r.need(false, "no multistatus: %v", err)
		return
	}
	r.failure(root)
	for _, n := range root.Children {
		switch {
		case n.is("DAV:", "response"):
			r.response(n)
		case n.is("DAV:", "sync-token"):
			r.need(strings.Contains(n.Text, ":"), "sync-token %q is no URI", n.Text) // RFC 6578 §6.2; Evolution looks for ":"
		}
	}
}

// response is RFC 4918 §14.24: hrefs with a status, or one href with propstats.
func (r *rules) response(n *node) {
	href := n.child("DAV:", "href").Text
	r.need(strings.HasPrefix(href, "/"), "href %q is no absolute path", href)
	var stats, statuses []*node
	for _, c := range n.Children {
		switch {
		case c.is("DAV:", "propstat"):
			stats = append(stats, c)
		case c.is("DAV:", "status"):
			statuses = append(statuses, c)
			r.status(href, c)
		}
	}
	r.need((len(stats) > 0) != (len(statuses) == 1), "%s: %d propstats and %d statuses", href, len(stats), len(statuses))
	var seen []string
	for i, stat := range stats {
		seen = r.propstat(href, stat, i == 0, seen)
	}
}

func (r *rules) propstat(href string, stat *node, first bool, seen []string) []string {
	status := stat.child("DAV:", "status")
	r.status(href, status)
	ok := status.Text == "HTTP/1.1 200 OK"
	r.need(first || !ok, "%s: the 200 propstat is not the first", href) // Thunderbird reads the first
	for _, p := range stat.child("DAV:", "prop").Children {
		name := qualified(p.Name)
		r.need(!slices.Contains(seen, name), "%s: %s twice", href, name)
		seen = append(seen, name)
		if ok {
			r.property(href, p)
		}
	}
	return seen
}

func (r *rules) property(href string, p *node) {
	switch {
	case p.is("DAV:", "getetag") && p.Text != "": // an empty one answers PROPPATCH
		r.need(strongETag.MatchString(p.Text), "%s: getetag %s is not strong and quoted", href, p.Text)
	case p.is("DAV:", "resourcetype") && p.child("DAV:", "collection").Name.Local != "":
		r.need(strings.HasSuffix(href, "/"), "%s: a collection without slash", href) // RFC 4918 §5.2
	}
}

// status is RFC 4918 §14.28: a status line, which clients compare as text.
func (r *rules) status(href string, n *node) {
	var code int
	_, err := fmt.Sscanf(n.Text, "HTTP/1.1 %d", &code)
	r.need(err == nil && n.Text == fmt.Sprintf("HTTP/1.1 %d %s", code, http.StatusText(code)), "%s: status %q", href, n.Text)
}
