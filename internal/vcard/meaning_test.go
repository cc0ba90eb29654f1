package vcard_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/vcard"
)

// TestCorpus_RoundTripKeepsValues: what one version says is what it says again after it was told in the other, value for
// value. What may change is how it is said, see said.
func TestCorpus_RoundTripKeepsValues(t *testing.T) {
	t.Parallel()
	n := 0
	eachOfCorpus(t, func(path, _, _ string, data []byte) {
		items, err := vcard.Split(data)
		if err != nil {
			return
		}
		for _, it := range items {
			c, err := vcard.Parse(it.Bytes)
			if err != nil {
				continue
			}
			for _, way := range [][2]string{{vcard.V3, vcard.V4}, {vcard.V4, vcard.V3}} {
				start := c.Serve(way[0])
				again := mustConvert(t, path, mustConvert(t, path, start, way[1]), way[0])
				if diff := cmp.Diff(allSaid(t, start), allSaid(t, again)); diff != "" {
					t.Errorf("%s: from %s and back: %s", path, way[0], diff)
				}
				n++
			}
		}
	})
	if n < 1000 {
		t.Errorf("only %d round trips", n)
	}
}

func allSaid(t testing.TB, data []byte) (all []string) {
	t.Helper()
	c, err := vcard.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for l := range c.Component.Lines() {
		empty := l.Name == "ADR" && strings.Trim(l.Value, ";") == "" // stands for a LABEL, or for nothing
		if l.Name != "X-ABLABEL" && l.Name != "VERSION" && !empty {
			all = append(all, said(l))
		}
	}
	slices.Sort(all)
	return all
}

// said is a property as far as both versions can say it: X- in front of a name makes no difference, nor do the case and
// order of types, how a type that goes without saying is said, and the forms of a value that sameValue knows.
func said(l *contentline.Line) string {
	name := strings.TrimPrefix(l.Name, "X-")
	group, types, params := strings.ToLower(l.Group), []string{}, []string{}
	for _, p := range l.Params {
		switch p.Name {
		case "TYPE":
			types = append(types, strings.Split(strings.ToLower(strings.Join(p.Values, ",")), ",")...)
		case "PREF", "X-PREF":
			if p.Values[0] == "1" {
				types = append(types, "pref")
			} else {
				params = append(params, "PREF="+p.Values[0])
			}
		case "VALUE", "ENCODING", "MEDIATYPE", "X-MEDIATYPE", "X-APPLE-OMIT-YEAR":
		default:
			params = append(params, fmt.Sprintf("%s=%q", strings.TrimPrefix(p.Name, "X-"), strings.Join(p.Values, ",")))
		}
	}
	switch name {
	case "PHOTO", "LOGO", "SOUND", "KEY":
		types = nil // the type of the data, which a data URI has inside
	case "ABRELATEDNAMES", "AGENT", "RELATED":
		name, group, types = "RELATED", "", nil // as a type, or as one of Apple's labels
	case "ABDATE", "ANNIVERSARY":
		name, group = "ANNIVERSARY", ""
	case "ABSHOWAS":
		name = "KIND"
	}
	slices.Sort(types)
	slices.Sort(params)
	return strings.Join([]string{group, name, strings.Join(slices.Compact(types), ","), strings.Join(params, ";"), sameValue(name, l)}, "|")
}

var zoneOffset = regexp.MustCompile(`^([+-]\d\d)(\d\d)?$`)

// sameValue is the one form of what the versions write differently: dates without hyphens and colons, those without a
// year (Apple's 3.0 has 1604), base64 in data URIs, numbers and places as URIs, offsets of zones.
func sameValue(name string, l *contentline.Line) string {
	value := contentline.Unescape(l.Value)
	switch name {
	case "PHOTO", "LOGO", "SOUND", "KEY":
		return media(value)
	case "ANNIVERSARY", "BDAY", "REV":
		value = strings.NewReplacer("-", "", ":", "").Replace(value)
		if _, yearless := l.Param("X-APPLE-OMIT-YEAR"); yearless {
			value = strings.TrimPrefix(value, "1604")
		}
	case "GENDER":
		value = strings.ToUpper(value[:min(1, len(value))])
	case "KIND":
		value = strings.Replace(strings.ToLower(value), "company", "org", 1)
	case "TEL":
		value = strings.TrimPrefix(value, "tel:")
	case "GEO":
		value = strings.Replace(strings.TrimPrefix(value, "geo:"), ",", ";", 1)
	case "TZ":
		if value = strings.ReplaceAll(value, ":", ""); zoneOffset.MatchString(value) {
			value = (value + "00")[:5]
		}
	}
	return value
}

// media is base64, which data URIs have with and without saying so.
func media(value string) string {
	head, data, uri := strings.Cut(value, ",")
	switch {
	case uri && strings.HasSuffix(head, ";base64"):
		value = data
	case uri && strings.HasPrefix(head, "data:"):
		value = base64.StdEncoding.EncodeToString([]byte(data))
	}
	return strings.NewReplacer(" ", "", "\t", "").Replace(value)
}
