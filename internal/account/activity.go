package account

// ActivityKind says what happened.
type ActivityKind string

// The kinds of [store.Activity].Kind. Catalogues have a text for each.
const (
	SignedIn             ActivityKind = "signed-in" // Detail: the factors, like "password+totp"
	SignInFailed         ActivityKind = "sign-in-failed"
	SecondFactorFailed   ActivityKind = "second-factor-failed" // after a right password
	SteppedUp            ActivityKind = "stepped-up"
	SignedOut            ActivityKind = "signed-out"
	SessionEnded         ActivityKind = "session-ended" // Detail: its User-Agent's family
	SessionsEnded        ActivityKind = "sessions-ended"
	AccountCreated       ActivityKind = "account-created"
	PasswordChanged      ActivityKind = "password-changed"
	PasswordReset        ActivityKind = "password-reset"
	ResetRequested       ActivityKind = "reset-requested"
	EmailRequested       ActivityKind = "email-requested" // Detail: the new address
	EmailChanged         ActivityKind = "email-changed"   // Detail: the new address
	TOTPAdded            ActivityKind = "totp-added"
	TOTPRemoved          ActivityKind = "totp-removed"
	PasskeyAdded         ActivityKind = "passkey-added" // Detail: its name
	PasskeyRemoved       ActivityKind = "passkey-removed"
	FactorsRemoved       ActivityKind = "factors-removed" // all of them, from the command line
	PasskeyRefused       ActivityKind = "passkey-refused" // its counter went back: perhaps a copy
	BackupCodesMade      ActivityKind = "backup-codes-made"
	BackupCodeUsed       ActivityKind = "backup-code-used"     // Detail: how many are left
	AppPasswordCreated   ActivityKind = "app-password-created" // Detail: its name, as for all of app passwords
	AppPasswordFirstUsed ActivityKind = "app-password-first-used"
	AppPasswordNewClient ActivityKind = "app-password-new-client"
	AppPasswordRevoked   ActivityKind = "app-password-revoked"
	AppPasswordsRevoked  ActivityKind = "app-passwords-revoked"
	DeviceDenied         ActivityKind = "device-denied"           // a wrong app password
	AccountPasswordOnDAV ActivityKind = "account-password-on-dav" // "this was your account password: create an app password"
	Exported             ActivityKind = "exported"
	ProfileDownloaded    ActivityKind = "profile-downloaded"
	DeletionRequested    ActivityKind = "deletion-requested"
	DeletionCancelled    ActivityKind = "deletion-cancelled"
	ReportedNotMe        ActivityKind = "not-me" // Detail: the reference of what was reported
	AccountDisabled      ActivityKind = "account-disabled"
	AccountEnabled       ActivityKind = "account-enabled"
	Invited              ActivityKind = "invited"            // Detail: the address, if it has one
	InvitationRevoked    ActivityKind = "invitation-revoked" // Detail: the same
	AdminMade            ActivityKind = "admin-made"
	AdminEnded           ActivityKind = "admin-ended"
)

// NoticeKind says what a letter tells.
type NoticeKind string

// The kinds of [Notice]. Those with a link are asked for by its reader.
const (
	NoticeNewPlace       NoticeKind = "new-place"              // signed in from a new place or device
	NoticeWrongPassword  NoticeKind = "wrong-password"         // Count, Since
	NoticeAppPassword    NoticeKind = "app-password-created"   // Name
	NoticeAppPasswordUse NoticeKind = "app-password-elsewhere" // Name
	NoticePassword       NoticeKind = "password-changed"
	NoticeEmailOld       NoticeKind = "email-changed-old"  // NewAddress; to the old address, when asked for and when done (Done)
	NoticeEmailNew       NoticeKind = "email-changed-new"  // to the new address
	NoticeFactors        NoticeKind = "factors-changed"    // Change: an ActivityKind
	NoticeBackupCode     NoticeKind = "backup-code-used"   // Left
	NoticeDeletion       NoticeKind = "deletion-requested" // Until
	NoticeReset          NoticeKind = "reset-link"         // Link
	NoticeConfirmEmail   NoticeKind = "confirm-email-link" // Link
	NoticeInvitation     NoticeKind = "invitation-link"    // Link, By
	NoticeDeviceLink     NoticeKind = "device-link"        // Link, Name
)

// NoticeData is what its text needs; each kind uses some of it.
type NoticeData struct {
	Login      string       `json:"login,omitempty"`
	TimeZone   string       `json:"time_zone,omitempty"` // of the account
	Place      string       `json:"place,omitempty"`
	Client     string       `json:"client,omitempty"`
	Name       string       `json:"name,omitempty"`
	NewAddress string       `json:"new_address,omitempty"`
	By         string       `json:"by,omitempty"`
	Change     ActivityKind `json:"change,omitempty"`
	Link       string       `json:"link,omitempty"`
	Count      int64        `json:"count,omitempty"`
	Left       int          `json:"left,omitempty"`
	Done       bool         `json:"done,omitempty"`
	At         int64        `json:"at,omitempty"`    // ms, as all times
	Since      int64        `json:"since,omitempty"` // of the first one counted
	Until      int64        `json:"until,omitempty"`
}
