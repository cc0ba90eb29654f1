package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/i18n"
	"ksync/store"
)

//go:embed pages/*.html
var pageFiles embed.FS

// frame is the file around every page; parts and drawn hold what several pages use.
const (
	frameFile = "pages/frame.html"
	partsFile = "pages/parts.html"
	drawnFile = "pages/drawn.html" // pictures
)

// pages are the templates of all pages in one set, so that what they share is
// there once. A page's own "content", and "refresh" where it has one, go by its
// name; the frame is written around them.
type pages struct {
	set  *template.Template
	wide map[string]bool // of every page: whether it defines "wide"
}

// loadPages reads every page. The error means a broken build.
func loadPages(a *assets) (*pages, error) {
	funcs := template.FuncMap{"asset": a.url, "icon": a.icon, "list": func(words ...string) []string { return words }}
	set, err := template.New("frame").Funcs(funcs).ParseFS(pageFiles, frameFile, partsFile, drawnFile)
	if err != nil {
		return nil, fmt.Errorf("frame of the pages: %w", err)
	}
	files, err := pageFiles.ReadDir("pages")
	if err != nil {
		return nil, err
	}
	p := &pages{set: set, wide: map[string]bool{}}
	for _, file := range files {
		name := "pages/" + file.Name()
		if name == frameFile || name == partsFile || name == drawnFile {
			continue
		}
		page, err := template.New(file.Name()).Funcs(funcs).ParseFS(pageFiles, name)
		if err == nil {
			err = p.add(strings.TrimSuffix(file.Name(), ".html"), page)
		}
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
	}
	return p, nil
}

// add takes over what a page's file defines. Other names than the frame's are in
// use by all pages: one may not take another's.
func (p *pages) add(page string, file *template.Template) error {
	p.wide[page] = false
	for _, t := range file.Templates() {
		name := t.Name()
		switch {
		case name == page+".html": // what is around the definitions: nothing
			continue
		case name == "wide":
			p.wide[page] = true
			continue
		case name == "content", name == "refresh":
			name = page + " " + name
		}
		if p.set.Lookup(name) != nil {
			return fmt.Errorf("%q is defined twice", name)
		}
		if _, err := p.set.AddParseTree(name, t.Tree); err != nil {
			return err
		}
	}
	return nil
}

// write writes a page with its frame. What the page defines is written first.
func (p *pages) write(out *bytes.Buffer, page *Page) (err error) {
	wide, ok := p.wide[page.Name]
	if !ok {
		return fmt.Errorf("no page %q", page.Name)
	}
	page.Wide = wide
	if page.Content, err = p.part("content", page); err != nil {
		return err
	}
	if page.Refresh, err = p.part("refresh", page); err != nil {
		return err
	}
	return p.set.ExecuteTemplate(out, "frame.html", page)
}

// part is what the page itself defines under a name of the frame; "" when it does not.
func (p *pages) part(name string, page *Page) (template.HTML, error) {
	t := p.set.Lookup(page.Name + " " + name)
	if t == nil {
		return "", nil
	}
	var out strings.Builder
	err := t.Execute(&out, page)
	return template.HTML(out.String()), err //nolint:gosec // html/template has escaped it, as text of the body, where it goes
}

// Page is what a template sees. Texts, dates and numbers come from the Printer.
type Page struct {
	*i18n.Printer
	Name  string
	Data  any // what the handler made for it
	visit *visit

	// For the frame: what the page defines, and whether it needs the room.
	Content, Refresh template.HTML
	Wide             bool
}

// show writes a page. Nothing is sent before all of it is there.
func (v *visit) show(status int, name string, data any) error {
	pages, err := v.site.pages()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := pages.write(&out, &Page{Printer: v.Printer, Name: name, Data: data, visit: v}); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes()) // the browser went away: nobody to tell
	return nil
}

// page shows a page as it should be.
func (v *visit) page(name string, data any) error { return v.show(http.StatusOK, name, data) }

// Title is the page's own, before it the word that something is wrong: a screen
// reader says it first.
func (p *Page) Title() string {
	title := p.Heading()
	if p.visit.form.failed() {
		title = p.T("title.wrong", "Title", title)
	}
	return title
}

// Heading names the page: title.<name>.
func (p *Page) Heading() string {
	if p.Name == "trouble" {
		return p.TroubleTitle()
	}
	return p.T("title." + p.Name)
}

// Lead says what the page is for: lead.<name>, where there is such a text.
func (p *Page) Lead() string {
	if key := "lead." + p.Name; p.Has(key) {
		return p.T(key)
	}
	return ""
}

// TroubleTitle says what went wrong, TroubleText what it means and what to do.
func (p *Page) TroubleTitle() string { return p.T(fmt.Sprintf("trouble.%v.title", p.Data)) }

// TroubleText goes with [Page.TroubleTitle].
func (p *Page) TroubleText() string { return p.T(fmt.Sprintf("trouble.%v.text", p.Data)) }

// Retry is where a walk in an app's web view begins anew, when that may help;
// "" elsewhere, where browsers have a button for it.
func (p *Page) Retry() string {
	if walk := p.visit.walk(); walk != nil && p.Data != "app" {
		return pathAuthorize + "?" + walk.RawQuery
	}
	return ""
}

// Person is the account that is signed in; nil on other pages.
func (p *Page) Person() *store.Account {
	if p.visit.person == nil || p.visit.bare {
		return nil
	}
	return &p.visit.person.Account
}

