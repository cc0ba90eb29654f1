package remote

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"ksync/internal/discovery"
)

// methods: a server that asks for a password does so whatever the method. One
// that is refused otherwise was refused by something in front (or is not known
// at all).
func (d *doctor) methods(ctx context.Context) {
	const name = "methods"
	path := d.root.JoinPath("ksyncd-doctor").Path
	var refused []string
	var last *http.Response
	all := []string{"PROPFIND", "PROPPATCH", "REPORT", "MKCOL", "MKCALENDAR", http.MethodPut, http.MethodDelete, "MOVE", "COPY"}
	for _, method := range all {
		resp, err := d.anonymous.head(ctx, method, path)
		if err != nil {
			refused = append(refused, method+" ("+err.Error()+")")
			continue
		}
		if resp.StatusCode != http.StatusUnauthorized {
			refused, last = append(refused, fmt.Sprintf("%s (%d)", method, resp.StatusCode)), resp
		}
	}
	if len(refused) == 0 {
		d.add(name, OK, strings.Join(all, ", ")+" get through", "")
		return
	}
	d.add(name, Fail, strings.Join(refused, ", ")+" instead of 401", advice{
		all:    "These do not reach the server, and without them nothing syncs: let the proxy hand on every method.",
		nginx:  "take limit_except, `if ($request_method …)` and dav_methods out of the location, and allow the methods in ModSecurity (tx.allowed_methods).",
		apache: "take <Limit>, <LimitExcept>, `Dav On` and RewriteConds on REQUEST_METHOD out, and allow the methods in ModSecurity (tx.allowed_methods).",
		caddy:  "take `method` matchers out of the site.",
	}.to(last))
}

// paths: names with @, blanks and percent signs are allowed in a path when they
// are encoded, and must get through. A slash in a name is allowed, too, but many
// servers, ours among them, have none.
func (d *doctor) paths(ctx context.Context) {
	const name = "encoded paths"
	refused, last := d.refused(ctx, "a%40b", "a@b", "a%20b", "a%25b", "%C3%BC", "a%3Bb", "a%3Fb")
	if len(refused) > 0 {
		d.add(name, Fail, strings.Join(refused, ", ")+" instead of 401", rewriting().to(last))
		return
	}
	if refused, last = d.refused(ctx, "a%2Fb"); len(refused) > 0 {
		d.add(name, Warn, strings.Join(refused, ", ")+" instead of 401", rewriting().to(last))
		return
	}
	d.add(name, OK, "%40, %20, %25, %2F and the like get through", "")
}

// refused are those path segments that do not get as far as the server's 401.
func (d *doctor) refused(ctx context.Context, segments ...string) (refused []string, last *http.Response) {
	root := strings.TrimSuffix(d.root.EscapedPath(), "/") + "/"
	for _, segment := range segments {
		resp, err := d.anonymous.head(ctx, "PROPFIND", root+segment)
		if err != nil {
			refused = append(refused, segment+" ("+err.Error()+")")
			continue
		}
		if resp.StatusCode != http.StatusUnauthorized {
			refused, last = append(refused, fmt.Sprintf("%s (%d)", segment, resp.StatusCode)), resp
		}
	}
	return refused, last
}

// rewriting is what to do about paths that are changed on the way.
func rewriting() advice {
	return advice{
		all:    "Objects whose names hold such characters cannot be synced: the proxy must hand paths on byte by byte.",
		nginx:  "proxy_pass without anything behind the port, not even a slash: proxy_pass http://127.0.0.1:8008; and no rewrite.",
		apache: "AllowEncodedSlashes NoDecode in the VirtualHost, and `nocanon` behind ProxyPass.",
		caddy:  "reverse_proxy without `uri` or `rewrite` in front.",
	}
}

// clients: whether the server knows who asks, which only it can tell.
func (d *doctor) clients(ctx context.Context) {
	const name = "addresses of clients"
	const meaning = "Everybody is one address there: one who guesses passwords slows all down, fail2ban would ban all, and nobody is told of a sign-in from a new place. "
	resp := d.server(ctx)
	if resp == nil {
		return
	}
	switch resp.Header.Get(discovery.HeaderProxy) {
	case discovery.ProxyNotTrusted:
		d.add(name, Fail, "the server does not believe the proxy", meaning+"Name the proxy in trusted-proxies; the server's log has its address.")
	case discovery.ProxySilent:
		d.add(name, Warn, "the proxy does not say who asks", advice{
			all:   meaning + "Let it send X-Forwarded-For. (Who asks the server directly from where it trusts a proxy is told so, too.)",
			nginx: "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;", apache: "take `ProxyAddHeaders Off` out.", caddy: "take `header_up -X-Forwarded-For` out.",
		}.to(resp))
	}
}
