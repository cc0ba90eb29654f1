package mail

import (
	"maps"
	"slices"
	"time"

	"ksync/internal/account"
)

// Kinds lists what letters there are.
func Kinds() []account.NoticeKind { return slices.Sorted(maps.Keys(kinds())) }

// Sample is an invented notice of a kind, to look at its letter: for somebody
// at an address, on the server of the composer.
func (c *Composer) Sample(kind account.NoticeKind, address, language string) account.Notice {
	now := c.now()
	return account.Notice{
		ID: 1, Account: 1, Kind: kind, Address: address, Locale: language, Reference: "K7QX-2M9D", Created: now,
		Data: account.NoticeData{
			Login: address, Place: "203.0.113.0/24", Client: "Firefox on Windows", Name: "Phone", NewAddress: "new@example.org",
			By: "admin@example.org", Change: sampleChange(kind), Link: c.url.JoinPath("sample", "no-real-link").String(), Count: 17, Left: 9,
			At: now.UnixMilli(), Since: now.Add(-time.Hour).UnixMilli(), Until: now.Add(48 * time.Hour).UnixMilli(),
		},
	}
}

// sampleChange is what the account package says was changed.
func sampleChange(kind account.NoticeKind) account.ActivityKind {
	return map[account.NoticeKind]account.ActivityKind{
		account.NoticeFactors: account.PasskeyAdded, account.NoticePassword: account.PasswordChanged,
		account.NoticeWrongPassword: account.SignInFailed, account.NoticeAppPasswordUse: account.AppPasswordNewClient,
	}[kind]
}

// Test is the letter that shows that mail works.
func (c *Composer) Test(address, language string) (Letter, error) {
	p := c.texts.Printer(time.UTC, language)
	s := sheet{Language: p.Tag(), Subject: p.T("mail.test.subject", "Host", c.url.Host),
		Lead: []string{p.T("mail.test.lead", "Host", c.url.Host)}, Footer: []string{p.T("mail.footer", "Host", c.url.Host)}}
	letter := Letter{To: address, Subject: s.Subject, Language: p.Tag(), Date: c.now()}
	letter.ID = messageID(account.Notice{Kind: "test", Address: address, Created: letter.Date}) + "@" + c.url.Hostname()
	var err error
	letter.Text, letter.HTML, err = s.print()
	return letter, err
}
