package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"ksync/internal/account"
	"ksync/internal/api"
	"ksync/internal/assistant"
	"ksync/internal/config"
	"ksync/internal/duplicates"
	"ksync/internal/httpd"
	"ksync/internal/web"
	"ksync/store"
)

type serveCmd struct {
	config.Settings `embed:""`
	Trace           []string `placeholder:"LOGIN" help:"Record what the devices of this account and the server say to each other, for support: one file in the data directory's traces, without passwords, but with contacts and events."`
}

// Run serves until SIGINT or SIGTERM. A second signal ends it at once.
func (c *serveCmd) Run(env *environment) error {
	if err := c.Check(); err != nil {
		return usageError{err}
	}
	logger := newLogger(env, c.Log)
	c.warn(logger)
	paceCollector()
	limitMemory(logger)
	ctx, stop := env.untilStopped(ends()...)
	defer stop()
	context.AfterFunc(ctx, stop)
	r := &running{c: c, env: env, logger: logger}
	return r.run(ctx)
}

// people is the service as the settings have it.
func (c *serveCmd) people(env *environment, o account.ServiceOptions) (*account.Service, error) {
	o.Throttle, o.Mail, o.OAuth = bool(c.Throttle), c.Mail.Host != "", oauthClients(c.OAuthClients)
	return newService(env, o, c.Location)
}

// oauthClients are those of the settings and kSync, unless they name it themselves.
func oauthClients(set []config.OAuthClient) []account.OAuthClient {
	var all []account.OAuthClient
	for _, c := range set {
		all = append(all, account.OAuthClient{ID: c.ID, Name: c.Name, RedirectURIs: c.Redirects})
	}
	if ksync := account.KSync(); !slices.ContainsFunc(set, func(c config.OAuthClient) bool { return c.ID == ksync.ID }) {
		all = append(all, ksync)
	}
	return all
}

// parts are what a handler is made of.
type parts struct {
	store      *store.Store
	gate       *account.Gate
	accounts   *account.Service
	helper     *assistant.Service  // nil in tests: nobody sets devices up
	duplicates *duplicates.Service // nil in tests: nobody asks for them
	ops        *operations         // nil in tests: nobody watches
}

func (c *serveCmd) handler(env *environment, p parts, logger *slog.Logger) (http.Handler, error) {
	pages, err := web.New(web.Options{
		Accounts: p.accounts, Duplicates: p.duplicates, Assistant: p.helper, Discovery: advice(p.helper, c.Offer), Store: p.store, Address: httpd.Address(origin(c.URL)), ViaHTTPS: httpd.ViaHTTPS, RequestID: httpd.RequestID, Export: p.everything(env), Href: collectionHref, Now: env.now, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	json := api.New(api.Options{
		Accounts: p.accounts, Store: p.store, Duplicates: p.duplicates, Assistant: p.helper, ViaHTTPS: httpd.ViaHTTPS, Token: pages.Token, Keep: pages.Keep, Drop: pages.Drop, Export: p.everything(env), Name: httpd.RequestID, Now: env.now, Logger: logger,
	})
	told, err := tellApps(c.Public, c.Offer)
	if err != nil {
		return nil, err
	}
	o := httpd.Options{
		API:       json,
		DAV:       p.ops.outer(newEngine(&c.Settings, p.store, watched{gate: p.gate, helper: p.helper}, logger)),
		Pages:     pages,
		Discovery: told,
		Ready:     p.store.Ping,
		Logger:    logger,
		Now:       env.now,
		Rand:      env.rand,
		Pace:      httpd.Pace{Body: c.Timeouts.Body.Std(), Write: c.Timeouts.Write.Std()},
		Crowd:     httpd.Crowd{All: c.Limits.Requests, PerAddress: c.Limits.PerAddress},
		Bodies:    int64(c.Limits.Bodies),
	}
	p.ops.tell(&o)
	for _, p := range c.TrustedProxies {
		if p.Unix {
			o.Proxies.Unix = true
		} else {
			o.Proxies.Networks = append(o.Proxies.Networks, p.Network)
		}
	}
	return httpd.New(o), nil
}

func (c *serveCmd) server(h http.Handler, certificate *httpd.Certificate, logger *slog.Logger) *httpd.Server {
	var speak *tls.Config
	if certificate != nil {
		speak = certificate.Config()
	}
	return &httpd.Server{
		Handler: h, TLS: speak, Logger: logger,
		HeaderTimeout: c.Timeouts.Header.Std(), IdleTimeout: c.Timeouts.Idle.Std(), StopTimeout: c.Timeouts.Stop.Std(),
		HeaderBytes: int(c.Limits.HeaderSize), Streams: c.Limits.Streams,
	}
}

// certificate returns nil when none is set.
func (c *serveCmd) certificate(env *environment, logger *slog.Logger) (*httpd.Certificate, error) {
	if !c.TLS() {
		return nil, nil
	}
	return httpd.LoadCertificate(c.TLSCert, c.TLSKey, logger, env.now)
}

func (c *serveCmd) told() told { return told{c.Public, c.Offer, c.Profiles} }

func (c *serveCmd) listen(ctx context.Context) ([]net.Listener, error) {
	listeners, err := httpd.Inherited()
	if err != nil || len(listeners) > 0 {
		return listeners, err
	}
	addresses := make([]string, len(c.Listen))
	for i, a := range c.Listen {
		addresses[i] = string(a)
	}
	return httpd.Listen(ctx, addresses)
}

func newLogger(env *environment, c config.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Level}
	var h slog.Handler = slog.NewTextHandler(env.err, o)
	if c.Format == "json" {
		h = slog.NewJSONHandler(env.err, o)
	}
	return slog.New(httpd.WithRequestID(h))
}

// warn tells about what works but was hardly meant.
func (c *serveCmd) warn(logger *slog.Logger) {
	for _, address := range c.Exposed() {
		logger.Warn("passwords cross the network unencrypted: set tls-cert and tls-key, or put a proxy with TLS in front and name it in trusted-proxies", "listen", address)
	}
	unknown, err := config.UnknownVariables(os.Environ())
	if err == nil && len(unknown) > 0 {
		logger.Warn("no setting has these variables; `ksyncd config` lists the settings", "variables", strings.Join(unknown, " "))
	}
	if !c.Throttle {
		logger.Warn("wrong passwords are not slowed down (throttle = off)")
	}
}
