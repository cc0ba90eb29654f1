package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"ksync/internal/logtest"
)

// davMethods are all that the engine answers, and some that it does not.
func davMethods() []string {
	return []string{
		"OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "REPORT", "MKCOL", "MKCALENDAR", "COPY", "MOVE",
		"LOCK", "UNLOCK", "ACL", "PATCH", "SEARCH", "BIND", "NONSENSE",
	}
}

// resources are one of each type of Ann's, and places where she has nothing yet.
func (w *matrixWorld) resources() []string {
	id := strconv.FormatInt(w.ann.account.ID, 10)
	all := []string{"/dav/principals/" + id + "/"}
	for _, home := range []string{"/dav/addressbooks/" + id + "/", "/dav/calendars/" + id + "/"} {
		all = append(all, home, home+"new/")
	}
	for _, object := range w.objects() {
		collection := object[:strings.LastIndexByte(object, '/')+1]
		all = append(all, object, collection, collection+"new", collection+"?add-member")
	}
	return all
}

// bodyOf is one with which a method would do something.
func bodyOf(method, path string) string {
	switch method {
	case "REPORT":
		if strings.Contains(path, "addressbooks") {
			return `<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><C:address-data/></D:prop></C:addressbook-query>`
		}
		return `<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`
	case "PUT", "POST":
		return "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:n\r\nFN:New\r\nN:New;;;;\r\nEND:VCARD\r\n"
	case "PROPPATCH":
		if strings.Contains(path, "/principals/") { // where the name is protected
			return `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><mine xmlns="urn:example:mine">1</mine></D:prop></D:set></D:propertyupdate>`
		}
		return `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>Mine</D:displayname></D:prop></D:set></D:propertyupdate>`
	case "PROPFIND":
		return `<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>`
	}
	return ""
}

// hardening.md B11: every method on every type of resource, by everybody who has
// no right to it, in every way to write the path.
func TestMatrix_DAVByRoleAndPath(t *testing.T) {
	t.Parallel()
	w := newMatrixWorld(t)
	ann, bob := w.ann.account.Login, w.bob.account.Login
	for who, along := range map[string]with{
		"nobody":                       nobody,
		"a wrong password":             basicOf(ann, "wrong"),
		"a revoked app password":       basicOf(ann, w.ann.ended),
		"Ann's account password":       basicOf(ann, "correct zebra battery"),
		"Ann's browser":                cookieOf(w.ann.session),
		"Bob's app password as Ann":    basicOf(ann, w.bob.full),
		"Ann's app password as Bob":    basicOf(bob, w.ann.full),
		"Bob":                          basicOf(bob, w.bob.full),
		"Bob, who may only read":       basicOf(bob, w.bob.readOnly),
		"Bob, with his browser beside": func(r *http.Request) { basicOf(bob, w.bob.full)(r); cookieOf(w.bob.session)(r) },
	} {
		for _, path := range w.resources() {
			bare, query, _ := strings.Cut(path, "?")
			for i, variant := range variants(bare) {
				if query != "" {
					variant += "?" + query
				}
				methods := davMethods()
				if i > 0 { // other spellings: one method of each sort, by those who differ most
					methods = []string{"GET", "PUT", "DELETE", "PROPFIND", "REPORT", "MOVE"}
					if who != "nobody" && who != "Bob" {
						continue
					}
				}
				for _, method := range methods {
					w.refused(who, method, variant, w.ask(method, variant, bodyOf(method, path), along))
				}
			}
		}
	}
	w.intact()
}

