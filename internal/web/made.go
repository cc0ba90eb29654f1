package web

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"ksync/internal/account"
)

// What a form makes and a page shows once, app passwords, backup codes and
// invitations, goes this way: the form carries a name (account.Visit.Form), the handler makes the
// secret, and the browser is sent on to a page that shows it and cannot show it
// again. So neither a reload, nor the way back, nor a second click makes another.

// formField is the hidden field with the name of a form.
const formField = "form"

// errShown is for what was shown before.
var errShown = errors.New("it was shown before")

// once makes the handler of a form that must not be carried out twice.
func once(made string, h handler) handler {
	return func(v *visit) error {
		name := v.form.value(formField)
		if name == "" {
			return errForm
		}
		err := h(v)
		if errors.Is(err, account.ErrRepeated) {
			return v.to(made + "/" + name) // for whoever clicked twice and saw nothing yet
		}
		return err
	}
}

// showsOnce adds the page that shows what a form at the path made.
func (s *Site) showsOnce(r chi.Router, path string, to func(handler) http.HandlerFunc, show func(*visit, account.Made) error) {
	r.Get(path+"/{form}", to(func(v *visit) error { // no HEAD: it would use up the one time
		made, err := s.accounts.Made(v.ctx(), *v.person, v.param("form"))
		if errors.Is(err, account.ErrLink) {
			return errShown
		}
		if err != nil {
			return err
		}
		v.fleeting = true // coming back here, in another language say, would find it gone
		return show(v, made)
	}))
}

// toMade leads to what the form of this visit made.
func (v *visit) toMade(path string) error { return v.to(path + "/" + v.form.value(formField)) }

// nameForm gives a form its name, to come back in a hidden field.
func (v *visit) nameForm() error {
	name, err := v.site.accounts.NewForm()
	v.form.set(formField, name)
	return err
}
