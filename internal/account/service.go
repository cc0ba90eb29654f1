package account

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"ksync/store"
)

// What a page or an answer must tell apart. [ErrDenied] and [*Throttled] come
// from everything that checks a secret.
var (
	// ErrStepUp: the person must prove once more who they are ([Service.StepUp]).
	ErrStepUp = errors.New("sign in again to go on")
	// ErrNewPassword: the account must first get a new password.
	ErrNewPassword = errors.New("choose a new password first")
	// ErrLink: a link, code or token is unknown, used or expired; or not for this.
	ErrLink = errors.New("the link is used up or expired")
	// ErrCode: a code of an authenticator app is wrong. The try counts.
	ErrCode = errors.New("wrong code")
	// ErrNoPasskeys: passkeys need a public URL with a host name.
	ErrNoPasskeys = errors.New("passkeys need a public address with a name")
	// ErrPasskey: the answer of a passkey does not hold.
	ErrPasskey = errors.New("the passkey was not accepted")
	// ErrText: a name or an address is empty, too long, or has what cannot be printed.
	ErrText = errors.New("unusable text")
	// ErrPending: a login flow waits for its person.
	ErrPending = errors.New("not granted yet")
)

// ServiceOptions configure a [Service]. Store and Keys are required.
type ServiceOptions struct {
	Store    *store.Store
	Keys     *Keys
	Rand     io.Reader        // crypto/rand by default
	Now      func() time.Time // time.Now by default
	Logger   *slog.Logger     // discarded by default
	Throttle bool             // slow down who fails
	URL      *url.URL         // public address: links and the id of passkeys come from it, never from a request; nil: none known
	Mail     bool             // somebody drains the outbox; without it nothing is written to it, and addresses change unconfirmed
	Cost     HashCost         // of account passwords; zero is the default
	OAuth    []OAuthClient    // nil: kSync's
	Counted  Counted          // nil: nobody counts

	DeleteGrace time.Duration // 14 days by default
}

const day = 24 * time.Hour

// Service is what people do with their accounts outside of DAV: pages, the
// JSON API and the command line call it. Its methods may be called from any
// number of goroutines.
type Service struct {
	o       ServiceOptions
	store   *store.Store
	issuer  Issuer
	hasher  *hasher
	limits  *limits
	common  commonPasswords
	later   *later
	party   *webauthn.WebAuthn // nil: passkeys are not possible
	checked *accountChecks
	waiting chan struct{} // see [Service.NoticeWaiting]
}

// NewService starts a service; the caller closes it after all that uses it.
func NewService(o ServiceOptions) (*Service, error) {
	o = o.withDefaults()
	party, err := newRelyingParty(o.URL)
	if err != nil {
		return nil, err
	}
	hasher, err := newHasher(o.Cost, o.Rand)
	if err != nil {
		return nil, err
	}
	return &Service{
		o: o, store: o.Store, hasher: hasher, party: party,
		issuer:  Issuer{Store: o.Store, Keys: o.Keys, Rand: o.Rand},
		limits:  newLimits(o.Throttle, o.Now),
		common:  common(),
		later:   newLater(o.Logger),
		checked: newAccountChecks(),
		waiting: make(chan struct{}, 1),
	}, nil
}

// Close writes down what is still to be noted.
func (s *Service) Close() { s.later.close() }

func (o ServiceOptions) withDefaults() ServiceOptions {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.DeleteGrace = cmp.Or(o.DeleteGrace, 14*day)
	if o.OAuth == nil {
		o.OAuth = []OAuthClient{KSync()}
	}
	return o
}

func (s *Service) now() time.Time { return s.o.Now() }

// Visit is where a request comes from. It is noted with what the request does.
type Visit struct {
	Address netip.Addr // invalid: unknown
	Agent   string     // bounded and printable
	Form    string     // [Service.NewForm]: what makes secrets does so once for it, and keeps them for [Service.Made]; "": neither
}

// VisitOf reads it from a request whose RemoteAddr is the client's own address.
func VisitOf(r *http.Request) Visit {
	return Visit{Address: remote(r), Agent: printable(r.UserAgent())}
}

// place is the network of the visit, as far as people recognise it.
func (v Visit) place() string { return place(v.Address) }

func (v Visit) client() string { return Client(v.Agent) }
