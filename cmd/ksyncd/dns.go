package main

import (
	"fmt"

	"ksync/internal/config"
	"ksync/internal/discovery"
	"ksync/internal/i18n"
)

type dnsCmd struct {
	config.Location `embed:""`
	config.Public   `embed:""`
	config.Offer    `embed:""`
	Domain          string `arg:"" help:"Domain of the e-mail addresses, like example.org."`
	Language        string `placeholder:"TAG" default:"en" help:"Language of the comments: en, de, es, fr or it."`
	JSON            bool   `name:"json" help:"Print JSON."`
}

// Run prints what to add to the zone of a domain. It changes and asks nothing.
func (c *dnsCmd) Run(env *environment) error {
	if c.URL.Host == "" {
		return errNoURL
	}
	if err := c.CheckOffer(); err != nil {
		return usageError{err}
	}
	service := published(c.Public, c.Offer)
	if err := service.Check(); err != nil {
		return usageError{err}
	}
	records, err := service.Records(c.Domain)
	if err != nil {
		return usageError{err}
	}
	words := i18n.Load().Printer(nil, c.Language)
	why := func(purpose string) string { return words.T("dns.why." + purpose) }
	if c.JSON {
		return printJSON(env, described(records, why))
	}
	if _, err := fmt.Fprintf(env.out, "; %s\n", words.T("dns.head", "Domain", c.Domain, "Server", c.URL.String())); err != nil {
		return err
	}
	return discovery.WriteZone(env.out, records, why)
}

// dnsRecord is a record with what can be computed from it.
type dnsRecord struct {
	discovery.Record
	Data string `json:"data"` // what stands behind the type in a zone file
	Why  string `json:"why"`
}

func described(records []discovery.Record, why func(purpose string) string) []dnsRecord {
	all := make([]dnsRecord, len(records))
	for i, r := range records {
		all[i] = dnsRecord{r, r.Data(), why(r.Purpose)}
	}
	return all
}
