package account

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxAuthorization bounds the header before it is decoded: 1 MB of password
// must not cost more than looking at its length.
const maxAuthorization = 1024

var (
	errNoCredentials  = errors.New("no credentials")
	errBadCredentials = errors.New("unreadable credentials")
)

// credentials are what a client sent in Basic.
type credentials struct {
	login    string // as sent, normalized
	decoded  string // the same with percent-encoding taken off
	password Secret
}

// readBasic reads the Authorization header. Schemes other than Basic count as
// no credentials: clients try them, nobody guesses passwords with them.
func readBasic(h http.Header) (credentials, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return credentials{}, errNoCredentials
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return credentials{}, errNoCredentials
	}
	if len(values) > 1 || len(token) > maxAuthorization {
		return credentials{}, errBadCredentials
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(token), "="))
	if err != nil {
		return credentials{}, errBadCredentials
	}
	return splitBasic(text(raw))
}

// splitBasic parts login and password at the first colon.
// RFC 7617 §2: the user-id has no colon, the password may.
func splitBasic(s string) (credentials, error) {
	login, password, ok := strings.Cut(s, ":")
	if !ok || login == "" || password == "" || strings.ContainsFunc(s, unicode.IsControl) {
		return credentials{}, errBadCredentials
	}
	c := credentials{login: NormalizeLogin(login), password: Secret(password)}
	c.decoded = c.login
	if !strings.Contains(login, "%") {
		return c, nil
	}
	// iOS 18.4 and later send user%40example.org.
	if decoded, err := url.PathUnescape(login); err == nil && utf8.ValidString(decoded) && !strings.ContainsFunc(decoded, unicode.IsControl) {
		c.decoded = NormalizeLogin(decoded)
	}
	return c, nil
}

// text reads bytes as UTF-8, which we ask for (RFC 7617 §2.1), or else as
// Latin-1, which older clients send all the same.
func text(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	runes := make([]rune, len(raw))
	for i, b := range raw {
		runes[i] = rune(b)
	}
	return string(runes)
}

// NormalizeLogin is the form in which logins and e-mail addresses are stored
// and compared.
func NormalizeLogin(login string) string {
	if isNormal(login) {
		return login
	}
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(login)))
}

// isNormal sees at once that most logins, which come with every request, are
// in that form: small letters, digits and signs of ASCII.
func isNormal(login string) bool {
	for i := range len(login) {
		if c := login[i]; c <= ' ' || c >= 0x7f || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}
