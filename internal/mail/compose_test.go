package mail_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/account"
	"ksync/internal/i18n"
	"ksync/internal/mail"
	"ksync/internal/mail/mailtest"
)

const public = "https://sync.example.org/"

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func composer(t *testing.T) *mail.Composer {
	t.Helper()
	u, err := url.Parse(public)
	if err != nil {
		t.Fatal(err)
	}
	return mail.NewComposer(i18n.Load(), u, noon)
}

// parsed is a letter as a mail program takes it apart.
type parsed struct {
	header     netmail.Header
	subject    string
	text, html string
}

func parse(t *testing.T, data string) parsed {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q: %v", m.Header.Get("Content-Type"), err)
	}
	p := parsed{header: m.Header, subject: subject}
	parts := multipart.NewReader(m.Body, params["boundary"])
	var order []string
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" {
			t.Fatalf("encoding %q", encoding)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, part.Header.Get("Content-Type"))
		if len(order) == 1 {
			p.text = string(body)
		} else {
			p.html = string(body)
		}
	}
	if !slices.Equal(order, []string{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"}) {
		t.Fatalf("parts %q", order)
	}
	return p
}

func TestLetters_EachKindInEachLanguageArrives(t *testing.T) {
	t.Parallel()
	c := composer(t)
	s := new(mailtest.Server).Start(t, mail.StartTLS)
	sender := newSMTP(t, s.Options(mail.StartTLS))
	seen := map[string]string{}
	for _, language := range i18n.Languages() {
		for _, kind := range mail.Kinds() {
			n := c.Sample(kind, "ann@example.org", language.Tag)
			l, err := c.Compose(n)
			if err != nil {
				t.Fatal(kind, err)
			}
			if err := sender.Send(t.Context(), l); err != nil {
				t.Fatal(kind, err)
			}
			all := s.Letters()
			got := parse(t, all[len(all)-1].Data)
			name := fmt.Sprintf("%s in %s", kind, language.Tag)
			checkLetter(t, name, n, l, got)
			if got.header.Get("Content-Language") != language.Tag {
				t.Errorf("%s: language %q", name, got.header.Get("Content-Language"))
			}
			if other := seen[got.text]; other != "" {
				t.Errorf("%s says the same as %s", name, other)
			}
			seen[got.text] = name
		}
	}
	if want := len(mail.Kinds()) * 5; len(s.Letters()) != want {
		t.Errorf("received %d letters, want %d", len(s.Letters()), want)
	}
}

func unfinished() *regexp.Regexp { return regexp.MustCompile(`<no value>|\{\{|mail\.[a-z]|%!`) }

func checkLetter(t *testing.T, name string, n account.Notice, sent mail.Letter, got parsed) {
	t.Helper()
	for header, want := range map[string]string{
		"From": `"Example Sync" <sync@example.org>`, "To": "<ann@example.org>", "Auto-Submitted": "auto-generated",
		"Date": "Sat, 21 Nov 2026 12:00:00 +0000", "Message-Id": "<" + sent.ID + ">", "Mime-Version": "1.0",
		"User-Agent": "", "X-Mailer": "", "Precedence": "", "List-Unsubscribe": "", "List-Id": "", "Reply-To": "",
	} {
		if got.header.Get(header) != want {
			t.Errorf("%s: %s is %q, want %q", name, header, got.header.Get(header), want)
		}
	}
	if got.subject == "" || len([]rune(got.subject)) > 60 {
		t.Errorf("%s: subject %q", name, got.subject)
	}
	for form, body := range map[string]string{"text": got.text, "HTML": got.html} {
		if found := unfinished().FindString(body); found != "" {
			t.Errorf("%s, %s: unfinished %q in\n%s", name, form, found, body)
		}
		if !strings.Contains(body, n.Reference) {
			t.Errorf("%s, %s: no reference", name, form)
		}
		if strings.Contains(string(n.Kind), "-link") != strings.Contains(body, n.Data.Link) {
			t.Errorf("%s, %s: link where there should be none, or the other way round\n%s", name, form, body)
		}
	}
	if !strings.Contains(string(n.Kind), "-link") && strings.Contains(got.html, "href") {
		t.Errorf("%s: a notice must have nothing to click", name)
	}
	for text := range strings.Lines(got.text) {
		if len([]rune(text)) > 120 {
			t.Errorf("%s: long line %q", name, text)
		}
	}
}