// The same requests do what they say for who has the right to them: what is
// refused above is not refused for another reason.
func TestMatrix_DAVByItsOwner(t *testing.T) {
	t.Parallel()
	w := newMatrixWorld(t)
	for _, path := range w.resources() {
		if strings.Contains(path, "new") || strings.Contains(path, "?") {
			continue
		}
		for method, want := range map[string]int{"PROPFIND": 207, "OPTIONS": 200} {
			if rec := w.ask(method, path, bodyOf(method, path), basicOf(w.ann.account.Login, w.ann.full)); rec.Code != want {
				t.Errorf("%s %s: %d", method, path, rec.Code)
			}
		}
	}
	for _, object := range w.objects() {
		for _, method := range []string{"GET", "DELETE"} {
			if rec := w.ask(method, object, "", basicOf(w.ann.account.Login, w.ann.full)); rec.Code >= 300 {
				t.Errorf("%s %s: %d", method, object, rec.Code)
			}
		}
	}
}

// What an app password is for is all that it can do, however the path is written.
func TestMatrix_DAVByScope(t *testing.T) {
	t.Parallel()
	w := newMatrixWorld(t)
	login := w.ann.account.Login
	for _, path := range w.resources() {
		bare, query, _ := strings.Cut(path, "?")
		for _, variant := range variants(bare) {
			if query != "" {
				variant += "?" + query
			}
			for _, method := range []string{"PUT", "POST", "DELETE", "PROPPATCH", "MKCOL", "MKCALENDAR", "MOVE", "COPY"} {
				rec := w.ask(method, variant, bodyOf(method, path), basicOf(login, w.ann.readOnly))
				// PROPPATCH tells of each property alone what became of it.
				if rec.Code < 300 && (rec.Code != http.StatusMultiStatus || strings.Contains(rec.Body.String(), "200 OK")) {
					t.Errorf("read only: %s %s: %d %s", method, variant, rec.Code, rec.Body)
				}
			}
			if !strings.Contains(path, "/calendars/") {
				continue
			}
			for _, method := range []string{"GET", "PUT", "DELETE", "PROPFIND", "REPORT"} {
				if rec := w.ask(method, variant, bodyOf(method, path), basicOf(login, w.ann.contactsOnly)); rec.Code < 300 {
					t.Errorf("contacts only: %s %s: %d %.200s", method, variant, rec.Code, rec.Body)
				}
			}
		}
	}
	w.intact()
}

// fill puts things of Ann's into the places of a pattern.
func (w *matrixWorld) fill(pattern string) string {
	id := fmt.Sprint(w.ann.app)
	switch {
	case strings.Contains(pattern, "/groups/"):
		id = w.ann.group
	case strings.Contains(pattern, "/merges/"):
		id = fmt.Sprint(w.ann.merge)
	case strings.Contains(pattern, "/devices/"):
		id = fmt.Sprint(w.ann.device)
	case strings.Contains(pattern, "/sessions/"):
		id = fmt.Sprint(w.ann.open)
	case strings.Contains(pattern, "/activity/"):
		id = fmt.Sprint(w.ann.happened)
	}
	return strings.NewReplacer("{id}", id, "{token}", strings.Repeat("a", 32), "{tag}", "x", "{form}", "text", "{name}", "x", "{ticket}", strings.Repeat("a", 32), "{file}", "x.mobileconfig", "{platform}", "iphone").Replace(pattern)
}

// hardening.md B15: every other route, by everybody who has no right to it.
func TestMatrix_PagesAndMachinesByRoleAndPath(t *testing.T) {
	t.Parallel()
	w := newMatrixWorld(t)
	ann := w.ann.account.Login
	strangers := map[string]with{
		"nobody":                nobody,
		"Ann's app password":    basicOf(ann, w.ann.full),
		"as an access token":    bearerOf(w.ann.full),
		"her session as bearer": bearerOf(w.ann.session),
		"an unknown session":    cookieOf(strings.Repeat("a", len(w.ann.session))),
		"an empty session":      cookieOf(""),
	}
	const form = "name=Mallory&login=mallory&address=eve%40example.net&sure=1&answer=yes&code=123456&password=another+zebra+battery&token=x&ticket=x&grant_type=authorization_code"
	for route, class := range inventory() {
		method, pattern, _ := strings.Cut(route, " ")
		if class == public || class == davOnly {
			continue
		}
		if method == "*" {
			method, pattern = "GET", "/api/v1/account" // each operation has its row in internal/api
		}
		for who, along := range strangers {
			for i, variant := range variants(w.fill(pattern)) {
				if i > 0 && who != "nobody" && who != "Ann's app password" {
					break
				}
				rec := w.ask(method, variant, form, along)
				if rec.Code == http.StatusOK && harmless(method, pattern) && !strings.Contains(rec.Body.String(), "ann@example") {
					continue
				}
				w.refused(who, method, variant, rec)
			}
		}
	}
	w.intact()
}

