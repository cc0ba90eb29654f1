package dav

import (
	"net/http"
	"slices"
	"strings"

	"ksync/internal/davxml"
)

// An account sees one principal, its own: a search tells nobody who else has an
// account here (hardening.md B14).

// searchable are the properties that can be searched, and what they are called.
var searchable = []struct {
	name        davxml.Name
	description string
	of          func(*Resource) string
}{
	{davxml.DAV("displayname"), "Name", accountName},
	{davxml.Server("email-address-set"), "E-mail address", (*Resource).mailAddress},
	{davxml.CalDAV("calendar-user-address-set"), "Calendar user address", func(r *Resource) string { return mailto(r.mailAddress()) }},
}

// searchableProps is principal-search-property-set (RFC 3744 §9.5).
func searchableProps(_ *Call, w http.ResponseWriter) error {
	return davxml.WriteDocument(w, http.StatusOK, davxml.DAV("principal-search-property-set"), func(w *davxml.Writer) {
		for _, s := range searchable {
			w.Open(davxml.DAV("principal-search-property"))
			w.Open(davxml.DAV("prop"))
			w.Empty(s.name)
			w.Close(davxml.DAV("prop"))
			w.OpenWith(davxml.DAV("description"), "xml:lang", "en")
			w.Text(s.description)
			w.Close(davxml.DAV("description"))
			w.Close(davxml.DAV("principal-search-property"))
		}
	})
}

// principalSearch is principal-property-search (RFC 3744 §9.4): every
// property-search has to match, or any with test="anyof" (the form Apple uses).
func principalSearch(call *Call, w http.ResponseWriter) error {
	test, _ := call.Body.Attr("test")
	own := call.principal()
	matched, asked := 0, 0
	for _, e := range call.Body.Children {
		if e.Name == davxml.DAV("property-search") {
			asked++
			if searchMatches(e, own) {
				matched++
			}
		}
	}
	hit := asked > 0 && (matched == asked || test == "anyof" && matched > 0)
	if call.Resource.Kind != nil { // below it are no principals
		hit = hit && call.Body.Child(davxml.DAV("apply-to-principal-collection-set")) != nil
	}
	return call.answerPrincipal(w, own, hit)
}

func searchMatches(e *davxml.Element, own *Resource) bool {
	match := e.Child(davxml.DAV("match"))
	prop := e.Child(davxml.DAV("prop"))
	if match == nil || prop == nil {
		return false
	}
	want := strings.ToLower(match.Trimmed())
	for _, p := range prop.Children {
		if !propMatches(p.Name, want, own) {
			return false
		}
	}
	return len(prop.Children) > 0
}

// propMatches compares as RFC 3744 §9.4 says: caseless, anywhere in the text.
func propMatches(n davxml.Name, want string, own *Resource) bool {
	for _, s := range searchable {
		if s.name == n {
			return strings.Contains(strings.ToLower(s.of(own)), want)
		}
	}
	return false
}

// principalMatch is RFC 3744 §9.3: DAV:self, or a property that names the actor;
// of principals, which is where it can be asked.
func principalMatch(call *Call, w http.ResponseWriter) error {
	own := call.principal()
	hit := call.Body.Child(davxml.DAV("self")) != nil
	if property := call.Body.Child(davxml.DAV("principal-property")); property != nil {
		for _, e := range property.Children {
			hit = hit || slices.Contains(own.hrefs(e.Name), own.Href())
		}
	}
	return call.answerPrincipal(w, own, hit && call.Resource.Kind == nil)
}

// hrefs are those in a live property.
func (r *Resource) hrefs(n davxml.Name) []string {
	row := r.table().find(n)
	if row == nil || row.Get == nil {
		return nil
	}
	return davxml.Hrefs(func(w *davxml.Writer) { row.Get(w, r) })
}

// aclPrincipals is RFC 3744 §9.2: about the principals in the resource's DAV:acl,
// which are its owner alone.
func aclPrincipals(call *Call, w http.ResponseWriter) error {
	return call.answerPrincipal(w, call.principal(), true)
}

func (call *Call) answerPrincipal(w http.ResponseWriter, own *Resource, hit bool) error {
	p := call.planOf(call.Body, w)
	if hit {
		if err := call.load(p, own); err != nil {
			return err
		}
	}
	m := davxml.NewMultistatus(w)
	if hit {
		if err := p.write(m, own); err != nil {
			return abort(err)
		}
	}
	return abort(m.End(""))
}

// expandProperty is RFC 3253 §3.8: properties whose hrefs are replaced by
// responses about what they point to.
func expandProperty(call *Call, w http.ResponseWriter) error {
	x := &expansion{request: call.request, left: call.engine.limits.Expand}
	p, err := x.plan(call.Body)
	if err != nil {
		return err
	}
	if err := call.load(p, call.Resource); err != nil {
		return err
	}
	m := davxml.NewMultistatus(w)
	if err := p.write(m, call.Resource); err != nil {
		return abort(err)
	}
	if x.fault != nil {
		return abort(x.fault)
	}
	return abort(m.End(""))
}

// expansion is one expand-property; left bounds the responses within responses.
type expansion struct {
	*request
	left  int
	fault error
}

// plan turns DAV:property elements into a plan. Their names are texts, and go
// out again as elements.
func (x *expansion) plan(e *davxml.Element) (*plan, error) {
	p := &plan{nested: map[davxml.Name]func(*davxml.Writer, *Resource){}}
	for _, child := range e.Children {
		if child.Name != davxml.DAV("property") {
			continue
		}
		local, _ := child.Attr("name")
		space, ok := child.Attr("namespace")
		if !ok {
			space = davxml.NSDAV
		}
		if !davxml.IsName(local) {
			return nil, davxml.BadRequest.Say("property without the name of one")
		}
		n := davxml.Name{Space: space, Local: local}
		p.asked = append(p.asked, &davxml.Element{Name: n})
		if len(child.Children) == 0 {
			continue
		}
		inner, err := x.plan(child)
		if err != nil {
			return nil, err
		}
		p.nested[n] = x.follow(n, inner)
	}
	return p, nil
}

// follow writes responses for the hrefs of a property. The hrefs are read from
// what the property would have said.
func (x *expansion) follow(n davxml.Name, inner *plan) func(*davxml.Writer, *Resource) {
	return func(w *davxml.Writer, r *Resource) {
		for _, href := range r.hrefs(n) {
			if x.left--; x.left >= 0 {
				x.respond(w, href, inner)
			} else {
				w.Status(href, davxml.InsufficientRoom)
			}
		}
	}
}

// respond writes what an href points to, or that it is not there. A fault ends
// the whole answer.
func (x *expansion) respond(w *davxml.Writer, href string, p *plan) {
	r, s, err := x.reach(href, p)
	switch {
	case err == nil:
		w.Response(r.Href(), func(w *davxml.Writer) []davxml.Propstat { return p.fill(w, s, r) })
	case x.engine.condition(err) != nil:
		w.Status(href, davxml.NotFound)
	default:
		x.fault = err
	}
}

func (x *expansion) reach(href string, p *plan) (*Resource, *selection, error) {
	t, err := x.parse(href)
	if err != nil {
		return nil, nil, err
	}
	r, err := x.resolve(t)
	if err != nil {
		return nil, nil, err
	}
	if err := x.load(p, r); err != nil {
		return nil, nil, err
	}
	s, err := p.on(r)
	return r, s, err
}