func TestCompose_WordsOfOneAndOfMany(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for _, language := range i18n.Languages() {
		var texts []string
		for _, count := range []int64{1, 2, 12345} {
			n := c.Sample(account.NoticeWrongPassword, "ann@example.org", language.Tag)
			n.Data.Count = count
			l, err := c.Compose(n)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, l.Text)
		}
		if texts[0] == texts[1] || !strings.Contains(texts[2], "12") || !strings.Contains(texts[2], "345") {
			t.Errorf("%s: %q", language.Tag, texts)
		}
	}
}

func TestCompose_EveryChangeOfAFactorHasItsWords(t *testing.T) {
	t.Parallel()
	c := composer(t)
	texts := map[string]account.ActivityKind{}
	for _, change := range []account.ActivityKind{
		account.TOTPAdded, account.TOTPRemoved, account.PasskeyAdded, account.PasskeyRemoved, account.PasskeyRefused, account.BackupCodesMade, account.FactorsRemoved,
	} {
		n := c.Sample(account.NoticeFactors, "ann@example.org", "fr")
		n.Data.Change = change
		l, err := c.Compose(n)
		if err != nil || texts[l.Text] != "" {
			t.Errorf("%s reads as %s (%v)", change, texts[l.Text], err)
		}
		texts[l.Text] = change
	}
}

// A letter about a password once said that a second factor was changed.
func TestCompose_WhatHappenedIsThatOfItsKind(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for _, kind := range mail.Kinds() {
		n := c.Sample(kind, "ann@example.org", "en")
		var plain string
		for _, change := range []account.ActivityKind{
			"", account.PasswordChanged, account.PasswordReset, account.SignInFailed, account.SecondFactorFailed, account.DeviceDenied,
			account.AppPasswordFirstUsed, account.AppPasswordNewClient,
		} {
			n.Data.Change = change
			l, err := c.Compose(n)
			if err != nil {
				t.Fatal(kind, err)
			}
			if plain == "" {
				plain = l.Text
			}
			if diff := cmp.Diff(plain, l.Text); diff != "" {
				t.Errorf("%s after %s (-without +got):\n%s", kind, change, diff)
			}
		}
		if factor := "A second factor of your account was changed."; strings.Contains(plain, factor) != (kind == account.NoticeFactors) {
			t.Errorf("%s:\n%s", kind, plain)
		}
	}
}

// Forged addresses never reach a letter: links come from account, and this is
// the second lock.
func TestCompose_LinkMustLeadHere(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for _, link := range []string{
		"", "/reset/abc", "https://evil.example/reset/abc", "http://sync.example.org/reset/abc", "https://sync.example.org.evil.example/x",
		"https://sync.example.org@evil.example/", "https://sync.example.org:444/x", "javascript:alert(1)", "https://sync.example.org/a\r\nb", "//sync.example.org/x",
		"https://user@sync.example.org/x", "https://sync.example.org/\"onclick=x",
	} {
		n := c.Sample(account.NoticeReset, "ann@example.org", "en")
		n.Data.Link = link
		if _, err := c.Compose(n); !errors.Is(err, mail.ErrRefused) {
			t.Errorf("%q: got %v", link, err)
		}
	}
}

func TestCompose_NamesOfStrangersDoNothing(t *testing.T) {
	t.Parallel()
	c := composer(t)
	n := c.Sample(account.NoticeAppPassword, "ann@example.org", "en")
	n.Data.Name = "Call https://evil.example/?a@b.example now\r\nBcc: x@example.org\r\n\r\n<script>alert(1)</script>\u202etxt.exe\x00" + strings.Repeat("x", 500)
	n.Data.Client = "www.evil.example <b> https:/\u200b/evil"
	l, err := c.Compose(n)
	if err != nil {
		t.Fatal(err)
	}
	for form, body := range map[string]string{"text": l.Text, "HTML": l.HTML} {
		for _, bad := range []string{"https://evil", "evil.example", "b.example", "\nBcc", "\u202e", "\x00", strings.Repeat("x", 120)} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %q in\n%s", form, bad, body)
			}
		}
	}
	if strings.Contains(l.HTML, "<script") || strings.Contains(l.HTML, "<b>") {
		t.Errorf("HTML of strangers in\n%s", l.HTML)
	}
	if strings.ContainsAny(l.Subject, "\r\n") || strings.Contains(l.Subject, "evil") {
		t.Errorf("subject %q", l.Subject)
	}
}

