package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// happening is one thing that happened, in words.
type happening struct {
	store.Activity
	Text   string
	Icon   string
	Bad    bool // somebody was refused
	Report bool // it may have been somebody else
}

// record is what the page of recent activity shows.
type record struct {
	Groups []string
	All    []happening
	Older  string // address of the next page; "": there is none
	CSV    string
}

// kindGroups are what the page can be narrowed to; the texts are activity.group.<name>.
func kindGroups() map[string][]account.ActivityKind {
	return map[string][]account.ActivityKind{
		"sign-in": {
			account.SignedIn, account.SignInFailed, account.SecondFactorFailed, account.SteppedUp,
			account.SignedOut, account.SessionEnded, account.SessionsEnded,
		},
		"devices": {
			account.AppPasswordCreated, account.AppPasswordFirstUsed, account.AppPasswordNewClient, account.AppPasswordRevoked,
			account.AppPasswordsRevoked, account.DeviceDenied, account.AccountPasswordOnDAV, account.ProfileDownloaded,
		},
		"changes": {
			account.AccountCreated, account.PasswordChanged, account.PasswordReset, account.ResetRequested, account.EmailRequested, account.EmailChanged,
			account.TOTPAdded, account.TOTPRemoved, account.PasskeyAdded, account.PasskeyRemoved, account.FactorsRemoved, account.BackupCodesMade, account.BackupCodeUsed,
			account.Exported, account.DeletionRequested, account.DeletionCancelled, account.AccountDisabled, account.AccountEnabled,
			account.Invited, account.InvitationRevoked, account.AdminMade, account.AdminEnded,
		},
		"warnings": refusals(),
	}
}

// refusals are what somebody tried and could not.
func refusals() []account.ActivityKind {
	return []account.ActivityKind{
		account.SignInFailed, account.SecondFactorFailed, account.PasskeyRefused, account.DeviceDenied,
		account.AccountPasswordOnDAV, account.ReportedNotMe,
	}
}

// groupOrder is that of the choice.
func groupOrder() []string { return []string{"sign-in", "devices", "changes", "warnings"} }

const activityPage = 50

func activity(v *visit) error {
	query := v.activityQuery()
	query.Limit = activityPage + 1
	all, err := v.site.accounts.Activity(v.ctx(), *v.person, query)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	for _, name := range []string{"kind", "from", "to"} {
		v.form.set(name, q.Get(name))
	}
	r := record{Groups: groupOrder(), CSV: pathActivity + ".csv"}
	if len(all) > activityPage {
		all = all[:activityPage]
		r.Older = pathActivity + "?" + after(q, all[len(all)-1]).Encode()
	}
	if q.Del("before"); len(q) > 0 {
		r.CSV += "?" + q.Encode()
	}
	r.All = v.happenings(all)
	return v.page("activity", r)
}

// after is the query of the page after one that ends with a.
func after(q url.Values, a store.Activity) url.Values {
	next := url.Values{"before": {strconv.FormatInt(a.At, 10) + "." + strconv.FormatInt(a.ID, 10)}}
	for _, name := range []string{"kind", "from", "to"} {
		if q.Get(name) != "" {
			next.Set(name, q.Get(name))
		}
	}
	return next
}

// activityQuery reads what to show; what makes no sense is passed over.
func (v *visit) activityQuery() store.ActivityQuery {
	q, query := v.r.URL.Query(), store.ActivityQuery{}
	for _, kind := range kindGroups()[q.Get("kind")] {
		query.Kinds = append(query.Kinds, string(kind))
	}
	if from, ok := v.dayOf(q.Get("from")); ok {
		query.From = from.UnixMilli()
	}
	if to, ok := v.dayOf(q.Get("to")); ok {
		query.To = to.AddDate(0, 0, 1).UnixMilli()
	}
	if at, id, ok := strings.Cut(q.Get("before"), "."); ok {
		query.Before.At, _ = strconv.ParseInt(at, 10, 64) // no number: from the start
		query.Before.ID, _ = strconv.ParseInt(id, 10, 64)
	}
	return query
}

// dayOf reads a date of a form in the reader's zone.
func (v *visit) dayOf(text string) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, text, v.Zone())
	return t, err == nil
}

func (v *visit) happenings(all []store.Activity) []happening {
	bad := map[string]bool{}
	for _, kind := range refusals() {
		bad[string(kind)] = true
	}
	out := make([]happening, 0, len(all))
	for _, a := range all {
		h := happening{Activity: a, Text: v.activityText(a), Icon: "check", Bad: bad[a.Kind]}
		if h.Bad {
			h.Icon = "warn"
		}
		h.Report = reportable(a, v.person.Session.ID)
		out = append(out, h)
	}
	return out
}

// activityText says what happened; the texts are activity.<kind>.
func (v *visit) activityText(a store.Activity) string {
	detail := a.Detail
	if a.Kind == string(account.SignedIn) {
		detail = v.factorsText(detail)
	}
	key := "activity." + a.Kind
	if !v.Has(key) {
		key = "activity.other"
	}
	return v.T(key, "Detail", detail)
}

// factorsText says "password+totp" in words.
func (v *visit) factorsText(detail string) string {
	var words []string
	for factor := range strings.SplitSeq(detail, "+") {
		if key := "factor." + factor; v.Has(key) {
			words = append(words, v.T(key))
		}
	}
	return strings.Join(words, " + ")
}

// reportable reports whether "this wasn't me" makes sense for it.
func reportable(a store.Activity, own int64) bool {
	switch account.ActivityKind(a.Kind) {
	case account.ReportedNotMe, account.AccountDisabled, account.AccountEnabled, account.AccountCreated, account.AdminMade, account.AdminEnded:
		return false
	}
	return a.Session == 0 || a.Session != own
}

// activityCSV is the whole record, as far as the choice goes, for a spreadsheet.
func activityCSV(v *visit) error {
	file, err := v.site.accounts.ActivityFile(v.ctx(), *v.person, v.activityQuery())
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="activity.csv"`)
	if err := file.Write(v.ctx(), v.w, []string{"time", "first", "count", "kind", "text", "network", "client", "reference"}, v.csvRow); err != nil {
		v.breakOff("activity", err)
	}
	return nil
}

func (v *visit) csvRow(a store.Activity) []string {
	return []string{
		iso(a.At), iso(a.Since), strconv.FormatInt(a.Count, 10), a.Kind, v.activityText(a), a.Place, a.Client, account.Reference(a.ID),
	}
}

func iso(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

// notMePage says what "this wasn't me" will do.
func notMePage(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	changed, err := v.site.accounts.ChangedSince(v.ctx(), *v.person, id)
	if err != nil {
		return err
	}
	if changed.Any() && !v.site.accounts.Fresh(*v.person) {
		return account.ErrStepUp // which undoing it wants
	}
	return v.page("not-me", alarm{id, v.added(changed), changed.Email})
}

// alarm is what the page of "this wasn't me" shows.
type alarm struct {
	ID    int64
	Added string // what will be removed
	Email string // the address that will be that of the account again; "": it is
}

// added names what was added to sign in with.
func (v *visit) added(c account.Changed) string {
	var names []string
	if c.TOTP {
		names = append(names, v.T("security.totp"))
	}
	for _, k := range c.Passkeys {
		names = append(names, v.T("not-me.passkey", "Name", k.Name))
	}
	if c.BackupCodes {
		names = append(names, v.T("not-me.backup-codes"))
	}
	return strings.Join(names, ", ")
}

func notMe(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.site.accounts.NotMe(v.ctx(), v.from(), *v.person, id); err != nil {
		return err
	}
	return v.to(pathNewPassword)
}
