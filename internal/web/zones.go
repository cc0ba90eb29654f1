package web

import (
	_ "embed"
	"strings"
)

// zonesText names a zone for each place of the IANA database's zone.tab, a line each.
//
//go:embed zones.txt
var zonesText string

// zoneGroup is a part of the world.
type zoneGroup struct {
	Name  string
	Zones []zone
}

type zone struct{ ID, Name string }

// zones lists time zones as a form offers them.
func zones() []zoneGroup {
	var groups []zoneGroup
	for id := range strings.FieldsSeq(zonesText) {
		region, city, _ := strings.Cut(id, "/")
		if n := len(groups); n == 0 || groups[n-1].Name != region {
			groups = append(groups, zoneGroup{Name: region})
		}
		g := &groups[len(groups)-1]
		g.Zones = append(g.Zones, zone{id, strings.ReplaceAll(city, "_", " ")})
	}
	return groups
}
