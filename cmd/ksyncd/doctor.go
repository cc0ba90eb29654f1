package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ksync/internal/config"
	"ksync/internal/discovery"
	"ksync/internal/remote"
)

type doctorCmd struct {
	config.Location `embed:""`
	config.Public   `embed:""`
	Address         string `arg:"" optional:"" help:"Address of the server, or domain of the e-mail addresses. By default the url of the settings."`
	signIn          `embed:""`
	Domain          string `placeholder:"DOMAIN" help:"Domain of the e-mail addresses whose DNS should lead here. By default that of --user, or the host."`
	JSON            bool   `name:"json" help:"Print JSON."`
}

// Run looks at a server from outside. It needs no data directory: run it where
// a phone could be.
func (c *doctorCmd) Run(env *environment) error {
	address, domain, err := c.where(env.ctx)
	if err != nil {
		return err
	}
	o, err := c.options(env, address)
	if err != nil {
		return err
	}
	return examine(env, remote.CheckOptions{Options: o}, c.JSON, func(ctx context.Context, o remote.CheckOptions) []remote.Step {
		return remote.Diagnose(ctx, remote.DoctorOptions{CheckOptions: o, Domain: domain})
	})
}

// where finds out which server is meant, and whose domain leads to it.
func (c *doctorCmd) where(ctx context.Context) (address, domain string, err error) {
	domain = c.Domain
	if _, of, ok := strings.Cut(c.User, "@"); ok && domain == "" {
		domain = of
	}
	if domain != "" && discovery.CheckDomain(domain) != nil {
		return "", "", usageError{errors.New(domain + " is no domain")}
	}
	address = c.Address
	if address == "" {
		address = c.URL.String()
	}
	if address == "" {
		return "", "", usageError{errors.New("say which server: its address, a domain, or --url")}
	}
	if discovery.CheckDomain(address) != nil {
		return address, domain, nil // a URL, or nothing that ParseURL takes
	}
	if domain == "" {
		domain = address
	}
	found, err := remote.Find(ctx, remote.Options{User: c.User, Hosts: c.AllowHost}, address)
	if err != nil {
		return "", "", fmt.Errorf("DNS of %s: %w", address, howToAllow(err))
	}
	return found.String(), domain, nil
}
