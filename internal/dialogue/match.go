package dialogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// sets are the elements whose children have no order.
var sets = []string{
	"DAV: multistatus", "DAV: prop", "DAV: resourcetype",
	"DAV: current-user-privilege-set", "DAV: grant", "DAV: supported-privilege-set", "DAV: supported-privilege",
	"DAV: supported-report-set", "DAV: principal-search-property-set", "DAV: group-membership",
	"urn:ietf:params:xml:ns:caldav supported-calendar-component-set",
	"urn:ietf:params:xml:ns:caldav supported-calendar-data",
	"urn:ietf:params:xml:ns:caldav supported-collation-set",
	"urn:ietf:params:xml:ns:carddav supported-address-data",
	"urn:ietf:params:xml:ns:carddav supported-collation-set",
}

// matcher compares trees and collects what differs.
type matcher struct {
	vars  vars
	mode  Mode
	diffs []string
	err   error // a variable that nothing bound
}

func (m *matcher) differ(path, format string, args ...any) {
	m.diffs = append(m.diffs, path+": "+fmt.Sprintf(format, args...))
}

func (m *matcher) element(path string, want, got *node) {
	got.paired = true
	if want.Name != got.Name {
		m.differ(path, "want <%s>, got <%s>", qualified(want.Name), qualified(got.Name))
		return
	}
	m.attributes(path, want, got)
	m.text(path, want, got)
	if m.unordered(want) {
		m.set(path, want, got)
	} else {
		m.list(path, want, got)
	}
}

// unordered says whether the children of an element have no order. Of a response only some propstats may be asked for.
func (m *matcher) unordered(n *node) bool {
	if m.mode.Ordered {
		return false
	}
	return slices.Contains(sets, n.Name.Space+" "+n.Name.Local) || m.mode.Subset && n.is("DAV:", "response")
}

func (m *matcher) attributes(path string, want, got *node) {
	have := map[string]string{}
	for _, a := range got.Attrs {
		have[qualified(a.Name)] = a.Value
	}
	for _, a := range want.Attrs {
		name := qualified(a.Name)
		value, ok := have[name]
		if !ok || !m.value(a.Value, value) {
			m.differ(path, "attribute %s: want %q, got %q", name, m.vars.show(a.Value), value)
		}
		delete(have, name)
	}
	for name, value := range have {
		m.differ(path, "attribute %s=%q is unexpected", name, value)
	}
}

func (m *matcher) text(path string, want, got *node) {
	switch {
	case !m.value(want.Text, got.Text):
		m.differ(path, "want %q, got %q", m.vars.show(want.Text), got.Text)
	case strings.Contains(want.Text, "{{"):
		got.pattern = want.Text
	}
}

func (m *matcher) value(pattern, text string) bool {
	ok, err := m.vars.match(pattern, text)
	if err != nil {
		m.err = err
	}
	return ok
}

func (m *matcher) list(path string, want, got *node) {
	for i, w := range want.Children {
		if i >= len(got.Children) {
			m.differ(path, "missing %s", label(w))
			continue
		}
		m.element(path+"/"+label(w), w, got.Children[i])
	}
	for _, g := range got.Children[min(len(want.Children), len(got.Children)):] {
		m.differ(path, "unexpected %s", label(g))
	}
}

// set pairs the children that match, then those that are about the same thing and differ.
func (m *matcher) set(path string, want, got *node) {
	var left []*node
	for _, w := range want.Children {
		if !m.takeEqual(w, got) {
			left = append(left, w)
		}
	}
	for _, w := range left {
		if g := m.sameSubject(w, got); g != nil {
			m.element(path+"/"+label(w), w, g)
		} else {
			m.differ(path, "missing %s", m.vars.show(label(w)))
		}
	}
	for _, g := range got.Children {
		if !g.paired && !m.mode.Subset {
			m.differ(path, "unexpected %s", label(g))
		}
	}
}

func (m *matcher) takeEqual(want, in *node) bool {
	for _, g := range in.Children {
		if g.paired || !m.about(want, g) {
			continue
		}
		trial := &matcher{vars: m.vars.clone(), mode: m.mode}
		if trial.element("", want, g); len(trial.diffs) == 0 {
			m.vars, m.err = trial.vars, errors.Join(m.err, trial.err)
			return true
		}
		g.all(func(n *node) bool { n.paired, n.pattern = false, ""; return true })
	}
	return false
}

func (m *matcher) sameSubject(want, in *node) *node {
	for _, g := range in.Children {
		if !g.paired && m.about(want, g) {
			return g
		}
	}
	return nil
}

func (m *matcher) about(want, got *node) bool {
	if want.Name != got.Name {
		return false
	}
	ok, _ := m.vars.clone().match(subject(want), subject(got))
	return ok
}

// subject is what an element is about: two elements of a set with the same subject can be compared.
func subject(n *node) string {
	switch {
	case n.is("DAV:", "response"):
		return n.child("DAV:", "href").Text
	case n.is("DAV:", "propstat"):
		return n.child("DAV:", "status").Text
	case n.is("DAV:", "privilege"), n.is("DAV:", "supported-report"), n.is("DAV:", "supported-privilege"), len(n.Attrs) > 0:
		return n.head()
	}
	return qualified(n.Name)
}

// head is the element with its attributes and its first descendants, in one line.
func (n *node) head() string {
	var out strings.Builder
	for e := n; ; e = e.Children[0] {
		out.WriteString("<" + qualified(e.Name))
		for _, a := range e.Attrs {
			fmt.Fprintf(&out, " %s=%q", qualified(a.Name), a.Value)
		}
		out.WriteString(">")
		if len(e.Children) == 0 {
			return out.String()
		}
	}
}

// label names an element in a path.
func label(n *node) string {
	if s := subject(n); n.is("DAV:", "response") || n.is("DAV:", "propstat") {
		return n.Name.Local + "[" + s + "]"
	} else if s != qualified(n.Name) {
		return s
	}
	return qualified(n.Name)
}
