package web

import (
	"net/url"
	"regexp"
)

var secretOnPage = regexp.MustCompile(`id="totp-secret"[^>]*>([A-Z2-7 ]+)<`)

// enrol sets up an authenticator app for ann and returns its secret.
func (h house) enrol() string {
	h.Helper()
	p := h.person()
	p.signIn("")
	a := p.get(pathTOTP)
	found := secretOnPage.FindStringSubmatch(a.body)
	if found == nil {
		h.Fatalf("no secret: %d\n%s", a.status, text(a.body))
	}
	a = p.follow(p.post(pathTOTP, url.Values{"form": {hidden(h.T, a, "form")}, "ticket": {hidden(h.T, a, "ticket")}, "code": {h.oneTimeCode(found[1])}}))
	p.says(a, "Your backup codes")
	return found[1]
}
