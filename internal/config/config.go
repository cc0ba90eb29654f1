// Package config holds the settings of ksyncd.
//
// There is one struct, [Settings]. Its tags are the only description of a
// setting: kong makes the flag and its help from them, [Resolver] the key of
// the configuration file, [Describe] the commented file that `ksyncd config`
// prints. A value comes from, in this order: the flag, the KSYNC_* variable,
// the file, the default. What cannot be understood is an error that names
// where it stands; nothing is silently ignored.
//
// The package knows no other part of the server: cmd/ksyncd hands the values on.
package config

import (
	"errors"
	"os"
	"path/filepath"
)

// DatabaseName and FileName are the names inside the data directory.
const (
	DatabaseName = "ksyncd.db"
	FileName     = "ksyncd.conf"
)

// Location says where the data is. It is the part of the settings that every
// command needs.
type Location struct {
	Config string `name:"config" env:"KSYNC_CONFIG" placeholder:"FILE" help:"Configuration file. Without it ksyncd.conf in the data directory is read if it is there."`
	Data   string `name:"data" env:"KSYNC_DATA" placeholder:"DIR" default:"${data}" help:"Directory of the database, the keys and the configuration file. It is created when missing."`
}

// Database is the path of the SQLite file.
func (l Location) Database() string { return filepath.Join(l.Data, DatabaseName) }

// Settings is everything `ksyncd serve` can be told.
type Settings struct {
	Location `embed:""`
	Public   `embed:""`
	Pair     `embed:""`
	Offer    `embed:""`

	Listen         []Address     `name:"listen" env:"KSYNC_LISTEN" default:"127.0.0.1:8008" placeholder:"HOST:PORT" help:"Addresses to listen on, separated by commas: HOST:PORT, :PORT for every address, or unix:/path/of/socket. Sockets handed over by systemd replace them."`
	TrustedProxies []Proxy       `name:"trusted-proxies" env:"KSYNC_TRUSTED_PROXIES" placeholder:"NET" help:"Reverse proxies whose X-Forwarded-For, -Proto and -Host headers are believed: addresses or networks like 10.0.0.0/8, or unix for whoever connects to a unix socket."`
	Throttle       Switch        `name:"throttle" env:"KSYNC_THROTTLE" default:"on" placeholder:"on|off" help:"Slow down addresses that send wrong passwords. Right ones always pass."`
	OAuthClients   []OAuthClient `name:"oauth-clients" env:"KSYNC_OAUTH_CLIENTS" placeholder:"ID|NAME|URI" help:"Apps, besides kSync, that may fetch their app password through the browser (OAuth with PKCE), separated by commas: ID | NAME | REDIRECT, with a blank between several redirect URIs, which are compared exactly. The id of kSync replaces the kSync that is built in, for one that was built with another redirect URI."`
	FirstLogin     string        `name:"first-login" env:"KSYNC_FIRST_LOGIN" default:"me" placeholder:"LOGIN" help:"Login of the account that is made when there is none yet."`

	Operations `embed:""`

	Log       Log       `embed:"" prefix:"log-"`
	Mail      Mail      `embed:"" prefix:"mail-"`
	Profiles  Profiles  `embed:"" prefix:"profile-"`
	Limits    Limits    `embed:"" prefix:"max-"`
	Timeouts  Timeouts  `embed:"" prefix:"timeout-"`
	Retention Retention `embed:"" prefix:"keep-"`
	Backup    Backup    `embed:"" prefix:"backup-"`
}

// Log says how the server talks about itself, on standard error.
type Log struct {
	Format LogFormat `name:"format" env:"KSYNC_LOG_FORMAT" default:"text" placeholder:"text|json" help:"Form of the log lines."`
	Level  LogLevel  `name:"level" env:"KSYNC_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Least important line to log: debug, info, warn or error. Only debug names what people sync."`
}

