package profile

// DAV is an account for contacts, or for calendars and tasks.
type DAV struct {
	Text      Text
	Account   string // how Settings calls it
	Host      string // bare: no scheme, port or path
	Port      int
	Login     string
	Password  Secret // nil: the device asks
	Principal string // path of the principal when discovery cannot find it; "" by default, which is better
}

// davKind is what differs between contacts and calendars.
type davKind struct{ payloadType, kind, prefix string }

func cardDAV() davKind { return davKind{"com.apple.carddav.account", "carddav", "CardDAV"} }
func calDAV() davKind  { return davKind{"com.apple.caldav.account", "caldav", "CalDAV"} }

func (p Profile) dav(k davKind, a DAV) dict {
	d := p.common(k.payloadType, k.kind, a.Text)
	d.set(k.prefix+"AccountDescription", line(a.Account))
	d[k.prefix+"HostName"] = a.Host
	d[k.prefix+"Port"] = a.Port
	d[k.prefix+"UseSSL"] = true
	d[k.prefix+"Username"] = a.Login
	d.setSecret(k.prefix+"Password", a.Password)
	d.set(k.prefix+"PrincipalURL", a.Principal)
	return d
}

// MailServer is one of the two servers that a mailbox has. TLS is from the
// first byte, or by STARTTLS on port 587, which the device finds out.
type MailServer struct {
	Host string
	Port int
}

// Mail is a mailbox.
type Mail struct {
	Text     Text
	Account  string // how Settings calls it
	Person   string // whose name letters carry; "" leaves it out
	Address  string
	Login    string
	IMAP     MailServer
	SMTP     MailServer
	Password Secret // of the mailbox; nil: the device asks
}

func (p Profile) mail(m Mail) dict {
	d := p.common("com.apple.mail.managed", "mail", m.Text)
	d["EmailAccountType"] = "EmailTypeIMAP"
	d.set("EmailAccountName", line(m.Person))
	d.set("EmailAccountDescription", line(m.Account))
	d["EmailAddress"] = m.Address
	for prefix, server := range map[string]MailServer{"Incoming": m.IMAP, "Outgoing": m.SMTP} {
		d[prefix+"MailServerAuthentication"] = "EmailAuthPassword"
		d[prefix+"MailServerHostName"] = server.Host
		d[prefix+"MailServerPortNumber"] = server.Port
		d[prefix+"MailServerUseSSL"] = true
		d[prefix+"MailServerUsername"] = m.Login
	}
	d["OutgoingPasswordSameAsIncomingPassword"] = true
	d.setSecret("IncomingPassword", m.Password)
	return d
}

// Feed is a calendar that is only read, at an address that is secret enough to
// need no sign-in.
type Feed struct {
	ID   string // lower-case letters and digits: what the feed is known by for ever
	Text Text
	Name string // how Settings calls it
	URL  string // https
}

func (p Profile) feed(f Feed) dict {
	d := p.common("com.apple.subscribedcalendar.account", "subcal."+f.ID, f.Text)
	d.set("SubCalAccountDescription", line(f.Name))
	d["SubCalAccountHostName"] = f.URL
	d["SubCalAccountUseSSL"] = true
	return d
}
