package httpd

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"ksync/internal/discovery"
)

// Proxies are the peers whose X-Forwarded-* headers are believed.
type Proxies struct {
	Networks []netip.Prefix
	Unix     bool // whoever connects to a unix socket
}

type forwardedKey struct{}

// forwarded is what a trusted proxy said about a request.
type forwarded struct {
	scheme, host string
}

// clientAddress puts the client's own address into RemoteAddr, and drops what
// nobody may rely on. The first time that a proxy seems to be missing in the
// settings, the log has its address.
func (p Proxies) clientAddress(logger *slog.Logger) func(http.Handler) http.Handler {
	var once sync.Once
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case p.trusted(r.RemoteAddr, unixPeer(r)):
				if r.Header.Get("X-Forwarded-For") == "" {
					w.Header().Set(discovery.HeaderProxy, discovery.ProxySilent)
				}
				said := forwarded{scheme: lastToken(r.Header, "X-Forwarded-Proto"), host: lastToken(r.Header, "X-Forwarded-Host")}
				r = r.WithContext(context.WithValue(r.Context(), forwardedKey{}, said))
				r.RemoteAddr = p.origin(r)
			case dropForwarded(r.Header):
				w.Header().Set(discovery.HeaderProxy, discovery.ProxyNotTrusted)
				if peer, ours := neighbour(r); ours {
					once.Do(func() {
						logger.Warn("a proxy that trusted-proxies does not name asks for others: all of them count as one address, for limits and for messages about new places", "proxy", peer)
					})
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// dropForwarded reports whether there was anything to drop.
func dropForwarded(h http.Header) (had bool) {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		had = had || len(h.Values(name)) > 0
		h.Del(name)
	}
	return had
}

// neighbour is a peer that may be a proxy of whoever runs the server, as the
// settings would name it: one on this machine or in a network that is not public.
// Anybody else would have the log advise to trust them.
func neighbour(r *http.Request) (name string, ours bool) {
	if unixPeer(r) {
		return "unix", true
	}
	a, ok := parseAddress(r.RemoteAddr)
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10) // RFC 6598 §7
	return a.String(), ok && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || shared.Contains(a))
}

// trusted reports whether a peer is one of ours.
func (p Proxies) trusted(remote string, unix bool) bool {
	if unix {
		return p.Unix
	}
	address, ok := parseAddress(remote)
	return ok && p.contains(address)
}

func (p Proxies) contains(a netip.Addr) bool {
	for _, network := range p.Networks {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// origin walks X-Forwarded-For from the end, which our proxy wrote, to the
// first address that is no proxy of ours. What stands before it, the client
// may have invented.
func (p Proxies) origin(r *http.Request) string {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	last := r.RemoteAddr
	for i := len(hops) - 1; i >= 0; i-- {
		address, ok := parseAddress(strings.TrimSpace(hops[i]))
		if !ok {
			return last
		}
		last = address.String()
		if !p.contains(address) {
			return last
		}
	}
	return last
}

func unixPeer(r *http.Request) bool {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && address.Network() == "unix"
}

// parseAddress reads an address with or without a port, as both are found.
func parseAddress(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone(""), err == nil
}

// lastToken is the last element of a list header: the one our proxy wrote.
func lastToken(h http.Header, name string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// said returns what a trusted proxy told about the address that the client
// used; nothing when there is none or it makes no sense.
func said(r *http.Request) (scheme, host string, ok bool) {
	f, _ := r.Context().Value(forwardedKey{}).(forwarded)
	if f.host == "" || strings.ContainsFunc(f.host, notInHost) || (f.scheme != "http" && f.scheme != "https") {
		return "", "", false
	}
	return f.scheme, f.host, true
}

func notInHost(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._:[]", r))
}
