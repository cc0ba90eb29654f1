package discovery

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Setting is one value that a person copies into a form.
type Setting struct {
	// Label ends the name of the catalogue's text: setting.<Label>.
	Label string `json:"label"`
	Value string `json:"value"`
	Block bool   `json:"block,omitempty"` // several lines that belong into a file
}

// The labels of settings. LabelPassword has no value here: only who makes an
// app password knows it.
const (
	LabelAddress  = "address"
	LabelLogin    = "login"
	LabelPassword = "password"
	LabelEmail    = "email"
	LabelIMAP     = "imap"
	LabelSMTP     = "smtp"
	LabelFile     = "file"
)

// Labels lists them.
func Labels() []string {
	return []string{LabelAddress, LabelLogin, LabelPassword, LabelEmail, LabelIMAP, LabelSMTP, LabelFile}
}

// Client is a program and what to type into it.
type Client struct {
	ID       string    `json:"id"`   // ends the name of the text about it: client.<ID>
	Name     string    `json:"name"` // as it calls itself
	Settings []Setting `json:"settings"`
}

// Account is who sets a program up.
type Account struct {
	Login string // what is typed as user name, best the e-mail address
	Email string // "" if there is none
}

// The programs that are described, by the ends of their texts' names.
const (
	Thunderbird = "thunderbird"
	GNOME       = "gnome"
	KDE         = "kde"
	Evolution   = "evolution"
	EMClient    = "em-client"
	OutlookSync = "outlook-caldav-synchronizer"
	Vdirsyncer  = "vdirsyncer"
	Other       = "other"
)

// Clients are the settings of desktop programs for one account. Most find all
// by the bare address (clients.md 5); CalDav Synchronizer wants the place where
// DAV begins, and vdirsyncer a file.
func (s Service) Clients(a Account) []Client {
	sync := signIn(a, s.Base())
	both := slices.Concat(sync, s.mailSettings(a))
	return []Client{
		{Thunderbird, "Thunderbird", both},
		{GNOME, "GNOME", sync},
		{KDE, "KDE Kontact", sync},
		{Evolution, "Evolution", both},
		{EMClient, "eM Client", both},
		{OutlookSync, "Outlook CalDav Synchronizer", signIn(a, s.DAV())},
		{Vdirsyncer, "vdirsyncer", []Setting{{Label: LabelFile, Value: s.vdirsyncer(a), Block: true}, {Label: LabelPassword}}},
		{Other, "", sync},
	}
}

func signIn(a Account, address string) []Setting {
	return []Setting{{Label: LabelAddress, Value: address}, {Label: LabelLogin, Value: a.Login}, {Label: LabelPassword}}
}

func (s Service) mailSettings(a Account) []Setting {
	if !s.Mail() || a.Email == "" {
		return nil
	}
	return []Setting{
		{Label: LabelEmail, Value: a.Email},
		{Label: LabelIMAP, Value: s.IMAP.String()},
		{Label: LabelSMTP, Value: s.SMTP.String()},
	}
}

// String is the server as mail programs' forms ask for it.
func (m MailServer) String() string {
	return fmt.Sprintf("%s:%d (%s)", m.Host, m.Port, strings.ReplaceAll(m.socketType(), "SSL", "SSL/TLS"))
}

// vdirsyncer is a configuration that works as it is but for the password, which
// it fetches from the system's secret store.
func (s Service) vdirsyncer(a Account) string {
	var b strings.Builder
	b.WriteString("[general]\nstatus_path = \"~/.local/share/vdirsyncer/status/\"\n")
	for _, kind := range []struct{ name, remote, ext, metadata string }{
		{"contacts", "carddav", ".vcf", `"displayname"`},
		{"calendars", "caldav", ".ics", `"displayname", "color"`},
	} {
		fmt.Fprintf(&b, "\n[pair ksyncd_%[1]s]\na = \"ksyncd_%[1]s_local\"\nb = \"ksyncd_%[1]s_remote\"\ncollections = [\"from a\", \"from b\"]\nmetadata = [%[2]s]\n", kind.name, kind.metadata)
		fmt.Fprintf(&b, "\n[storage ksyncd_%[1]s_local]\ntype = \"filesystem\"\npath = \"~/.local/share/%[1]s/\"\nfileext = %[2]s\n", kind.name, strconv.Quote(kind.ext))
		fmt.Fprintf(&b, "\n[storage ksyncd_%s_remote]\ntype = %s\nurl = %s\nusername = %s\npassword.fetch = [\"command\", \"secret-tool\", \"lookup\", \"service\", %s]\n",
			kind.name, strconv.Quote(kind.remote), jsonString(s.Base()), jsonString(a.Login), jsonString(s.host()))
	}
	return b.String()
}

// jsonString quotes for vdirsyncer, whose values are JSON.
func jsonString(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return strconv.Quote(text) // a string has no way to fail
	}
	return string(quoted)
}
