package trace

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// masks are what is put for text that differs from one server to the next.
type masks struct {
	account string
	logins  []string // e-mail addresses only: a short login may stand in any word
	tokens  map[string]string
}

func newMasks(s Subject) *masks {
	m := &masks{account: strconv.FormatInt(s.Account, 10), tokens: map[string]string{}}
	for _, login := range s.Logins {
		if strings.Contains(login, "@") && !slices.Contains(m.logins, login) {
			m.logins = append(m.logins, login)
		}
	}
	return m
}

var (
	homes  = regexp.MustCompile(`(/dav/(?:principals|calendars|addressbooks)/)(\d+)\b`)
	origin = regexp.MustCompile(`^https?://([^/]+)`)
	// token is what the server makes up: sync tokens and ctags, ETags of
	// collections, names of members.
	token = regexp.MustCompile(`urn:ksync:[a-z]+:[A-Za-z0-9_:-]+|\b[0-9a-f]{16}-[0-9]+(?:-[0-9]+(?:v[34])?)?\b|\b[0-9a-f]{32}\.(?:ics|vcf)`)
	// passing is what is never the same again.
	passing = regexp.MustCompile(`(<(?:\w+:)?(?:getlastmodified|creationdate|resource-id><(?:\w+:)?href)>)[^<]+(<)`)
	// busy is what is the server's own, and of the moment, in an answer to free-busy-query.
	busy = regexp.MustCompile(`(?m)^(DTSTAMP:)\d{8}T\d{6}(Z)|^(UID:)[0-9a-f-]{36}((?:-\d{8}T\d{6}Z){2})`)
)

// asked masks what a client said. A token that no answer of this trace held
// stays as it is: to another server it is as unknown as it would be.
func (m *masks) asked(text string) string {
	text = token.ReplaceAllStringFunc(m.common(text), func(t string) string {
		if name, known := m.tokens[t]; known {
			return "{{" + name + "}}"
		}
		return t
	})
	return text
}

// place masks where this server is in a header that holds an address.
func (m *masks) place(text, host string) string {
	if found := origin.FindStringSubmatch(text); found != nil && found[1] == host {
		return "{{base}}" + text[len(found[0]):]
	}
	return text
}

// told masks what the server said. The first time that a token is told binds a
// variable.
func (m *masks) told(text string) string {
	fresh := map[string]bool{}
	text = token.ReplaceAllStringFunc(m.common(text), func(t string) string {
		name, known := m.tokens[t]
		switch {
		case fresh[t]:
			return "{{*}}" // the variable is bound once the answer was read
		case known:
			return "{{" + name + "}}"
		}
		name = "token" + strconv.Itoa(len(m.tokens)+1)
		m.tokens[t], fresh[t] = name, true
		return "{{" + name + ":=*}}"
	})
	if strings.Contains(text, "BEGIN:VFREEBUSY") {
		text = busy.ReplaceAllString(text, "$1$3{{*}}$2$4")
	}
	return passing.ReplaceAllString(text, "$1{{*}}$2")
}

func (m *masks) common(text string) string {
	text = homes.ReplaceAllStringFunc(text, func(s string) string {
		if before, ok := strings.CutSuffix(s, m.account); ok && strings.HasSuffix(before, "/") {
			return before + "{{account}}"
		}
		return s
	})
	for _, login := range m.logins {
		text = strings.ReplaceAll(text, login, "{{login}}")
	}
	return text
}
