package discovery

// HeaderProxy tells in an answer what is wrong with the proxy by which its request
// came, [ProxyNotTrusted] or [ProxySilent]. With either all who come by it are one
// address to the server: for limits, for fail2ban, for messages about new places.
// The doctor looks for it; it tells strangers nothing that they could use.
const HeaderProxy = "X-Ksyncd-Proxy"

// Values of [HeaderProxy].
const (
	ProxyNotTrusted = "not-trusted" // its headers say who asks, and nobody believes it
	ProxySilent     = "silent"      // it would be believed, and says nothing
)
