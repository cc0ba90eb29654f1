package profile

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Identity is who a profile is for. All names in it come from here.
type Identity struct {
	Key     []byte // the server's own, so that nobody can foretell UUIDs
	Host    string // public name of the server
	Account string // opaque: lower-case letters and digits
	Device  string // likewise
}

// identifier is the name of the profile, or of one of its payloads.
func (i Identity) identifier(kind string) string {
	name := reversed(i.Host) + ".profile." + i.Account + "." + i.Device
	if kind == "profile" {
		return name
	}
	return name + "." + kind
}

// reversed is a host as identifiers have it: org.example.sync.
func reversed(host string) string {
	if address, err := netip.ParseAddr(host); err == nil {
		return "ip." + strings.ReplaceAll(address.String(), ":", "-")
	}
	labels := strings.Split(strings.ToLower(host), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}

// uuid is the same for the same identity and kind, for ever.
// RFC 9562 §5.8: version 8 is for values that are made in a way of one's own.
func (i Identity) uuid(kind string) string {
	mac := hmac.New(sha256.New, i.Key)
	mac.Write([]byte("profile-uuid/v1|" + i.Account + "|" + i.Device + "|" + kind))
	u := mac.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