// Limits bounds what one request may ask for.
type Limits struct {
	ObjectSize  Size `name:"object-size" env:"KSYNC_MAX_OBJECT_SIZE" default:"20MiB" least:"1" placeholder:"SIZE" help:"Largest contact, event or task."`
	XMLSize     Size `name:"xml-size" env:"KSYNC_MAX_XML_SIZE" default:"4MiB" least:"1" placeholder:"SIZE" help:"Largest body of a PROPFIND, REPORT and the like."`
	Property    Size `name:"property-size" env:"KSYNC_MAX_PROPERTY_SIZE" default:"256KiB" least:"1" placeholder:"SIZE" help:"Largest property that a client may store with a calendar or address book."`
	Properties  int  `name:"properties" env:"KSYNC_MAX_PROPERTIES" default:"100" least:"1" placeholder:"N" help:"Most properties of their own that clients may store with one calendar, address book, contact or event."`
	Collections int  `name:"collections" env:"KSYNC_MAX_COLLECTIONS" default:"500" least:"3" placeholder:"N" help:"Most calendars and address books of one account; a new one has three."`
	HeaderSize  Size `name:"header-size" env:"KSYNC_MAX_HEADER_SIZE" default:"64KiB" least:"1" placeholder:"SIZE" help:"Largest request line and headers."`
	Hrefs       int  `name:"hrefs" env:"KSYNC_MAX_HREFS" default:"10000" least:"1" placeholder:"N" help:"Most objects that one multiget may name."`
	Instances   int  `name:"instances" env:"KSYNC_MAX_INSTANCES" default:"0" least:"0" placeholder:"N" help:"Most times that one event or task may repeat, unless it does for ever; 0 takes any. A phone whose event is refused stops syncing that calendar."`
	Repetitions int  `name:"repetitions" env:"KSYNC_MAX_REPETITIONS" default:"100000" least:"1" placeholder:"N" help:"Most repetitions that one answer spells out."`
	FilterParts int  `name:"filter-parts" env:"KSYNC_MAX_FILTER_PARTS" default:"100" least:"1" placeholder:"N" help:"Most conditions in one search."`
	Expand      int  `name:"expand" env:"KSYNC_MAX_EXPAND" default:"200" least:"1" placeholder:"N" help:"Most resources that one expand-property follows."`
	Nesting     int  `name:"xml-nesting" env:"KSYNC_MAX_XML_NESTING" default:"64" least:"1" placeholder:"N" help:"Most levels of elements in one request."`
	Elements    int  `name:"xml-elements" env:"KSYNC_MAX_XML_ELEMENTS" default:"100000" least:"1" placeholder:"N" help:"Most elements in one request."`
	Page        int  `name:"page" env:"KSYNC_MAX_PAGE" default:"20000" least:"1" placeholder:"N" help:"Most changes in one answer to sync-collection; the client asks for the rest. Thunderbird does not, for contacts."`
	Bodies      Size `name:"bodies" env:"KSYNC_MAX_BODIES" default:"128MiB" least:"1" placeholder:"SIZE" help:"Most bytes of uploads at once, of all clients together, and half as much of one account alone; more are asked to come again. At least two largest objects."`
	Requests    int  `name:"requests" env:"KSYNC_MAX_REQUESTS" default:"1000" least:"1" placeholder:"N" help:"Most requests at once; more are asked to come again."`
	PerAddress  int  `name:"requests-per-address" env:"KSYNC_MAX_REQUESTS_PER_ADDRESS" default:"300" least:"1" placeholder:"N" help:"Most requests at once from one address."`
	Streams     int  `name:"streams" env:"KSYNC_MAX_STREAMS" default:"250" least:"1" placeholder:"N" help:"Most requests at once on one HTTP/2 connection."`
}

