package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ksync/internal/discovery"
)

// names asks DNS what clients ask it.
func (d *doctor) names(ctx context.Context) {
	host := d.options.URL.Hostname()
	if !isName(host) {
		return
	}
	d.addresses(ctx, host)
	if !isName(d.domain) {
		return
	}
	for _, s := range []service{addressBooks(), calendars()} {
		d.srv(ctx, s)
		d.plain(ctx, s)
	}
	d.pacc(ctx)
	d.autoconfig(ctx)
}

// isName tells what DNS can be asked for.
func isName(host string) bool {
	return net.ParseIP(host) == nil && host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// isNoRecord tells a clear no, unlike a resolver that fails.
func isNoRecord(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

// addresses: a client takes any of them, so each has to answer.
func (d *doctor) addresses(ctx context.Context, host string) {
	name := "DNS: " + host
	ask, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := d.resolver().LookupIPAddr(ask, host)
	if err != nil {
		d.broken(name, err, "No client finds the server: add an A record (and AAAA) for "+host+", and wait until the old answer has expired.")
		return
	}
	var good, dead []string
	port := strings.TrimPrefix(address(d.options.URL), net.JoinHostPort(host, ""))
	for _, ip := range found {
		if err := d.knock(ctx, net.JoinHostPort(ip.String(), port)); err != nil {
			dead = append(dead, fmt.Sprintf("%s (%s)", ip, lastOf(err)))
		} else {
			good = append(good, ip.String())
		}
	}
	switch {
	case len(dead) > 0 && len(good) > 0:
		d.add(name, Warn, "no answer at "+strings.Join(dead, ", "), "Devices that try this address first wait for long or fail. Mend it or take it out of DNS. (This machine may have no IPv6 itself: then look from another.)")
	case len(dead) > 0:
		d.add(name, Fail, "no answer at "+strings.Join(dead, ", "), "Does the server run, does a firewall let clients through, is the address right?")
	default:
		d.add(name, OK, strings.Join(good, ", "), "")
	}
}

// knock connects and hangs up.
func (d *doctor) knock(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	conn, err := d.dial(ctx, address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// lastOf is the cause without what is known already.
func lastOf(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}

func (d *doctor) resolver() *net.Resolver { return d.client.options.Resolver }

// srv: RFC 6764 §3 and §6: this is how an e-mail address alone leads here.
func (d *doctor) srv(ctx context.Context, s service) {
	name := "DNS: _" + s.name + "s._tcp." + d.domain
	ask, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, found, err := d.resolver().LookupSRV(ask, s.name+"s", "tcp", d.domain)
	if err != nil {
		if !isNoRecord(err) {
			d.add(name, Warn, err.Error(), "DNS does not answer this: look at the name servers of "+d.domain+".")
			return
		}
		d.add(name, Warn, "no SRV record", "Apps that are told an e-mail address of "+d.domain+" do not find "+s.label()+": add what `ksyncd dns "+d.domain+"` prints.")
		return
	}
	first := found[0]
	target, host := strings.TrimSuffix(first.Target, "."), d.options.URL.Hostname()
	text := fmt.Sprintf("%d %d %d %s", first.Priority, first.Weight, first.Port, first.Target)
	switch {
	case target == "":
		d.add(name, Fail, text, "It says that there is no such service: put "+host+" there, as `ksyncd dns "+d.domain+"` prints it.")
		return
	case !strings.EqualFold(target, host) || net.JoinHostPort(host, strconv.Itoa(int(first.Port))) != address(d.options.URL):
		d.add(name, Warn, text, "It leads to another place than "+d.options.URL.String()+". Is this on purpose?")
		return
	}
	d.target(ctx, name, text, target)
	d.path(ctx, s)
}

// target: RFC 2782, "Target": there must be address records for it, and it must
// not be an alias.
func (d *doctor) target(ctx context.Context, name, text, target string) {
	ask, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	canonical, err := d.resolver().LookupCNAME(ask, target)
	switch {
	case err != nil:
		d.add(name, Fail, text+": "+err.Error(), "The name that it leads to has no address.")
	case !strings.EqualFold(strings.TrimSuffix(canonical, "."), target):
		d.add(name, Warn, text+", an alias of "+canonical, "An SRV record must not lead to an alias (RFC 2782), and some resolvers stop there: give "+target+" A and AAAA records.")
	default:
		d.add(name, OK, text, "")
	}
}

// path: RFC 6764 §4.
func (d *doctor) path(ctx context.Context, s service) {
	owner := "_" + s.name + "s._tcp." + d.domain
	ask, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	texts, err := d.resolver().LookupTXT(ask, owner)
	if err != nil {
		return // it is optional
	}
	for _, text := range texts {
		path, ok := strings.CutPrefix(text, "path=")
		if !ok {
			continue
		}
		resp, err := d.anonymous.head(ctx, "PROPFIND", path)
		name := "DNS: path of " + owner
		if err != nil {
			d.broken(name, err, "Clients begin there: it must lead to DAV.")
			return
		}
		if next, err := redirect(resp); resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusMultiStatus || err == nil && next != nil {
			d.add(name, OK, path, "")
			return
		}
		d.add(name, Fail, path+": "+resp.Status, "Clients begin there and find nothing: write what `ksyncd dns "+d.domain+"` prints.")
		return
	}
}

// plain: records of services without encryption lead passwords into the open.
func (d *doctor) plain(ctx context.Context, s service) {
	ask, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, found, err := d.resolver().LookupSRV(ask, s.name, "tcp", d.domain)
	if err != nil || len(found) == 0 || found[0].Target == "." {
		return
	}
	name := "DNS: _" + s.name + "._tcp." + d.domain
	d.add(name, Warn, found[0].Target, "It leads apps to a service without encryption: write 0 0 0 . there, which says that there is none.")
}

// pacc: DNS vouches for the bytes that are published.
func (d *doctor) pacc(ctx context.Context) {
	owner := "_ua-auto-config." + d.domain
	ask, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	texts, err := d.resolver().LookupTXT(ask, owner)
	if err != nil {
		return // few have it, nobody needs it
	}
	for _, text := range texts {
		if !strings.HasPrefix(text, "v=UAAC1") {
			continue
		}
		name := "DNS: " + owner
		body, err := d.fetch(ctx, "https://ua-auto-config."+d.domain+discovery.PathPACC)
		switch {
		case err != nil:
			d.broken(name, err, "Apps look there first: the name must lead to this server, and the certificate must cover it.")
		case discovery.PACCDigest(body) != text:
			d.add(name, Fail, "the digest is not that of what is published", "Apps refuse it: write what `ksyncd dns "+d.domain+"` prints now.")
		default:
			d.add(name, OK, "the digest fits what is published", "")
		}
	}
}

// autoconfig: where the name exists it has to answer, for mail programs ask it.
func (d *doctor) autoconfig(ctx context.Context) {
	host := "autoconfig." + d.domain
	ask, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := d.resolver().LookupIPAddr(ask, host); err != nil {
		return
	}
	name := "DNS: " + host
	body, err := d.fetch(ctx, "https://"+host+discovery.PathAutoconfig)
	switch {
	case err != nil:
		d.add(name, Warn, err.Error(), "Mail programs look there: the name must lead to this server, and the certificate must cover it.")
	case !strings.Contains(string(body), "<clientConfig"):
		d.add(name, Warn, "something else is there", "Mail programs look there for their settings: lead the name to this server, or take it away.")
	default:
		d.add(name, OK, "answers", "")
	}
}

// fetch reads a small public file.
func (d *doctor) fetch(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := d.anonymous.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err = errors.Join(err, resp.Body.Close()); err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return body, err
}
