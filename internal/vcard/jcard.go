package vcard

import "ksync/internal/contentline"

// jCard is RFC 7095. Types and default types are those of RFC 6350 and the RFCs that add to it.
var jCard = &contentline.JSONForm{
	Property: func(name string) contentline.Shape { return jCardShapes[name] },
	Types: map[string]contentline.ValueType{
		"text":             contentline.TextValue,                      // RFC 7095 §3.5.1
		"uri":              contentline.RawValue,                       // RFC 7095 §3.5.2
		"date":             contentline.Rewritten(extendDate, reduced), // RFC 7095 §3.5.3
		"time":             contentline.Rewritten(extendClock, reducedClock),
		"date-time":        contentline.Rewritten(extendDateTime, reduced),
		"date-and-or-time": contentline.Rewritten(extendDateOrTime, reduced),
		"timestamp":        contentline.Rewritten(extendTimestamp, reduced),
		"boolean":          contentline.BooleanValue, // RFC 7095 §3.5.7
		"integer":          contentline.IntegerValue, // RFC 7095 §3.5.8
		"float":            contentline.FloatValue,   // RFC 7095 §3.5.9
		"utc-offset":       contentline.Rewritten(extendOffset, reducedClock),
		"language-tag":     contentline.RawValue, // RFC 7095 §3.5.11
		"unknown":          contentline.RawValue,
	},
	Leaf:       true,
	Groups:     true,
	ListParams: []string{"TYPE"},
	TypeParam:  func(typ string) string { return typ },
}

var (
	textShape  = contentline.Shape{Types: []string{"text"}}
	textsShape = contentline.Shape{Types: []string{"text"}, List: true}
	partsShape = contentline.Shape{Types: []string{"text"}, Parts: true}
	listsShape = contentline.Shape{Types: []string{"text"}, Parts: true, Lists: true}
	uriShape   = contentline.Shape{Types: []string{"uri"}}
	dateShape  = contentline.Shape{Types: []string{"date-and-or-time"}}
	stampShape = contentline.Shape{Types: []string{"timestamp"}}
	langShape  = contentline.Shape{Types: []string{"language-tag"}}
)

// jCardShapes has every property with a default type. What is not here is "unknown" unless it has a VALUE.
var jCardShapes = map[string]contentline.Shape{
	// RFC 6350 §6
	"SOURCE": uriShape, "KIND": textShape, "XML": textShape, "FN": textShape, "N": listsShape, "NICKNAME": textsShape, "PHOTO": uriShape,
	"BDAY": dateShape, "ANNIVERSARY": dateShape, "GENDER": partsShape, "ADR": listsShape, "TEL": textShape, "EMAIL": textShape,
	"IMPP": uriShape, "LANG": langShape, "TZ": textShape, "GEO": uriShape, "TITLE": textShape, "ROLE": textShape, "LOGO": uriShape,
	"ORG": partsShape, "MEMBER": uriShape, "RELATED": uriShape, "CATEGORIES": textsShape, "NOTE": textShape, "PRODID": textShape,
	"REV": stampShape, "SOUND": uriShape, "UID": uriShape, "CLIENTPIDMAP": partsShape, "URL": uriShape, "VERSION": textShape,
	"KEY": uriShape, "FBURL": uriShape, "CALADRURI": uriShape, "CALURI": uriShape,
	// RFC 6474, RFC 6715, RFC 8605
	"BIRTHPLACE": textShape, "DEATHPLACE": textShape, "DEATHDATE": dateShape, "EXPERTISE": textShape, "HOBBY": textShape,
	"INTEREST": textShape, "ORG-DIRECTORY": uriShape, "CONTACT-URI": uriShape,
	// RFC 9554, RFC 9555
	"CREATED": stampShape, "GRAMGENDER": textShape, "LANGUAGE": langShape, "PRONOUNS": textShape, "SOCIALPROFILE": uriShape,
	"JSPROP": textShape,
}

// ToJCard tells a card in version 4.0, as Serve makes it, as jCard (RFC 7095). The error is an *Error.
func ToJCard(served []byte) ([]byte, error) {
	c, err := Parse(served)
	if err != nil {
		return nil, err
	}
	return jCard.Bytes(c.Component), nil
}

// FromJCard gives the card as text. The error is an *Error.
func FromJCard(data []byte) ([]byte, error) {
	c, err := jCard.Read(data, limits())
	if err != nil {
		return nil, &Error{NotData, err.Error(), err}
	}
	return c.Bytes(), nil
}
