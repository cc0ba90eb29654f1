package profile

import (
	"fmt"
	"time"

	"howett.net/plist"
)

// MediaType and Extension are how a profile is handed out.
const (
	MediaType = "application/x-apple-aspen-config"
	Extension = ".mobileconfig"
)

// Target is the kind of device that a profile is for. Naming it keeps a phone
// from asking whether its watch is meant.
type Target int

// The targets, as Apple numbers them.
const (
	AnyDevice Target = 0
	Phone     Target = 1 // and iPad
	Mac       Target = 5
	Vision    Target = 6
)

// Text is what a person reads about a profile or a payload before installing.
type Text struct {
	Name        string
	Description string
}

// Secret is a password that does not print itself.
type Secret interface{ Reveal() string }

// Profile is one profile: what it sets up, for whom and on what. At least one
// of the payloads is set.
type Profile struct {
	Identity     Identity
	Text         Text
	Organization string            // "" leaves it out
	Consent      map[string]string // text to agree to, by language, one of them "default"; nil: none
	Target       Target
	Expires      time.Time // when the device removes it by itself; zero: never

	Contacts  *DAV
	Calendars *DAV // and tasks: one account
	Mail      *Mail
	Feeds     []Feed // on iPhone, iPad and Vision only
}

// Marshal returns the property list, unsigned. The error is that of
// [Profile.Check].
func (p Profile) Marshal() ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	top := p.common("Configuration", "profile", p.Text)
	top["PayloadContent"] = p.payloads()
	top.set("PayloadOrganization", line(p.Organization))
	if p.Target != AnyDevice {
		top["TargetDeviceType"] = int(p.Target)
	}
	if len(p.Consent) > 0 {
		consent := dict{}
		for language, text := range p.Consent {
			consent.set(language, paragraphs(text))
		}
		top["ConsentText"] = consent
	}
	if !p.Expires.IsZero() {
		top["RemovalDate"] = p.Expires.UTC().Truncate(time.Second)
	}
	data, err := plist.MarshalIndent(top, plist.XMLFormat, "\t")
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return append(data, '\n'), nil
}

func (p Profile) payloads() []dict {
	var all []dict
	if p.Contacts != nil {
		all = append(all, p.dav(cardDAV(), *p.Contacts))
	}
	if p.Calendars != nil {
		all = append(all, p.dav(calDAV(), *p.Calendars))
	}
	if p.Mail != nil {
		all = append(all, p.mail(*p.Mail))
	}
	for _, f := range p.Feeds {
		all = append(all, p.feed(f))
	}
	return all
}

// dict is a dictionary of a property list. Its keys are written in order of
// the alphabet.
type dict map[string]any

// set leaves out what is empty: the device takes an empty text for an error.
func (d dict) set(key, text string) {
	if text != "" {
		d[key] = text
	}
}

// setSecret is set for a password that may not be there.
func (d dict) setSecret(key string, secret Secret) {
	if secret != nil {
		d.set(key, secret.Reveal())
	}
}

// common are the keys that the profile and each of its payloads have.
func (p Profile) common(payloadType, kind string, t Text) dict {
	d := dict{
		"PayloadType":       payloadType,
		"PayloadVersion":    1,
		"PayloadIdentifier": p.Identity.identifier(kind),
		"PayloadUUID":       p.Identity.uuid(kind),
	}
	d.set("PayloadDisplayName", line(t.Name))
	d.set("PayloadDescription", paragraphs(t.Description))
	return d
}
