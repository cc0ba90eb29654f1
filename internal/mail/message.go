package mail

import (
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// message puts a letter into the form of RFC 5322.
func message(from netmail.Address, l Letter) (*gomail.Msg, error) {
	to, err := bareAddress(l.To)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(&from)
	m.ToMailAddress(&netmail.Address{Address: to})
	m.Subject(line(l.Subject))
	m.SetDateWithValue(l.Date)
	m.SetMessageIDWithValue(line(l.ID))
	m.SetGenHeader("Content-Language", l.Language)
	// RFC 3834 §5: keeps vacation programs from answering; the other is what Exchange looks at.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	return m, nil
}

// maxAddress is the longest path of RFC 5321 §4.5.3.1.3, without its brackets.
const maxAddress = 254

// bareAddress checks that a text is one address and nothing else: no name, no
// list, no comment, nothing that ends a line.
func bareAddress(s string) (string, error) {
	if len(s) > maxAddress || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ',' || r == '"' }) {
		return "", fmt.Errorf("no usable address")
	}
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return "", fmt.Errorf("no usable address")
	}
	return a.Address, nil
}

// line makes one line of a text, without characters that nobody sees.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar: // control, format (also those that turn the direction), private
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
