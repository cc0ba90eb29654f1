package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
	"ksync/store"
)

// The pages of duplicates: the list of groups, one group side by side, what was
// merged, what was hidden. What they say comes from duplicates.Service; a form
// carries the cards with the ETags that the person saw, so nothing is merged
// that changed meanwhile, and a name, so nothing is merged twice.
const (
	pathDuplicates = "/duplicates"
	pathGroups     = pathDuplicates + "/groups"
	pathSure       = pathDuplicates + "/sure"
	pathJobs       = pathDuplicates + "/jobs"
	pathMerges     = pathDuplicates + "/merges"
	pathHidden     = pathDuplicates + "/hidden"
	pathHistory    = pathDuplicates + "/history"
	pathPhoto      = pathDuplicates + "/photo"
	pathKeys       = pathDuplicates + "/keys"
)

func (s *Site) duplicatesRoutes(r chi.Router) {
	get(r, pathDuplicates, s.member(duplicateGroups))
	form(r, pathGroups+"/{id}", s.member(groupPage), s.member(decide))
	form(r, pathSure, s.member(surePage), s.member(mergeSure))
	get(r, pathJobs+"/{id}", s.member(jobPage))
	get(r, pathMerges+"/{id}", s.member(mergePage))
	s.act(r, pathMerges+"/{id}/undo", s.member(undoMerge))
	get(r, pathHidden, s.member(hiddenPairs))
	s.act(r, pathHidden+"/show", s.member(unhide))
	get(r, pathHistory, s.member(mergeHistory))
	get(r, pathPhoto, s.member(photo))
	s.act(r, pathKeys, s.member(setKeys))
}

// groupAddress is where a group is looked at. Its id may come out of an address that
// somebody else wrote.
func groupAddress(id string) string { return pathGroups + "/" + url.PathEscape(id) }

// search is which groups a person goes through. It travels in every address.
type search struct {
	Book int64  // 0: all
	Lane string // "": sure and likely
}

func (v *visit) search() search {
	book, _ := strconv.ParseInt(v.r.Form.Get("book"), 10, 64) // what is no number is all books
	s := search{Book: book}
	if lane := v.r.Form.Get("lane"); slices.Contains([]string{"sure", "likely", "possible"}, lane) {
		s.Lane = lane
	}
	return s
}

// query asks the service for it.
func (s search) query() duplicates.Query {
	q := duplicates.Query{Book: s.Book}
	for _, l := range []dedup.Lane{dedup.Sure, dedup.Likely, dedup.Possible} {
		if l.String() == s.Lane {
			q.Lanes = []dedup.Lane{l}
		}
	}
	return q
}

