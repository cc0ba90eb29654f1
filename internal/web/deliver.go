package web

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"ksync/internal/assistant"
)

// errInsecure: a password was asked for without https.
var errInsecure = errors.New("not by https")

// deliveryRoutes hand out profiles by ticket. Only GET does: what else looks at
// an address, like previews of messages, must not spend it. The page of a
// ticket spends nothing, so it may be looked at in any way.
func (s *Site) deliveryRoutes(r chi.Router) {
	if s.Assistant != nil {
		form(r, assistant.PathDelivery+"{ticket}", s.public(landingPage), s.public(showPassword))
		r.Get(assistant.PathDelivery+"{ticket}/{file}", s.public(deliverProfile))
	}
}

// deliverProfile is the download itself. It needs no cookie: browsers on phones
// ask again without theirs (config-assistant.md 3.2). Whatever the file is
// called in the address, it is the ticket's.
func deliverProfile(v *visit) error {
	v.deliveryHeaders()
	if !v.site.Assistant.Secure(v.r, v.site.ViaHTTPS) {
		return errInsecure
	}
	file, err := v.site.Assistant.Download(v.ctx(), v.from(), v.ticket())
	if err != nil {
		return err
	}
	file.ServeHTTP(v.w, v.r)
	return nil
}

// deliveryTrouble is what can go wrong with devices beside the rest.
func deliveryTrouble(err error) (trouble, bool) {
	switch {
	case errors.Is(err, errInsecure):
		return trouble{http.StatusForbidden, "insecure"}, true
	case errors.Is(err, assistant.ErrNoAddress):
		return trouble{http.StatusConflict, "no-address"}, true
	}
	return trouble{}, false
}
