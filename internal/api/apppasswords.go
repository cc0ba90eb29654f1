package api

import (
	"context"
	"net/http"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// AppPassword is what a device signs in with, without the secret.
type AppPassword struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Scope     string     `json:"scope" doc:"What it opens: contacts, calendars, tasks, each with :ro when it may only be read." example:"contacts,calendars:ro"`
	Active    bool       `json:"active" doc:"Whether it signs in."`
	Created   *time.Time `json:"created"`
	Expires   *time.Time `json:"expires,omitempty"`
	Revoked   *time.Time `json:"revoked,omitempty"`
	LastUsed  *time.Time `json:"last_used,omitempty" doc:"Written every few minutes."`
	LastPlace string     `json:"last_place,omitempty" doc:"Network of the last use."`
	LastAgent string     `json:"last_agent,omitempty" doc:"Program of the last use."`
	Replaces  int64      `json:"replaces,omitempty" doc:"The one that ends when this one is first used."`
}

// NewAppPassword is an app password with its secret, which is shown this once.
type NewAppPassword struct {
	AppPassword
	Secret string `json:"secret" doc:"For the device. It is shown this once."`
}

type appPasswordsOutput struct {
	Body struct {
		AppPasswords []AppPassword `json:"app_passwords" doc:"Revoked and expired ones of the last 90 days too, the newest first."`
	}
}

type newAppPasswordOutput struct{ Body NewAppPassword }

type appPasswordInput struct {
	Body struct {
		Name    string     `json:"name" minLength:"1" maxLength:"64" doc:"What it is for, like: Ann's phone."`
		Scope   string     `json:"scope,omitempty" maxLength:"100" doc:"What it opens; everything by default." example:"contacts,calendars:ro,tasks"`
		Expires *time.Time `json:"expires,omitempty" doc:"When it ends; never by default."`
	}
}

// ByID names one thing in the path. It is exported because huma fills it where
// it is embedded.
type ByID struct {
	ID int64 `path:"id" minimum:"1"`
}

type replacementInput struct {
	ByID
	Body struct {
		Name string `json:"name,omitempty" maxLength:"64" doc:"A new name; the old one by default."`
	}
}

func (s *server) appPasswordOperations() {
	const tag, path = "App passwords", "/app-passwords"
	add(s, operation{method: http.MethodGet, path: path, id: "list-app-passwords", summary: "List app passwords", tag: tag}, s.appPasswords)
	add(s, operation{method: http.MethodPost, path: path, id: "create-app-password", summary: "Make an app password", tag: tag, needs: fresh, status: http.StatusCreated}, s.createAppPassword)
	add(s, operation{method: http.MethodDelete, path: path, id: "revoke-app-passwords", summary: "Revoke all app passwords", tag: tag,
		text: "The next request of each device is refused.", status: http.StatusNoContent}, s.revokeAppPasswords)
	add(s, operation{method: http.MethodDelete, path: path + "/{id}", id: "revoke-app-password", summary: "Revoke an app password", tag: tag,
		text: "The device's next request is refused.", status: http.StatusNoContent}, s.revokeAppPassword)
	add(s, operation{method: http.MethodPost, path: path + "/{id}/replacement", id: "replace-app-password", summary: "Set the device up again", tag: tag,
		text: "Makes a new app password for the same device, with its scope and its end. The old one ends when the new one is first used, or after a day.", needs: fresh, status: http.StatusCreated}, s.replaceAppPassword)
}

func (s *server) view(p store.AppPassword) AppPassword {
	return AppPassword{
		ID: p.ID, Name: p.Name, Scope: p.Scope.String(), Active: p.Active(s.Now().UnixMilli()), Created: when(p.Created), Expires: when(p.Expires),
		Revoked: when(p.Revoked), LastUsed: when(p.LastUsed), LastPlace: p.LastPlace, LastAgent: p.LastAgent, Replaces: p.Replaces,
	}
}

func (s *server) appPasswords(ctx context.Context, c *call, _ *nothing) (*appPasswordsOutput, error) {
	all, err := s.Accounts.AppPasswords(ctx, c.Person)
	out := &appPasswordsOutput{}
	out.Body.AppPasswords = views(all, s.view)
	return out, err
}

func (s *server) createAppPassword(ctx context.Context, c *call, in *appPasswordInput) (*newAppPasswordOutput, error) {
	want := account.NewAppPassword{Name: in.Body.Name, Scope: store.FullScope}
	if in.Body.Scope != "" {
		scope, err := store.ParseScope(in.Body.Scope)
		if err != nil {
			return nil, invalid("body.scope", "contacts, calendars and tasks, separated by commas, each with :ro to only read")
		}
		want.Scope = scope
	}
	if in.Body.Expires != nil {
		want.Expires = *in.Body.Expires
		if !want.Expires.After(s.Now()) {
			return nil, invalid("body.expires", "a time that has not passed")
		}
	}
	return s.issue(ctx, c, want)
}

func (s *server) issue(ctx context.Context, c *call, want account.NewAppPassword) (*newAppPasswordOutput, error) {
	secret, made, err := s.Accounts.CreateAppPassword(ctx, c.from, c.Person, want)
	return &newAppPasswordOutput{NewAppPassword{s.view(made), secret.Reveal()}}, err
}

func (s *server) replaceAppPassword(ctx context.Context, c *call, in *replacementInput) (*newAppPasswordOutput, error) {
	want, err := s.Accounts.SetUpAgain(ctx, c.Person, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Body.Name != "" {
		want.Name = in.Body.Name
	}
	return s.issue(ctx, c, want)
}

func (s *server) revokeAppPassword(ctx context.Context, c *call, in *ByID) (*nothing, error) {
	return nil, s.Accounts.RevokeAppPassword(ctx, c.from, c.Person, in.ID)
}

func (s *server) revokeAppPasswords(ctx context.Context, c *call, _ *nothing) (*nothing, error) {
	return nil, s.Accounts.RevokeAppPasswords(ctx, c.from, c.Person)
}
