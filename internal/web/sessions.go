package web

import "ksync/store"

// openSession is a browser that is signed in, in a list.
type openSession struct {
	store.Session
	Mine bool
	Ends int64 // ms: when it ends if it is not used
}

func sessions(v *visit) error {
	all, err := v.site.accounts.Sessions(v.ctx(), *v.person)
	if err != nil {
		return err
	}
	open := make([]openSession, 0, len(all))
	for _, s := range all {
		open = append(open, openSession{s, s.ID == v.person.Session.ID, min(s.Expires, s.LastSeen+s.Idle)})
	}
	return v.page("sessions", open)
}

func endSession(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if id == v.person.Session.ID {
		return signOut(v)
	}
	if err := gone(v.site.accounts.EndSession(v.ctx(), v.from(), *v.person, id)); err != nil {
		return err
	}
	return v.noted(pathSessions, "done.session-ended")
}

func endOtherSessions(v *visit) error {
	if err := v.site.accounts.EndOtherSessions(v.ctx(), v.from(), *v.person); err != nil {
		return err
	}
	return v.noted(pathSessions, "done.sessions-ended")
}

// Browser is the program of a session, like "Firefox on Windows".
func (p *Page) Browser(agent string) string {
	if program := p.Program(agent); program != "" {
		return program
	}
	return p.T("sessions.unknown")
}
