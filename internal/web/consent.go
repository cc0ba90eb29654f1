package web

import (
	"errors"
	"net/http"
	"net/url"

	"ksync/internal/account"
)

// consent is what the page asks for before an app gets its own password.
type consent struct {
	entry
	Grant string
	Login string
	Flow  bool   // the app asked from where it is; nobody vouches for its name
	Agent string // what it calls itself
	Place string
}

// authorizeEntry is kSync's way in. RFC 6749 §4.1.1, RFC 7636 §4.3; clients.md 1.3.
func (s *Site) authorizeEntry(v *visit) (entry, error) {
	v.person = nil // whoever used this web view before, the walk begins with nobody
	client, err := s.accounts.CheckAuthorization(v.authorization())
	if err != nil {
		return entry{}, err
	}
	e := entry{
		Path: pathAuthorize, Query: v.r.URL.Query(), App: client.Name,
		intent: account.IntentGrant, end: endOf(v.authorization().RedirectURI),
	}
	e.done = func(v *visit, o account.Opened) error {
		if o.Account.NewPassword {
			return account.ErrNewPassword
		}
		return v.page("consent", consent{entry: e, Grant: o.Grant.Reveal(), Login: o.Account.Login})
	}
	return e, nil
}

func (v *visit) authorization() account.Authorization {
	q := v.r.URL.Query()
	return account.Authorization{
		ResponseType: q.Get("response_type"), ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"),
		CodeChallenge: q.Get("code_challenge"), CodeChallengeMethod: q.Get("code_challenge_method"), State: q.Get("state"),
	}
}

// endOf is what the policy of content must allow the walk to end at: one
// site where it is one, else all of the app's scheme. CSP3 §2.3.1 has no IPv6.
func endOf(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil {
		return ""
	}
	if u.Scheme == "https" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + ":"
}

// authorizeConsent sends the browser back to the app, with a code or a no.
func authorizeConsent(v *visit) error {
	return entryOf(v.site.authorizeEntry).with(v, func(e entry) error {
		if v.form.value("answer") != "yes" {
			target, err := v.site.accounts.Deny(v.authorization())
			return v.leave(target, err)
		}
		target, err := v.site.accounts.Authorize(v.ctx(), account.Secret(v.form.secret("grant")), v.authorization())
		if errors.Is(err, account.ErrLink) {
			v.wrong("", "too-late")
			return v.again("sign-in", step{entry: e})
		}
		return v.leave(target, err)
	})
}

// leave sends the browser to an app. The target is one of the client's own
// addresses, compared by the account package; it goes out byte for byte.
func (v *visit) leave(target string, err error) error {
	if err != nil {
		return err
	}
	v.w.Header().Set("Location", target)
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// flowEntry is the browser's side of Login Flow v2 (clients.md 1.9).
func (s *Site) flowEntry(v *visit) (entry, error) {
	asked, err := s.accounts.FlowRequest(v.ctx(), v.token())
	if err != nil {
		return entry{}, err
	}
	e := entry{Path: account.PathFlow + url.PathEscape(v.param("token")), App: v.Client(account.Client(asked.Agent)), intent: account.IntentGrant}
	if e.App == "" {
		e.App = v.T("flow.unnamed")
	}
	show := func(v *visit, grant account.Secret, login string) error {
		return v.page("consent", consent{entry: e, Grant: grant.Reveal(), Login: login, Flow: true, Agent: asked.Agent, Place: asked.Place})
	}
	e.done = func(v *visit, o account.Opened) error { return show(v, o.Grant, o.Account.Login) }
	e.known = func(v *visit) error {
		if !s.accounts.Fresh(*v.person) || v.person.Account.NewPassword {
			v.form.set("login", v.person.Account.Login)
			return v.page("sign-in", step{entry: e})
		}
		grant, err := s.accounts.Grant(v.ctx(), *v.person)
		if err != nil {
			return err
		}
		return show(v, grant, v.person.Account.Login)
	}
	return e, nil
}

// flowConsent grants the app its password, or not.
func flowConsent(v *visit) error {
	return entryOf(v.site.flowEntry).with(v, func(e entry) error {
		if v.form.value("answer") != "yes" {
			return v.page("flow-done", false)
		}
		err := v.site.accounts.ApproveFlow(v.ctx(), account.Secret(v.form.secret("grant")), v.token())
		if errors.Is(err, account.ErrLink) {
			v.wrong("", "too-late")
			return v.again("sign-in", step{entry: e})
		}
		if err != nil {
			return err
		}
		return v.page("flow-done", true)
	})
}