func TestCompose_HeadersHoldWhateverStandsInThem(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	l := letter()
	l.Subject, l.ID = "Hi\r\nBcc: x@example.org\r\n\r\nbody \u202e", "a\r\nX-Evil: 1@sync.example.org"
	from := netmail.Address{Name: "Your Bank\r\nX-Evil: 1", Address: "sync@example.org"}
	if err := (mail.Preview{From: from, W: &b}).Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	got := parse(t, b.String())
	if got.header.Get("Bcc") != "" || got.header.Get("X-Evil") != "" || strings.ContainsAny(got.subject, "\r\n") || !strings.Contains(got.text, "Text") {
		t.Errorf("headers %v\nsubject %q", got.header, got.subject)
	}
}

func TestCompose_MessageIDIsThatOfTheNotice(t *testing.T) {
	t.Parallel()
	c := composer(t)
	compose := func(id int64) string {
		n := c.Sample(account.NoticePassword, "ann@example.org", "en")
		n.ID = id
		n.Attempts = int(id)
		l, err := c.Compose(n)
		if err != nil {
			t.Fatal(err)
		}
		return l.ID
	}
	first, again, other := compose(1), compose(1), compose(2)
	if first != again || first == other || !strings.HasSuffix(first, "@sync.example.org") {
		t.Errorf("got %q, %q, %q", first, again, other)
	}
}

func TestCompose_UnknownKind(t *testing.T) {
	t.Parallel()
	c := composer(t)
	if _, err := c.Compose(c.Sample("from-the-future", "ann@example.org", "en")); !errors.Is(err, mail.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func TestTest_ArrivesInTheLanguage(t *testing.T) {
	t.Parallel()
	l, err := composer(t).Test("ann@example.org", "it")
	if err != nil || l.Language != "it" || unfinished().MatchString(strings.ReplaceAll(l.Text, "ksyncd mail test", "")) {
		t.Errorf("%v\n%s", err, l.Text)
	}
}

func TestCompose_TimesAreThoseOfTheReader(t *testing.T) {
	t.Parallel()
	c := composer(t)
	for zone, want := range map[string]string{
		"": "21. November 2026, 12:00 UTC", "Europe/Zurich": "21. November 2026, 13:00 CET", "Asia/Kathmandu": "21. November 2026, 17:45 +0545",
		"Nowhere/Else": "21. November 2026, 12:00 UTC", "../../etc/passwd": "21. November 2026, 12:00 UTC",
	} {
		n := c.Sample(account.NoticePassword, "ann@example.org", "de")
		n.Data.TimeZone = zone
		if l, err := c.Compose(n); err != nil || !strings.Contains(l.Text, want) {
			t.Errorf("%q: no %q in\n%s", zone, want, l.Text)
		}
	}
}

// Whatever others choose to be called stays one short line with nothing to
// click, and an address is one address.
func FuzzCompose(f *testing.F) {
	f.Add("Phone", "ann@example.org", "Firefox on Windows")
	f.Add("x\r\nBcc: y@example.org", "a@b, c@d", "https://evil.example/\u202e")
	u, err := url.Parse(public)
	if err != nil {
		f.Fatal(err)
	}
	c := mail.NewComposer(i18n.Load(), u, noon)
	f.Fuzz(func(t *testing.T, name, address, client string) {
		n := c.Sample(account.NoticeAppPassword, address, "en")
		n.Data.Login, n.Data.Name, n.Data.Client = "ann", name, client
		l, err := c.Compose(n)
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(l.Text, "\n"); lines > 20 || len([]rune(l.Text)) > 2000 {
			t.Errorf("%d lines of %d bytes", lines, len(l.Text))
		}
		if strings.Count(l.Text, "://") != 1 {
			t.Errorf("another address than ours in\n%s", l.Text)
		}
		var b strings.Builder
		if err := (mail.Preview{From: netmail.Address{Address: "sync@example.org"}, W: &b}).Send(t.Context(), l); err != nil {
			return // no address that a letter could go to
		}
		got := parse(t, b.String())
		if to, err := got.header.AddressList("To"); err != nil || len(to) != 1 || got.header.Get("Bcc") != "" || got.text != strings.ReplaceAll(l.Text, "\n", "\r\n") {
			t.Errorf("to %v, %v\n%s", to, err, b.String())
		}
	})
}
