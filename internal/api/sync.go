package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"ksync/internal/account"
	"ksync/internal/assistant"
)

// The apps of the same vendor as kSync fetch a profile, and what a connection
// is made of, with the access token of their sign-in (clients.md 1.8). It opens
// nothing else here, and their sessions and cookies open nothing there.

type tokenKey struct{}

// bearing lets requests through whose access token is good, on whatever route.
func (s *server) bearing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(token) == "" {
			s.refuse("no-token")(w, r)
			return
		}
		if _, err := s.Accounts.Bearer(r.Context(), account.Secret(strings.TrimSpace(token))); err != nil {
			s.tokenProblem(r.Context(), err).write(w)
			return
		}
		c := &appCall{token: account.Secret(strings.TrimSpace(token)), w: w, r: r}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tokenKey{}, c)))
	})
}

// appCall is one request of an app with a token.
type appCall struct {
	token account.Secret
	w     http.ResponseWriter
	r     *http.Request
}

type syncProfileInput struct {
	CardDAV  int    `query:"carddav" minimum:"0" maximum:"1" doc:"1 for contacts."`
	CalDAV   int    `query:"caldav" minimum:"0" maximum:"1" doc:"1 for calendars and tasks."`
	IMAP     int    `query:"imap" minimum:"0" maximum:"1" doc:"1 for mail, where the server offers it."`
	Language string `header:"Accept-Language" doc:"Of the texts in the profile; that of the account goes first."`
}

// SyncConnection is how a device reaches the server.
type SyncConnection struct {
	URL   string       `json:"url" doc:"Base address, which is all that most apps need." example:"https://sync.example.org/"`
	Host  string       `json:"host"`
	Port  int          `json:"port"`
	Login string       `json:"login"`
	Mail  *SyncMailbox `json:"mail,omitempty" doc:"Where the server offers it."`
}

// SyncMailbox is the same for mail.
type SyncMailbox struct {
	Address  string `json:"address"`
	Login    string `json:"login"`
	IMAPHost string `json:"imap_host"`
	IMAPPort int    `json:"imap_port"`
	SMTPHost string `json:"smtp_host"`
	SMTPPort int    `json:"smtp_port"`
}

type syncConnectionOutput struct {
	Body struct {
		Result string         `json:"result" example:"success"`
		Data   SyncConnection `json:"data"`
	}
}

func (s *server) syncOperations() {
	const tag = "Apps"
	addForApps(s, operation{method: http.MethodGet, path: "/sync/dav/download", id: "download-sync-profile", summary: "Download a profile", tag: tag,
		text: "For Apple's systems, without a password: the device asks for an app password.", kind: mobileconfig}, s.syncProfile)
	addForApps(s, operation{method: http.MethodGet, path: "/sync-connection", id: "get-sync-connection", summary: "Show how devices reach the server", tag: tag}, s.syncConnection)
}

// addForApps is add for operations that take an access token.
func addForApps[I, O any](s *server, op operation, run func(ctx context.Context, c *appCall, in *I) (*O, error)) {
	d := s.describe(op)
	d.Path = root + op.path
	d.Security = []map[string][]string{{"token": {}}}
	huma.Register(s.apps, d, func(ctx context.Context, in *I) (*O, error) {
		out, err := run(ctx, ctx.Value(tokenKey{}).(*appCall), in)
		if err != nil {
			return nil, s.tokenProblem(ctx, err)
		}
		return out, nil
	})
}

func (s *server) syncProfile(ctx context.Context, c *appCall, in *syncProfileInput) (*huma.StreamResponse, error) {
	if err := s.secure(c.r); err != nil {
		return nil, err
	}
	var data []assistant.Data
	for _, wish := range []struct {
		on   int
		data []assistant.Data
	}{{in.CardDAV, []assistant.Data{assistant.Contacts}}, {in.CalDAV, []assistant.Data{assistant.Calendars, assistant.Tasks}}, {in.IMAP, []assistant.Data{assistant.Mail}}} {
		if wish.on == 1 {
			data = append(data, wish.data...)
		}
	}
	file, err := s.Assistant.BearerProfile(ctx, c.token, data, in.Language)
	return stream(c.w, c.r, file), err
}

func (s *server) syncConnection(ctx context.Context, c *appCall, _ *nothing) (*syncConnectionOutput, error) {
	found, err := s.Assistant.BearerConnection(ctx, c.token)
	out := &syncConnectionOutput{}
	out.Body.Result, out.Body.Data = "success", SyncConnection{URL: found.URL, Host: found.Host, Port: found.Port, Login: found.Login}
	if m := found.Mail; m != nil {
		out.Body.Data.Mail = &SyncMailbox{m.Address, m.Login, m.IMAP.Host, m.IMAP.Port, m.SMTP.Host, m.SMTP.Port}
	}
	return out, err
}