// Framed reports whether the page has the navigation of an account.
func (p *Page) Framed() bool { return p.Person() != nil && !p.Person().NewPassword }

// Passkeys reports whether there can be any: else there is no button for them.
func (p *Page) Passkeys() bool { return p.visit.site.passkeys }

// Bare reports whether the page stands in an app's own web view.
func (p *Page) Bare() bool { return p.visit.bare }

// Done says what the step before did; "" when there is nothing to say.
func (p *Page) Done() string {
	if p.visit.done == "" {
		return ""
	}
	return p.T(p.visit.done)
}

// Summary is what stands at the top of a page that was sent with mistakes. A
// single one at a field stands there, and the field has the focus.
func (p *Page) Summary() []wrong {
	if all := p.visit.form.wrongs; len(all) > 1 || len(all) == 1 && all[0].Field == "" {
		return all
	}
	return nil
}

// Value is a field as it was sent.
func (p *Page) Value(name string) string { return p.visit.form.value(name) }

// Ticked reports whether a box was ticked.
func (p *Page) Ticked(name string) bool { return p.visit.form.ticked(name) }

// Path is where the page is.
func (p *Page) Path() string { return p.visit.r.URL.Path }

// Here is a page to come back to, for the choice of a language.
func (p *Page) Here() string {
	if p.visit.fleeting || p.visit.r.Method == http.MethodPost && p.visit.person == nil {
		return "" // a walk without cookies cannot be taken up again
	}
	return p.visit.here()
}

// Back is where a page that could not be shown leads: the pages around it, or
// the first one when those may be the trouble.
func (p *Page) Back() string {
	if p.visit.person == nil {
		return pathStart
	}
	if back := p.visit.section(); back != p.Path() {
		return back
	}
	return pathHome
}

// Languages are those to choose from.
func (p *Page) Languages() []i18n.Language { return i18n.Languages() }

// Navigation is that of an account.
func (p *Page) Navigation() []place {
	all := navigation()
	if p.visit.site.Assistant == nil {
		all = slices.DeleteFunc(all, func(one place) bool { return one.Path == pathDevices })
	}
	if !p.Person().Admin {
		all = slices.DeleteFunc(all, func(one place) bool { return one.Path == pathInvitations })
	}
	return all
}

// At reports whether the page belongs to a place of the navigation.
func (p *Page) At(one place) bool {
	if one.Path == pathDevices && (inside(p.Path(), pathSetup) || strings.HasPrefix(p.Path(), assistant.PathDelivery)) {
		return true
	}
	return inside(p.Path(), one.Path) && (one.Path != pathHome || p.Path() == pathHome)
}

// Ago is a time (ms) as people say it today.
func (p *Page) Ago(ms int64) string { return p.When(time.UnixMilli(ms), p.visit.site.Now()) }

// Day is the date of a time (ms).
func (p *Page) Day(ms int64) string { return p.Date(time.UnixMilli(ms)) }

// Requested is under which id the request is logged.
func (p *Page) Requested() string { return p.visit.site.RequestID(p.visit.ctx()) }

// Count is how many there are.
func (p *Page) Count(key string, n int) string { return p.T(key, i18n.Count, n) }

// ScopeName is a service of an app password.
func (p *Page) ScopeName(key string) string { return p.T("scope." + key) }

// Level is how much of a service an app password opens.
func (p *Page) Level(name string) string { return p.T("level." + name) }

// GroupName is what recent activity can be narrowed to.
func (p *Page) GroupName(name string) string { return p.T("activity.group." + name) }

// Factors says what a session was signed in with.
func (p *Page) Factors(detail string) string { return p.visit.factorsText(detail) }

// ZoneField is what the template of a time zone needs.
func (p *Page) ZoneField(groups []zoneGroup) any {
	return struct {
		Page   *Page
		Groups []zoneGroup
	}{p, groups}
}

// Secret is what the template of something to copy needs.
func (p *Page) Secret(id, text string) any {
	return struct {
		Page     *Page
		ID, Text string
	}{p, id, text}
}

// Used is what the template of a device's last use needs.
func (p *Page) Used(d any) any {
	return struct {
		Page   *Page
		Device any
	}{p, d}
}

// Program is the app or the browser of a User-Agent, in words.
func (p *Page) Program(agent string) string { return p.Client(account.Client(agent)) }

// ISO is a time (ms) for programs that read the page.
func (p *Page) ISO(ms int64) string { return iso(ms) }

// Reference is what a letter calls an activity, on the page to which letters
// send their readers; "" on others.
func (p *Page) Reference(activity int64) string {
	if p.Name != "activity" {
		return ""
	}
	return account.Reference(activity)
}

// Happening is what the template of an activity needs.
func (p *Page) Happening(item happening) any {
	return struct {
		Page *Page
		Item happening
	}{p, item}
}

// place is one of the navigation.
type place struct{ Path, Icon, Key string }

func navigation() []place {
	return []place{
		{pathHome, "home", "nav.home"},
		{pathDevices, "phone", "nav.devices"},
		{pathAppPasswords, "key", "nav.app-passwords"},
		{pathSecurity, "shield", "nav.security"},
		{pathSessions, "screens", "nav.sessions"},
		{pathActivity, "pulse", "nav.activity"},
		{pathProfile, "person", "nav.profile"},
		{pathInvitations, "mail", "nav.invitations"}, // of admins
	}
}

func inside(path, place string) bool {
	return path == place || strings.HasPrefix(path, place+"/")
}
