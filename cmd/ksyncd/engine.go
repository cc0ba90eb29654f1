package main

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"ksync/internal/account"
	"ksync/internal/assistant"
	"ksync/internal/caldav"
	"ksync/internal/carddav"
	"ksync/internal/config"
	"ksync/internal/dav"
	"ksync/internal/davxml"
	"ksync/store"
)

// newEngine makes the DAV server out of its parts.
func newEngine(s *config.Settings, st *store.Store, door watched, logger *slog.Logger) *dav.Engine {
	limits := dav.DefaultLimits
	limits.Object, limits.XML.Bytes = int64(s.Limits.ObjectSize), int64(s.Limits.XMLSize)
	limits.Hrefs, limits.SyncPage, limits.Property = s.Limits.Hrefs, s.Limits.Page, int(s.Limits.Property)
	limits.XML.Depth, limits.XML.Elements = s.Limits.Nesting, s.Limits.Elements
	limits.Instances, limits.Repetitions = s.Limits.Instances, s.Limits.Repetitions
	limits.FilterParts, limits.Expand = s.Limits.FilterParts, s.Limits.Expand
	door.homes = homes()
	return dav.New(dav.Options{
		Store:  st,
		SignIn: func(r *http.Request) (dav.Actor, error) { return actor(door, r) },
		Kinds:  kinds(limits),
		Limits: limits,
		Domain: mailDomain(s),
		Host:   s.URL.Hostname(),
		Logger: logger,
	})
}

// storeLimits are the bounds that the store holds, the rest as it likes.
func storeLimits(l config.Limits) store.Limits {
	return store.Limits{Collections: l.Collections, Properties: l.Properties}
}

// collectionHref is where apps find a collection.
func collectionHref(c store.Collection) string {
	for _, kind := range kinds(dav.DefaultLimits) {
		if kind.Store == c.Kind {
			return dav.Target{Level: dav.Collection, Kind: kind, Account: c.Account, Parent: c.URI}.Href()
		}
	}
	return ""
}

// kinds are what collections there can be.
func kinds(l dav.Limits) []*dav.Kind { return []*dav.Kind{caldav.Within(l), carddav.Within(l)} }

// homes are where each kind's collections are, and what the assistant calls it.
func homes() map[string]assistant.Data {
	below := func(k *dav.Kind) string { return dav.Target{Level: dav.Container, Kind: k}.Href() }
	return map[string]assistant.Data{below(caldav.Kind()): assistant.Calendars, below(carddav.Kind()): assistant.Contacts}
}

// watched is the door of devices, with the assistant looking at who comes in;
// nil: nobody looks.
type watched struct {
	gate   *account.Gate
	helper *assistant.Service
	homes  map[string]assistant.Data
}

// saw tells the assistant who came, and below which kind's homes.
func (w watched) saw(id account.Identity, path string) {
	if w.helper == nil {
		return
	}
	var asked assistant.Data
	for home, data := range w.homes {
		if strings.HasPrefix(path, home) {
			asked = data
		}
	}
	w.helper.Saw(id.Account.ID, id.AppPassword.ID, asked)
}

// actor signs a request in, and says no in the engine's words.
func actor(door watched, r *http.Request) (dav.Actor, error) {
	id, err := door.gate.SignIn(r.Context(), r)
	if throttled, ok := errors.AsType[*account.Throttled](err); ok {
		return dav.Actor{}, &dav.Retry{Status: http.StatusTooManyRequests, After: throttled.RetryAfter, Err: err}
	}
	if errors.Is(err, account.ErrDenied) {
		return dav.Actor{}, davxml.Unauthorized.With(err)
	}
	if err != nil {
		return dav.Actor{}, err
	}
	door.saw(id, r.URL.Path)
	return dav.Actor{Account: id.Account, Scope: id.Scope, AppPassword: id.AppPassword.ID, Agent: id.Agent}, nil
}

// mailDomain completes logins that are no e-mail addresses to one.
func mailDomain(s *config.Settings) string {
	if host := s.URL.Hostname(); host != "" {
		return host
	}
	host, err := os.Hostname()
	if err != nil {
		return "" // the engine has a name for that
	}
	return host
}
