package dav

import (
	"net/http"
	"slices"
	"time"

	"ksync/internal/davxml"
)

// Report is one report: where it may be asked, and who answers.
type Report struct {
	Name   davxml.Name
	Levels []Level
	Kind   *Kind // nil: of either
	Hidden bool  // 404 where it may not be asked
	Answer func(*Call, http.ResponseWriter) error
}

// Call is a report on its way: the request, the resource it is about, its body.
type Call struct {
	*request
	Resource *Resource
	Body     *davxml.Element
}

// Now is the engine's time.
func (call *Call) Now() time.Time { return call.engine.now() }

// allReports is the table of reports; DAV:supported-report-set is read from it,
// so nothing is advertised that is not answered.
func (e *Engine) allReports() []Report {
	everywhere := []Level{Root, Container, Principal, Home, Collection, Object}
	reports := []Report{
		{Name: davxml.DAV("expand-property"), Levels: everywhere, Answer: expandProperty},                                         // RFC 3253 §3.8
		{Name: davxml.DAV("principal-property-search"), Levels: []Level{Root, Container, Principal}, Answer: principalSearch},     // RFC 3744 §9.4
		{Name: davxml.DAV("principal-search-property-set"), Levels: []Level{Root, Container, Principal}, Answer: searchableProps}, // RFC 3744 §9.5
		{Name: davxml.DAV("principal-match"), Levels: []Level{Root, Container, Principal}, Answer: principalMatch},                // RFC 3744 §9.3
		{Name: davxml.DAV("acl-principal-prop-set"), Levels: everywhere, Answer: aclPrincipals},                                   // RFC 3744 §9.2
		{Name: davxml.DAV("sync-collection"), Levels: []Level{Collection}, Answer: syncCollection},                                // RFC 6578 §3.2
	}
	for _, k := range e.kinds {
		reports = append(reports,
			Report{Name: k.Multiget, Levels: []Level{Home, Collection, Object}, Kind: k, Answer: multiget},
			Report{Name: k.Query, Levels: []Level{Collection, Object}, Kind: k, Answer: query})
		for _, r := range k.Reports {
			r.Kind = k
			reports = append(reports, r)
		}
	}
	return reports
}

func (r Report) on(t Target) bool {
	return slices.Contains(r.Levels, t.Level) && (r.Kind == nil || r.Kind == t.Kind)
}

// report is RFC 3253 §3.6. The Depth header is passed over: each report here has
// one depth that makes sense, and clients send any (clients.md 5.9).
func (q *request) report(w http.ResponseWriter) error {
	body, err := q.body()
	if err != nil {
		return err
	}
	if body == nil {
		return davxml.BadRequest.Say("report without a body")
	}
	q.note().Report = q.engine.reportName(body.Name)
	r, err := q.resolve(q.target)
	if err != nil {
		return q.hide(body.Name, err)
	}
	for _, report := range q.engine.reports {
		if report.Name == body.Name && report.on(r.Target) {
			return report.Answer(&Call{q, r, body}, w)
		}
	}
	return davxml.SupportedReport.Say(body.Name.Local)
}

// reportName is what a report is counted as: a client may ask for any.
func (e *Engine) reportName(name davxml.Name) string {
	for _, report := range e.reports {
		if report.Name == name {
			return name.Local
		}
	}
	return "other"
}

// hide makes what may not be read look as if it were not there, for reports that
// want it so.
func (q *request) hide(name davxml.Name, err error) error {
	for _, report := range q.engine.reports {
		if report.Name == name && report.Hidden && isCondition(err, http.StatusForbidden) {
			return davxml.NotFound.With(err)
		}
	}
	return err
}

// supportedReports is RFC 3253 §3.1.5.
func supportedReports(w *davxml.Writer, r *Resource) bool {
	for _, report := range r.q.engine.reports {
		if report.on(r.Target) {
			w.Open(davxml.DAV("supported-report"))
			w.Open(davxml.DAV("report"))
			w.Empty(report.Name)
			w.Close(davxml.DAV("report"))
			w.Close(davxml.DAV("supported-report"))
		}
	}
	return true
}
