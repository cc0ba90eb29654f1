package dedup

import "strings"

// mailbox is one e-mail address in comparable form.
type mailbox struct {
	key    string // what reaches the same person: RFC 5321 §2.4 leaves the local part to its host, all fold case
	local  string
	domain string
	shared bool // a desk's or a family's
}

// parseMail reads an EMAIL value: "mailto:" and "Name <box@host>" are unwrapped. ok is false without an "@".
func parseMail(value string) (mailbox, bool) {
	s := cleanMail(value)
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 {
		return mailbox{}, false
	}
	local, domain := s[:at], s[at+1:]
	if tag := strings.IndexByte(local, '+'); tag > 0 {
		local = local[:tag]
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return mailbox{key: local + "@" + domain, local: local, domain: domain, shared: isShared(local)}, true
}

// cleanMail is the mailbox alone in lower case, as it was written otherwise.
func cleanMail(value string) string {
	s := strings.TrimSpace(value)
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		if end := strings.IndexByte(s[open:], '>'); end > 1 {
			s = s[open+1 : open+end]
		}
	}
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.TrimPrefix(s, "mailto:")
}

// isShared finds the mailboxes of desks (info@, order-bern@) and of families (fam.muster@, themusters@, musterhome@).
func isShared(local string) bool {
	parts := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' })
	for i, part := range parts {
		if familyWords[part] || i == 0 && roleBoxes[part] {
			return true
		}
	}
	joined := strings.Join(parts, "")
	if len(parts) != 1 {
		return false
	}
	for _, w := range []string{"familie", "famille", "family", "famiglia", "familia", "haushalt"} {
		if strings.HasPrefix(joined, w) || strings.HasSuffix(joined, w) {
			return true
		}
	}
	return strings.HasPrefix(joined, "the") && strings.HasSuffix(joined, "s") && len(joined) >= 7 || strings.HasSuffix(joined, "home") && len(joined) > 6
}
