package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ksync/internal/assistant"
	"ksync/internal/config"
	"ksync/internal/httpd"
	"ksync/internal/profile"
)

// told is the settings that devices are told, and that profiles are made with.
type told struct {
	config.Public
	config.Offer
	config.Profiles
}

// settings checks them by the rules of what devices take.
func (t told) settings() (assistant.Settings, error) {
	s := assistant.Settings{URL: origin(t.URL), Name: t.ServiceName, Organization: t.Organization}
	if t.IMAPHost != "" {
		s.Mail = &assistant.MailSettings{
			IMAP: profile.MailServer{Host: t.IMAPHost, Port: t.IMAPPort}, SMTP: profile.MailServer{Host: t.SMTPHost, Port: t.SMTPPort}, Domains: t.MailboxDomains,
		}
	}
	var err error
	if s.Consent, err = readConsent(t.Consent); err != nil {
		return assistant.Settings{}, fmt.Errorf("profile-consent: %w", err)
	}
	return s, s.Check()
}

// readConsent reads one text, or one for each language.
func readConsent(name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(filepath.Ext(name), ".json") {
		return map[string]string{"default": string(data)}, nil
	}
	var texts map[string]string
	if err := json.Unmarshal(data, &texts); err != nil {
		return nil, fmt.Errorf("%s: is no JSON of languages and texts: %w", name, err)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s: has no text", name)
	}
	return texts, nil
}

// signer signs with the pair for it, or else with that of TLS; nil when it is
// off. A pair that was given for it must be able to.
func (t told) signer(own *httpd.Certificate, logger *slog.Logger, now func() time.Time) (*profile.Signer, error) {
	if !t.Sign {
		return nil, nil
	}
	s := &profile.Signer{Now: now}
	switch {
	case t.Cert != "":
		pair, err := httpd.LoadCertificate(t.Cert, t.Key, logger, now)
		if err != nil {
			return nil, fmt.Errorf("profile-cert: %w", err)
		}
		if err := profile.CheckPair(pair.Current()); err != nil {
			return nil, fmt.Errorf("profile-cert: %w", err)
		}
		s.Source = pair.Current
	case own != nil:
		s.Source = own.Current
	}
	return s, nil
}

// profiles is how a server makes them: of what, and signed by whom.
func (t told) profiles(own *httpd.Certificate, logger *slog.Logger, now func() time.Time) (assistant.Settings, *profile.Signer, error) {
	settings, err := t.settings()
	if err != nil {
		return settings, nil, err
	}
	signer, err := t.signer(own, logger, now)
	if err != nil {
		return settings, nil, err
	}
	warnSignature(signer, logger)
	return settings, signer, nil
}

// warnSignature tells how devices will see profiles, when they will not see
// them as verified although somebody wants them signed.
func warnSignature(s *profile.Signer, logger *slog.Logger) {
	if state := s.State(); state.Reason != nil {
		logger.Warn("profiles for Apple's devices", "signature", string(state.Label), "err", state.Reason)
	}
}