// To is an address that keeps to the search, with more names and values.
func (s search) To(path string, more ...string) string {
	values := url.Values{}
	if s.Book != 0 {
		values.Set("book", strconv.FormatInt(s.Book, 10))
	}
	if s.Lane != "" {
		values.Set("lane", s.Lane)
	}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			values.Add(more[i], more[i+1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// In is the same in another lane, Of in another address book.
func (s search) In(lane string) search { return search{s.Book, lane} }

// Of is the same of another address book.
func (s search) Of(book int64) search { return search{book, s.Lane} }

// groupList is what the page of all groups shows.
type groupList struct {
	search
	Lanes  []choice
	Books  []choice // none when there is one address book only
	Groups []listed
	More   string // "" on the last page
	First  string // "" on the first
	Sure   int
	Banner *banner
}

// choice is a link of a row of which one is the present one.
type choice struct {
	Text, To string
	Here     bool
}

// listed is a group in a list.
type listed struct {
	duplicates.Group
	Name    string
	Members []contact
	Why     string // what speaks for it most
	To      string
}

// explained is of how many pairs of a group a list takes its reasons: one
// nearly always says it all.
const explained = 3

// groupsShown is how many are on a page.
const groupsShown = 30

func duplicateGroups(v *visit) error {
	l := groupList{search: v.search()}
	books, err := v.addressBooks()
	if err != nil {
		return err
	}
	if len(books) > 1 {
		l.Books = append(l.Books, choice{v.T("duplicates.books-all"), l.Of(0).To(pathDuplicates), l.Book == 0})
		for _, b := range books {
			l.Books = append(l.Books, choice{b.Name, l.Of(b.ID).To(pathDuplicates), l.Book == b.ID})
		}
	}
	if err := v.countLanes(&l); err != nil {
		return err
	}
	q := l.query()
	q.Limit, q.Why, q.Cursor = groupsShown, explained, v.r.Form.Get("after")
	page, err := v.site.Duplicates.Groups(v.ctx(), v.person.Account.ID, q)
	if err != nil {
		return err
	}
	l.Groups = v.listed(page.Groups, l.search, books)
	if page.Next != "" {
		l.More = l.To(pathDuplicates, "after", page.Next)
	}
	if q.Cursor != "" {
		l.First = l.To(pathDuplicates)
	}
	if l.Banner, err = v.banner(l.search); err != nil {
		return err
	}
	return v.page("duplicates", l)
}

// countLanes counts the groups of each lane.
func (v *visit) countLanes(l *groupList) error {
	counts := map[string]int{}
	for _, lane := range []string{"sure", "likely", "possible"} {
		q := l.In(lane).query()
		q.Limit = 1
		page, err := v.site.Duplicates.Groups(v.ctx(), v.person.Account.ID, q)
		if err != nil {
			return err
		}
		counts[lane] = page.Total
	}
	l.Sure = counts["sure"]
	counts[""] = counts["sure"] + counts["likely"]
	for _, lane := range []string{"", "sure", "likely", "possible"} {
		l.Lanes = append(l.Lanes, choice{v.T("duplicates.tab."+orAll(lane), "Number", counts[lane]), l.In(lane).To(pathDuplicates), l.Lane == lane})
	}
	return nil
}

func orAll(lane string) string {
	if lane == "" {
		return "open"
	}
	return lane
}

// addressBook is one of the account's.
type addressBook struct {
	ID   int64
	Name string
}

func (v *visit) addressBooks() ([]addressBook, error) {
	all, err := v.site.Store.Collections(v.ctx(), v.person.Account.ID, store.AddressBook)
	if err != nil {
		return nil, err
	}
	books := make([]addressBook, len(all))
	for i, c := range all {
		books[i] = addressBook{c.ID, v.collection(c).Name}
	}
	return books, nil
}

// bookName is "" when there is one address book only: nobody needs to be told.
func bookName(books []addressBook, id int64) string {
	for _, b := range books {
		if b.ID == id && len(books) > 1 {
			return b.Name
		}
	}
	return ""
}

func (v *visit) listed(groups []duplicates.Group, s search, books []addressBook) []listed {
	var all []listed
	for _, g := range groups {
		one := listed{Group: g, Why: v.why(g), To: s.To(groupAddress(g.ID))}
		for i, m := range g.Members {
			one.Members = append(one.Members, v.contact(i, m, books))
		}
		one.Name = one.Members[g.Reference].Name
		all = append(all, one)
	}
	return all
}

// Listed is what the template of a group in a list needs.
func (p *Page) Listed(l listed) any {
	return struct {
		Page *Page
		listed
	}{p, l}
}

// Called is what a contact is called.
func (p *Page) Called(name string) string { return p.visit.called(name) }

// KeysOff reports whether single keys do nothing, at the person's wish.
func (p *Page) KeysOff() bool { return p.visit.cookie(keysCookie) == "off" }

// photo serves the picture of a card. What it is was found by looking at it,
// and nothing but a picture is served.
func photo(v *visit) error {
	book, err := strconv.ParseInt(v.r.Form.Get("book"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	data, kind, err := v.site.Duplicates.Photo(v.ctx(), v.person.Account.ID, duplicates.Ref{Collection: book, URI: v.r.Form.Get("card")})
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=3600") // the address has the card's ETag
	h.Set("Vary", "Cookie")
	if v.r.Method == http.MethodGet {
		_, _ = v.w.Write(data) // the browser went away: nobody to tell
	}
	return nil
}

// keysCookie keeps that somebody does not want single keys to do something.
const keysCookie = "ksync-keys"

// setKeys turns the keys off or on. WCAG 2.2 §2.1.4: who dictates or strikes
// keys by mistake must be able to.
func setKeys(v *visit) error {
	const year = 365 * 24 * time.Hour
	if v.form.value("keys") == "off" {
		v.setCookie(keysCookie, "off", v.site.Now().Add(year))
	} else {
		v.dropCookie(keysCookie)
	}
	return v.to(local(v.form.secret("back"), pathDuplicates))
}
