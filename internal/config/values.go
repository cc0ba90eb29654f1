package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Switch is a setting that is on or off.
type Switch bool

// UnmarshalText takes on, yes, true, 1 and their opposites.
func (s *Switch) UnmarshalText(text []byte) error {
	switch strings.ToLower(strings.TrimSpace(string(text))) {
	case "on", "yes", "true", "1":
		*s = true
	case "off", "no", "false", "0":
		*s = false
	default:
		return fmt.Errorf("%q is neither on nor off", text)
	}
	return nil
}

// String is on or off.
func (s Switch) String() string {
	if s {
		return "on"
	}
	return "off"
}

// Size is a number of bytes.
type Size int64

// UnmarshalText takes a number with an optional unit: B, KiB, MiB, GiB (1024)
// or kB, MB, GB (1000).
func (s *Size) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	digits := strings.TrimRight(in, "BKMGikmgb ")
	n, err := strconv.ParseInt(digits, 10, 64)
	factor, known := sizeUnit(strings.TrimSpace(in[len(digits):]))
	if err != nil || !known || n < 0 || n > (1<<62)/factor {
		return fmt.Errorf("%q is not a size like 512KiB or 20MiB", text)
	}
	*s = Size(n * factor)
	return nil
}

func sizeUnit(unit string) (factor int64, known bool) {
	switch strings.ToLower(unit) {
	case "", "b":
		return 1, true
	case "kib", "k":
		return 1 << 10, true
	case "mib", "m":
		return 1 << 20, true
	case "gib", "g":
		return 1 << 30, true
	case "kb":
		return 1e3, true
	case "mb":
		return 1e6, true
	case "gb":
		return 1e9, true
	}
	return 1, false
}

// String prints the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range []struct {
		name string
		size Size
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s >= u.size && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Duration is a length of time that can be given in days.
type Duration time.Duration

// UnmarshalText takes what [time.ParseDuration] does, and days: 90d, 1d12h.
func (d *Duration) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	var days int64
	number, rest, inDays := strings.Cut(in, "d")
	if inDays {
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil || n < 0 || n > 36500 {
			return fmt.Errorf("%q is not a time like 30s, 5m or 90d", text)
		}
		days, in = n, rest
	}
	var clock time.Duration
	if in != "" || !inDays {
		var err error
		if clock, err = time.ParseDuration(in); err != nil || clock < 0 {
			return fmt.Errorf("%q is not a time like 30s, 5m or 90d", text)
		}
	}
	*d = Duration(time.Duration(days)*day + clock)
	return nil
}

// Std returns the duration as the standard library knows it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String prints whole days as days.
func (d Duration) String() string {
	if d != 0 && d.Std()%day == 0 {
		return strconv.FormatInt(int64(d.Std()/day), 10) + "d"
	}
	text := d.Std().String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// LogFormat is text or json.
type LogFormat string

// UnmarshalText refuses other formats.
func (f *LogFormat) UnmarshalText(text []byte) error {
	switch in := strings.ToLower(strings.TrimSpace(string(text))); in {
	case "text", "json":
		*f = LogFormat(in)
		return nil
	}
	return fmt.Errorf("%q is neither text nor json", text)
}

// LogLevel is the least important level that is logged.
type LogLevel slog.Level

// UnmarshalText takes the name of a level.
func (l *LogLevel) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	if err := (*slog.Level)(l).UnmarshalText([]byte(in)); err != nil {
		return fmt.Errorf("%q is not debug, info, warn or error", in)
	}
	return nil
}

// Level implements [slog.Leveler].
func (l LogLevel) Level() slog.Level { return slog.Level(l) }

// String prints the form that UnmarshalText takes.
func (l LogLevel) String() string { return strings.ToLower(l.Level().String()) }

// PublicURL is the address people know the server by: scheme and host, no
// path. The zero value means that nobody said.
type PublicURL struct{ Scheme, Host string }

// UnmarshalText refuses anything that could not be put in front of a path.
func (p *PublicURL) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	if in == "" {
		*p = PublicURL{}
		return nil
	}
	u, err := url.Parse(in)
	if err != nil {
		return fmt.Errorf("%q is not a URL like https://sync.example.org", in)
	}
	if err := checkPublic(u); err != nil {
		return fmt.Errorf("%q: %w", in, err)
	}
	*p = PublicURL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
	return nil
}

func checkPublic(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must start with https:// or http://")
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " \"'<>\\^`{|}"):
		return errors.New("has no usable host name")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return errors.New("must end after the host name: the server uses the whole host")
	case u.User != nil:
		return errors.New("must not hold a user name or password")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("has a port that does not exist")
		}
	}
	return nil
}

// String is the URL with a slash at its end, or nothing for the zero value.
func (p PublicURL) String() string {
	if p.Host == "" {
		return ""
	}
	return p.Scheme + "://" + p.Host + "/"
}

// Proxy is one or many peers whose X-Forwarded headers are believed.
type Proxy struct {
	Network netip.Prefix
	Unix    bool // peers on a unix socket
}

// UnmarshalText takes an address, a network in CIDR form, or the word unix.
func (p *Proxy) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	if in == "unix" {
		*p = Proxy{Unix: true}
		return nil
	}
	if address, err := netip.ParseAddr(in); err == nil && address.Zone() == "" {
		address = address.Unmap()
		*p = Proxy{Network: netip.PrefixFrom(address, address.BitLen())}
		return nil
	}
	network, err := netip.ParsePrefix(in)
	if err != nil {
		return fmt.Errorf("%q is not an address, a network like 10.0.0.0/8, or unix", in)
	}
	if network != network.Masked() {
		return fmt.Errorf("%q has bits beyond its length: write %s", in, network.Masked())
	}
	*p = Proxy{Network: network}
	return nil
}

// String prints the form that UnmarshalText takes.
func (p Proxy) String() string {
	if p.Unix {
		return "unix"
	}
	return p.Network.String()
}

// Hostname is the host without a port; nothing for the zero value.
func (p PublicURL) Hostname() string { return (&url.URL{Host: p.Host}).Hostname() }

// Address is a place to listen on: HOST:PORT, :PORT or unix:/path.
type Address string

// UnmarshalText refuses what could not be listened on.
func (a *Address) UnmarshalText(text []byte) error {
	in := Address(strings.TrimSpace(string(text)))
	if path, unix := in.UnixPath(); unix {
		if !filepath.IsAbs(path) {
			return fmt.Errorf("%q: the path of a unix socket starts with /", in)
		}
		*a = in
		return nil
	}
	if _, port, err := net.SplitHostPort(string(in)); err != nil || port == "" {
		return fmt.Errorf("%q is not HOST:PORT, :PORT or unix:/path", in)
	}
	*a = in
	return nil
}

// UnixPath is the path of an address of the form unix:/path.
func (a Address) UnixPath() (path string, unix bool) {
	return strings.CutPrefix(string(a), "unix:")
}

func (a Address) loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