// Timeouts bounds how long a peer may keep the server waiting.
type Timeouts struct {
	Header Duration `name:"header" env:"KSYNC_TIMEOUT_HEADER" default:"15s" least:"1ms" placeholder:"TIME" help:"For the headers of a request to arrive."`
	Body   Duration `name:"body" env:"KSYNC_TIMEOUT_BODY" default:"1m" least:"1ms" placeholder:"TIME" help:"For a body to begin; after that it must keep up 4 KiB per second."`
	Write  Duration `name:"write" env:"KSYNC_TIMEOUT_WRITE" default:"1m" least:"1ms" placeholder:"TIME" help:"For the client to take the next piece of an answer."`
	Idle   Duration `name:"idle" env:"KSYNC_TIMEOUT_IDLE" default:"3m" least:"1ms" placeholder:"TIME" help:"For the next request on an open connection."`
	Stop   Duration `name:"stop" env:"KSYNC_TIMEOUT_STOP" default:"20s" least:"1ms" placeholder:"TIME" help:"For requests to finish when the server is asked to stop."`
}

// Retention says how long what nobody sees any more is kept.
type Retention struct {
	Changes  Duration `name:"changes" env:"KSYNC_KEEP_CHANGES" default:"400d" least:"365d" placeholder:"TIME" help:"Notes of deletions. A device that was away for longer reads everything anew. At least 365d."`
	Deleted  Duration `name:"deleted" env:"KSYNC_KEEP_DELETED" default:"30d" least:"1ms" placeholder:"TIME" help:"Deleted calendars and address books."`
	Versions Duration `name:"versions" env:"KSYNC_KEEP_VERSIONS" default:"90d" least:"1ms" placeholder:"TIME" help:"Earlier versions of changed and deleted objects."`
	Activity Duration `name:"activity" env:"KSYNC_KEEP_ACTIVITY" default:"90d" least:"1ms" placeholder:"TIME" help:"What people see under recent activity: sign-ins, refused ones, changes of security."`
}

// Backup says where the server puts backups by itself, and which stay.
type Backup struct {
	Dir     string   `name:"dir" env:"KSYNC_BACKUP_DIR" placeholder:"DIR" help:"Folder for backups that the server makes by itself; none are made without it. On another disk they help when this one breaks."`
	Every   Duration `name:"every" env:"KSYNC_BACKUP_EVERY" default:"1d" least:"1m" placeholder:"TIME" help:"How often. All backups of the last 24 hours stay."`
	Daily   int      `name:"daily" env:"KSYNC_BACKUP_DAILY" default:"7" least:"0" placeholder:"N" help:"Of how many days the last backup stays."`
	Weekly  int      `name:"weekly" env:"KSYNC_BACKUP_WEEKLY" default:"5" least:"0" placeholder:"N" help:"Of how many weeks the last backup stays."`
	Monthly int      `name:"monthly" env:"KSYNC_BACKUP_MONTHLY" default:"12" least:"0" placeholder:"N" help:"Of how many months the last backup stays."`
	Keys    Switch   `name:"keys" env:"KSYNC_BACKUP_KEYS" default:"on" placeholder:"on|off" help:"Whether they hold the server's secret keys. Without the keys nobody can sign in to a restored server with an app password."`
}

// Check reports what does not fit together although each value is fine alone.
func (s *Settings) Check() error {
	if err := errors.Join(s.CheckPair(), s.CheckOffer(), s.Profiles.CheckProfiles()); err != nil {
		return err
	}
	if err := s.CheckMail(); err != nil {
		return err
	}
	if err := s.checkOAuth(); err != nil {
		return err
	}
	if err := s.checkOperations(); err != nil {
		return err
	}
	if s.Limits.Bodies/2 < s.Limits.ObjectSize {
		return errors.New("max-bodies: at least twice max-object-size")
	}
	return s.checkBounds()
}

// Exposed returns the addresses that other machines can reach without TLS and
// without a proxy in front that could add it.
func (s *Settings) Exposed() []Address {
	if s.TLS() || len(s.TrustedProxies) > 0 {
		return nil
	}
	var exposed []Address
	for _, address := range s.Listen {
		if _, unix := address.UnixPath(); !unix && !address.loopback() {
			exposed = append(exposed, address)
		}
	}
	return exposed
}

// DefaultData is where the data is when nobody says: the system's place for
// root, the user's own otherwise.
func DefaultData() string {
	if os.Geteuid() == 0 {
		return "/var/lib/ksyncd"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "ksyncd")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "data"
	}
	return filepath.Join(home, ".local", "share", "ksyncd")
}
