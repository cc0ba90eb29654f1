package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-webdav"
	"github.com/emersion/go-webdav/caldav"
	"github.com/emersion/go-webdav/carddav"
	"howett.net/plist"

	"ksync/internal/account"
	"ksync/internal/assistant"
)

// typed is what a device knows after installing a profile, and nothing else.
type typed struct {
	Payloads []struct {
		Type string `plist:"PayloadType"`

		CardHost  string `plist:"CardDAVHostName"`
		CardPort  int    `plist:"CardDAVPort"`
		CardTLS   bool   `plist:"CardDAVUseSSL"`
		CardLogin string `plist:"CardDAVUsername"`
		CardPass  string `plist:"CardDAVPassword"`

		CalHost  string `plist:"CalDAVHostName"`
		CalPort  int    `plist:"CalDAVPort"`
		CalTLS   bool   `plist:"CalDAVUseSSL"`
		CalLogin string `plist:"CalDAVUsername"`
		CalPass  string `plist:"CalDAVPassword"`
	} `plist:"PayloadContent"`
}

// From the values in a profile alone, a client reaches principal, homes and
// collections: with the login as it stands there, and as iOS 18.4 and later
// send it, with %40 for the @.
func TestProfile_LeadsToEverything(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "https://" + listener.Addr().String()
	handler, w := wired(t, "--url", address)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.StartTLS()
	t.Cleanup(server.Close)

	person, err := w.accounts.Session(t.Context(), account.Visit{}, signInAnn(t, w.store, w.accounts))
	if err != nil {
		t.Fatal(err)
	}
	made, err := w.helper.SetUp(t.Context(), account.Visit{}, person, assistant.NewDevice{Name: "phone", Platform: assistant.IPhone, Data: []assistant.Data{assistant.Contacts, assistant.Calendars, assistant.Tasks}})
	if err != nil {
		t.Fatal(err)
	}
	var read typed
	if _, err := plist.Unmarshal(fetch(t, server.Client(), made.URL.Reveal()+"/phone.mobileconfig"), &read); err != nil {
		t.Fatal(err)
	}
	reached := 0
	for _, p := range read.Payloads {
		switch {
		case p.CardTLS:
			for _, login := range spellings(p.CardLogin) {
				contacts(t, webdav.HTTPClientWithBasicAuth(server.Client(), login, p.CardPass), wellKnown(t, server.Client(), p.CardHost, p.CardPort, "carddav"))
				reached++
			}
		case p.CalTLS:
			for _, login := range spellings(p.CalLogin) {
				calendars(t, webdav.HTTPClientWithBasicAuth(server.Client(), login, p.CalPass), wellKnown(t, server.Client(), p.CalHost, p.CalPort, "caldav"))
				reached++
			}
		}
	}
	if reached != 8 {
		t.Errorf("reached %d of 8", reached)
	}
	w.helper.Close() // writes what was seen
	d, err := w.helper.Device(t.Context(), person, made.Device.ID)
	if err != nil || d.State != assistant.Connected || fmt.Sprint(d.Seen) != "[calendars contacts]" {
		t.Errorf("got %+v, %v", d, err)
	}
}

// spellings are how clients send a login.
func spellings(login string) []string {
	return []string{login, strings.ReplaceAll(login, "@", "%40"), strings.ToUpper(login), strings.ToUpper(strings.ReplaceAll(login, "@", "%40"))}
}

func fetch(t *testing.T, c *http.Client, url string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck // read to its end below
	data, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v\n%s", url, a.StatusCode, err, data)
	}
	return data
}

// wellKnown asks as devices do first, without credentials (RFC 6764 §5), and
// returns where that leads. Go's own client would turn PROPFIND into GET there.
func wellKnown(t *testing.T, c *http.Client, host string, port int, service string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "PROPFIND", fmt.Sprintf("https://%s:%d/.well-known/%s", host, port, service), nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	target, err := a.Location()
	if err := errors.Join(err, a.Body.Close()); err != nil || a.StatusCode != http.StatusMovedPermanently {
		t.Fatalf("%d, %v", a.StatusCode, err)
	}
	return target.String()
}

// contacts walks on: principal, home, collections.
func contacts(t *testing.T, c webdav.HTTPClient, base string) {
	t.Helper()
	client, err := carddav.NewClient(c, base)
	if err != nil {
		t.Fatal(err)
	}
	principal, err := client.FindCurrentUserPrincipal(t.Context())
	if err != nil {
		t.Fatal("principal:", err)
	}
	home, err := client.FindAddressBookHomeSet(t.Context(), principal)
	if err != nil {
		t.Fatal("home:", err)
	}
	books, err := client.FindAddressBooks(t.Context(), home)
	if err != nil || len(books) != 1 || books[0].Name != "Contacts" {
		t.Errorf("address books %+v, %v", books, err)
	}
}

func calendars(t *testing.T, c webdav.HTTPClient, base string) {
	t.Helper()
	client, err := caldav.NewClient(c, base)
	if err != nil {
		t.Fatal(err)
	}
	principal, err := client.FindCurrentUserPrincipal(t.Context())
	if err != nil {
		t.Fatal("principal:", err)
	}
	home, err := client.FindCalendarHomeSet(t.Context(), principal)
	if err != nil {
		t.Fatal("home:", err)
	}
	found, err := client.FindCalendars(t.Context(), home)
	var names []string
	for _, one := range found {
		names = append(names, one.Name)
	}
	if slices.Sort(names); err != nil || strings.Join(names, " ") != "Calendar Tasks" {
		t.Errorf("calendars %v, %v", names, err)
	}
}
