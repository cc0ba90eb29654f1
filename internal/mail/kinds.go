package mail

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ksync/internal/account"
	"ksync/internal/i18n"
)

// kind is how the letter of one kind of notice is made up. Its words are in
// the catalogues, below mail. and the name of the kind.
type kind struct {
	facts  []string // keys below mail.fact., in the order of the letter
	action string   // key of what stands on the button, for letters with a link
	advice []string // keys of what to do
	done   bool     // has other words when the change is made than when it is asked for
	left   bool     // tells how many codes are left
}

// kinds has a row for each kind of notice.
func kinds() map[account.NoticeKind]kind {
	const notYou = "mail.not-you"
	return map[account.NoticeKind]kind{
		account.NoticeNewPlace:       {facts: []string{"account", "time", "place", "client"}, advice: []string{notYou}},
		account.NoticeWrongPassword:  {facts: []string{"account", "since", "time", "place", "client"}, advice: []string{"mail.wrong-password.advice"}},
		account.NoticeAppPassword:    {facts: []string{"name", "account", "time", "place", "client"}, advice: []string{notYou}},
		account.NoticeAppPasswordUse: {facts: []string{"name", "account", "time", "place", "client"}, advice: []string{notYou}},
		account.NoticePassword:       {facts: []string{"account", "time", "place", "client"}, advice: []string{notYou}},
		account.NoticeEmailOld:       {facts: []string{"new-address", "account", "time", "place", "client"}, advice: []string{notYou}, done: true},
		account.NoticeEmailNew:       {facts: []string{"account", "time"}},
		account.NoticeFactors:        {facts: []string{"name", "account", "time", "place", "client"}, advice: []string{notYou}},
		account.NoticeBackupCode:     {facts: []string{"account", "time", "place", "client"}, advice: []string{notYou}, left: true},
		account.NoticeDeletion:       {facts: []string{"until", "account", "time", "place", "client"}, advice: []string{"mail.deletion-requested.advice", notYou}},
		account.NoticeReset:          {facts: []string{"account", "until", "place", "client"}, action: "mail.reset-link.action", advice: []string{"mail.reset-link.advice"}},
		account.NoticeConfirmEmail:   {facts: []string{"account", "until"}, action: "mail.confirm-email-link.action", advice: []string{"mail.confirm-email-link.advice"}},
		account.NoticeInvitation:     {facts: []string{"by", "until"}, action: "mail.invitation-link.action", advice: []string{"mail.invitation-link.advice"}},
		account.NoticeDeviceLink:     {facts: []string{"name", "account", "until"}, action: "mail.device-link.action", advice: []string{"mail.device-link.advice"}},
	}
}

// facts are those of the kind that are known.
func facts(p *i18n.Printer, k kind, d account.NoticeData) []fact {
	values := map[string]string{
		"account": short(d.Login), "by": short(d.By), "new-address": short(d.NewAddress),
		"name": inert(d.Name), "place": inert(d.Place), "client": inert(p.Client(d.Client)),
		"time": at(p, d.At), "since": at(p, d.Since), "until": at(p, d.Until),
	}
	var known []fact
	for _, key := range k.facts {
		if values[key] != "" {
			known = append(known, fact{p.T("mail.fact." + key), values[key]})
		}
	}
	return known
}

// at is a time as a reader anywhere can place it: letters do not know where
// they are read.
func at(p *i18n.Printer, ms int64) string {
	if ms == 0 {
		return ""
	}
	t := time.UnixMilli(ms)
	return p.Time(t) + " " + t.In(p.Zone()).Format("MST")
}

// maxFact is how many characters others may put into a letter at one place.
const maxFact = 100

func short(s string) string {
	s = line(s)
	if utf8.RuneCountInString(s) > maxFact {
		s = string([]rune(s)[:maxFact]) + "…"
	}
	return s
}

// inert is [short] for what strangers may have chosen, like the name that a
// program gives itself: mail programs must find nothing to click in it.
func inert(s string) string {
	s = line(s) // first, or what nobody sees could part what is looked for
	s = short(strings.NewReplacer("://", " ", "@", " at ").Replace(s))
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		b.WriteRune(r)
		if r == '.' && i+1 < len(runes) && unicode.IsLetter(runes[i+1]) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