// harmless are answers of 200 that say the same to everybody, whatever came along.
func harmless(method, pattern string) bool {
	switch {
	case strings.HasPrefix(pattern, "/authorize"): // any other status closes kSync's web view (clients.md 1.4): the page says what is wrong
		return true
	case pattern == "/confirm-email/{token}": // asks whether one is sure; what it then posts is refused
		return method != http.MethodPost
	}
	return method == http.MethodDelete && pattern == "/token" // RFC 7009 §2.2: an unknown token is as good as revoked
}

// What belongs to Ann is not there for Bob's browser, and his is not changed by
// what he asks of hers.
func TestMatrix_PagesByAnotherPerson(t *testing.T) {
	t.Parallel()
	w := newMatrixWorld(t)
	for route, class := range inventory() {
		method, pattern, _ := strings.Cut(route, " ")
		if class != admin && (class != session || !strings.Contains(pattern, "{id}")) {
			continue
		}
		for _, variant := range variants(w.fill(pattern)) {
			rec := w.ask(method, variant, "sure=1&name=Mallory", cookieOf(w.bob.session))
			if rec.Code == http.StatusOK && harmless(method, pattern) && !strings.Contains(rec.Body.String(), "ann@example") {
				continue
			}
			w.refused("Bob", method, variant, rec)
		}
	}
	for route, class := range inventory() {
		method, pattern, _ := strings.Cut(route, " ")
		if class != session || strings.Contains(pattern, "{") || method != http.MethodGet || pattern == "/duplicates/photo" { // of no card
			continue
		}
		if rec := w.ask(method, pattern, "", cookieOf(w.bob.session)); strings.Contains(rec.Body.String(), "ann@example") || rec.Code >= 400 {
			t.Errorf("Bob's %s: %d", pattern, rec.Code)
		}
	}
	for _, pattern := range []string{"/account/sessions", "/account/activity/{id}/not-me", "/devices/{id}", "/duplicates/groups/{id}", "/duplicates/merges/{id}"} { // it is there for her
		if rec := w.ask("GET", w.fill(pattern), "", cookieOf(w.ann.session)); rec.Code != http.StatusOK {
			t.Errorf("Ann's own %s, afterwards: %d", pattern, rec.Code)
		}
	}
	w.intact()
}

// hardening.md D27: whoever reads the log, at whatever level,
// has no link that opens something.
func TestMatrix_SecretsInAddressesAreNotLogged(t *testing.T) {
	t.Parallel()
	var log logtest.Log
	r := servedTelling(t, log.Logger(slog.LevelDebug))
	w := &matrixWorld{T: t, handler: r.handler}
	secret, asked := strings.Repeat("Secret0", 6), 0
	for route, class := range inventory() {
		method, pattern, _ := strings.Cut(route, " ")
		if class != link || !strings.Contains(pattern, "{") {
			continue
		}
		w.ask(method, strings.NewReplacer("{token}", secret, "{ticket}", secret, "{file}", "x.mobileconfig").Replace(pattern), "", nobody)
		asked++
	}
	if text := log.String(); asked < 20 || strings.Contains(text, secret) || strings.Count(text, "href=") < asked {
		t.Errorf("%d asked\n%s", asked, text)
	}
}
