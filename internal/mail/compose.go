package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/internal/i18n"
)

// Composer writes letters. It may be used by any number of goroutines.
type Composer struct {
	texts *i18n.Catalogue
	url   *url.URL
	now   func() time.Time
}

// NewComposer makes a composer for the server at the public address. It comes
// from the settings, never from a request.
func NewComposer(texts *i18n.Catalogue, public *url.URL, now func() time.Time) *Composer {
	return &Composer{texts: texts, url: public, now: now}
}

// Compose writes the letter of a notice. The error is [ErrRefused] when there
// can be none: it will be no better next time.
func (c *Composer) Compose(n account.Notice) (Letter, error) {
	k, known := kinds()[n.Kind]
	if !known {
		return Letter{}, fmt.Errorf("%w: no letter for %q", ErrRefused, n.Kind)
	}
	if k.action != "" && !c.ours(n.Data.Link) {
		return Letter{}, fmt.Errorf("%w: a link that does not start with the public address", ErrRefused)
	}
	p := c.texts.Printer(zoneOf(n.Data), n.Locale)
	s := c.sheet(p, k, n)
	letter := Letter{
		ID: messageID(n) + "@" + c.url.Hostname(), To: n.Address, Subject: s.Subject,
		Language: p.Tag(), Date: c.now(),
	}
	var err error
	letter.Text, letter.HTML, err = s.print()
	return letter, err
}

// zoneOf is where the reader's clocks are.
func zoneOf(d account.NoticeData) *time.Location {
	zone, err := time.LoadLocation(d.TimeZone)
	if err != nil {
		return time.UTC // a name that this machine no longer knows
	}
	return zone
}

// ours reports whether a link leads to this server.
func (c *Composer) ours(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Scheme == c.url.Scheme && u.Host == c.url.Host && u.User == nil && !strings.ContainsFunc(link, notInLink)
}

func notInLink(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }

// messageID is the same for each try, so that a letter that was taken over
// twice can be recognised, and tells nothing.
func messageID(n account.Notice) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%d|%d", n.Kind, n.Account, n.ID, n.Created.UnixMilli()))
	return hex.EncodeToString(sum[:16])
}

// sheet is what a letter says, before it has a form.
type sheet struct {
	Language string
	Subject  string
	Lead     []string
	Facts    []fact
	Action   string // on the button
	Link     string
	Advice   []string
	Footer   []string
}

type fact struct{ Label, Value string }

func (c *Composer) sheet(p *i18n.Printer, k kind, n account.Notice) sheet {
	key := "mail." + string(n.Kind)
	if k.done && n.Data.Done {
		key += "-done"
	}
	s := sheet{Language: p.Tag(), Subject: p.T(key+".subject", "Host", c.url.Host), Facts: facts(p, k, n.Data)}
	s.Lead = append(s.Lead, changeText(p, n.Data.Change))
	if s.Lead[0] == "" {
		s.Lead[0] = p.T(key+".lead", "Host", c.url.Host, i18n.Count, n.Data.Count)
	}
	if k.left {
		s.Lead = append(s.Lead, p.T(key+".left", i18n.Count, n.Data.Left))
	}
	if k.action != "" {
		s.Action, s.Link = p.T(k.action), n.Data.Link
	}
	for _, advice := range k.advice {
		s.Advice = append(s.Advice, p.T(advice, "URL", c.url.String(), "Activity", p.T("nav.activity"), "NotMe", p.T("activity.not-me")))
	}
	if n.Reference != "" {
		s.Footer = append(s.Footer, p.T("mail.reference", "Reference", line(n.Reference), "Activity", p.T("nav.activity")))
	}
	s.Footer = append(s.Footer, p.T("mail.footer", "Host", c.url.Host))
	return s
}

// changeText says what became of a second factor; "" for every other change,
// of which the letter's own words say enough.
func changeText(p *i18n.Printer, change account.ActivityKind) string {
	if key := "mail.change." + string(change); p.Has(key) {
		return p.T(key)
	}
	return ""
}
