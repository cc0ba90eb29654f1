package store

// Session is a browser that is signed in. The token itself is not here.
type Session struct {
	ID       int64
	Account  int64
	Hash     []byte // of the token; unique
	Created  int64  // ms UTC, as all times
	Fresh    int64  // when its person last proved who they are, in full
	LastSeen int64  // written rarely
	Idle     int64  // ms without a request after which it ends
	Expires  int64  // when it ends at the latest
	Stay     bool   // "stay signed in" was asked for
	Factor   string // what it was signed in with
	Place    string // network of the latest request
	Agent    string
}

// Active reports whether the session is good at that time (ms UTC).
func (s Session) Active(now int64) bool { return s.Expires > now && s.LastSeen+s.Idle > now }

// TOTP is the enrolled authenticator app of an account.
type TOTP struct {
	Account  int64
	Secret   []byte // sealed by the account package
	Created  int64
	LastStep int64 // the last step whose code was used
}

// BackupCodes is what there is of them in an account.
type BackupCodes struct {
	Created int64 // 0: there are none
	Left    int
	Used    int
}

// Passkey is one WebAuthn credential.
type Passkey struct {
	ID         int64
	Account    int64
	Hash       []byte // of the credential's id; unique
	Name       string
	Counter    int64
	Created    int64
	LastUsed   int64  // 0: never
	Credential []byte // as the account package encodes it
}

// Ticket is what one random secret is good for, until a time. The secret
// itself is not here.
type Ticket struct {
	Hash    []byte // of the kind and the secret
	Account int64  // 0: nobody's yet
	Kind    string
	ID      int64 // names the ticket in lists
	Created int64
	Expires int64
	Data    string
}

// Activity is one thing that happened to an account, or several of a kind
// from one place.
type Activity struct {
	ID          int64
	Account     int64
	At          int64 // the latest time
	Since       int64 // the first time
	Count       int64
	Kind        string
	Place       string // network it came from
	Client      string // family of the program, like "Firefox on Windows"
	Agent       string // the User-Agent itself
	Session     int64  // 0: none
	AppPassword int64  // 0: none
	Detail      string // what it was about, like the name of an app password
}

// ActivityQuery chooses what [Tx.Activities] lists. Zero fields choose all.
type ActivityQuery struct {
	Account  int64
	Kinds    []string
	From, To int64    // ms; To is exclusive
	Before   Activity // the last one of the page before: its At and ID count
	Limit    int      // 50 by default, 500 at most
}

// KnownPlace is where an account, or one of its devices, was used from.
type KnownPlace struct {
	Account     int64
	AppPassword int64 // 0: in a browser
	Place       string
	Client      string
}

// Notice is a letter to be sent.
type Notice struct {
	ID       int64
	Account  int64 // 0: to somebody who has none yet
	Kind     string
	Topic    string // of the same topic not more than one waits
	Address  string
	Locale   string
	Activity int64 // what it tells of; 0: nothing that is listed
	Created  int64
	Due      int64
	Attempts int64
	Sent     int64 // 0: waits
	Data     []byte
}
