package dedup

import "math"

// shared is a number, mailbox or link that two cards have in common.
type shared struct {
	value  string
	worth  float64 // above the prior, if it is of one person
	people int     // who carry it, estimated by their names
	firm   bool    // a firm's own card carries it
	own    bool    // it is of a kind that people do not share
}

// weigh says what a common value is worth, by how many carry it. dedupe.md §5.4: one mobile on two cards is much, one
// number on five cards with four names nothing.
func (sc *scoring) weigh(v shared) float64 {
	if sc.firms() {
		v.people = 1 // its people have its number
	}
	bits := sc.prior + v.worth
	if v.people > 2 {
		bits -= 2.5 * math.Log2(float64(v.people)/2)
	}
	if v.people > 4 && !v.own {
		bits = math.Min(bits, 3)
	}
	if v.firm && !sc.firms() {
		bits -= 3
	}
	return math.Max(bits, 0.5)
}

// survey counts what only one person has, so that the guards do not depend on the order of the fields.
func (sc *scoring) survey() {
	for _, p := range sc.a.phones {
		for _, q := range sc.b.phones {
			if p.same(q) && sc.ofOne(sc.sharedPhone(p, q)) {
				sc.owned++
			}
		}
	}
	for _, m := range sc.a.mails {
		if hasMail(sc.b.mails, m) && sc.ofOne(sc.sharedMail(m)) {
			sc.owned++
		}
	}
	sc.apart = sc.owned == 0 && sc.a.reachable() && sc.b.reachable()
}

// reachable says whether the card has a number or mailbox that one person has alone.
func (c *Card) reachable() bool {
	return hasLine(c.phones, mobile) || hasLine(c.phones, direct) || personal(c.mails)
}

// ofOne says whether the value identifies whoever has it.
func (sc *scoring) ofOne(v shared) bool { return v.own && (v.people <= 3 || sc.firms()) }

func (sc *scoring) phones() {
	a, b := sc.a.phones, sc.b.phones
	if len(a) == 0 || len(b) == 0 {
		return
	}
	found, own := 0, sc.own
	for _, p := range a {
		for _, q := range b {
			if p.same(q) {
				sc.common("phone", sc.sharedPhone(p, q), found)
				found++
				break
			}
		}
	}
	switch {
	case sc.own > own:
	case hasLine(a, mobile) && hasLine(b, mobile):
		sc.differ("phone", -2.5, a[0].number, b[0].number)
	case found == 0:
		sc.differ("phone", -0.7, a[0].number, b[0].number)
	}
}

func hasLine(ps []phone, l line) bool {
	for _, p := range ps {
		if p.line == l {
			return true
		}
	}
	return false
}

func (sc *scoring) sharedPhone(p, q phone) shared {
	key := "p:" + p.key()
	v := shared{value: p.number, people: sc.s.people(key), firm: sc.s.ofFirm(key)}
	switch kind := lineOf(p, q); kind {
	case mobile, direct:
		v.worth, v.own = 4.5, true
	case fax:
		v.worth = -4
	case landline, workline:
		v.worth = -1
		if sc.firms() {
			v.worth, v.own = 2, true
		}
	default:
		v.worth, v.own = 2.5, true
	}
	return v
}

// firms says whether both cards may be of firms, and one is.
func (sc *scoring) firms() bool {
	a, b := sc.a.name.kind, sc.b.name.kind
	return a == firm && (b == firm || b == unknownKind) || b == firm && a == unknownKind
}

// lineOf takes the better known of two descriptions of one number.
func lineOf(p, q phone) line {
	for _, l := range []line{direct, mobile, fax, workline, landline} {
		if p.line == l || q.line == l {
			return l
		}
	}
	return anyLine
}

func (sc *scoring) mails() {
	a, b := sc.a.mails, sc.b.mails
	found, own := 0, sc.own
	for _, m := range a {
		if hasMail(b, m) {
			sc.common("mail", sc.sharedMail(m), found)
			found++
		}
	}
	if sc.own > own || !personal(a) || !personal(b) {
		return
	}
	bits := -2.0
	if sameDomain(a, b) {
		bits = -3
	}
	sc.differ("mail", bits, a[0].key, b[0].key)
}

func hasMail(ms []mailbox, m mailbox) bool {
	for _, o := range ms {
		if o.key == m.key {
			return true
		}
	}
	return false
}

func (sc *scoring) sharedMail(m mailbox) shared {
	key := "m:" + m.key
	v := shared{value: m.key, worth: 5, people: sc.s.people(key), firm: sc.s.ofFirm(key), own: !m.shared}
	switch {
	case m.shared && sc.firms():
		v.worth, v.own = 2, true
	case m.shared:
		v.worth = -2.5
	}
	return v
}

func personal(ms []mailbox) bool {
	for _, m := range ms {
		if !m.shared {
			return true
		}
	}
	return false
}

// sameDomain: two mailboxes at one host are more often of two people than two at two hosts.
func sameDomain(a, b []mailbox) bool {
	for _, m := range a {
		for _, o := range b {
			if m.domain == o.domain && !m.shared && !o.shared {
				return true
			}
		}
	}
	return false
}

// links compares web addresses, chat handles and photos.
func (sc *scoring) links() {
	found := 0
	for _, u := range sc.a.urls {
		for _, w := range sc.b.urls {
			if u == w {
				key := "u:" + u
				sc.common("url", shared{value: u, worth: -2, people: sc.s.people(key), firm: sc.s.ofFirm(key)}, found)
				found++
			}
		}
	}
	if sc.a.photo != "" && sc.a.photo == sc.b.photo {
		sc.common("photo", shared{worth: 1, people: 1}, 0)
	}
	if sc.a.UID != "" && sc.a.UID == sc.b.UID {
		sc.common("uid", shared{value: sc.a.UID, worth: 3, people: 1, own: true}, 0)
	}
}

// common adds a value in common, after the guards. Each further one says less.
func (sc *scoring) common(field string, v shared, before int) {
	bits := sc.guard(v)
	if before > 0 {
		bits = math.Min(bits, 4)
	}
	if sc.ofOne(v) {
		sc.own++
	} else if before == 0 && v.people <= 3 {
		sc.medium++
	}
	sc.add(field, Same, bits, v.value, v.value)
}

// differ adds that two cards have nothing in common in a field that can have many values.
func (sc *scoring) differ(field string, bits float64, a, b string) {
	if sc.owned > 0 {
		bits *= 0.4 // people change what they have; they keep some of it
	}
	sc.add(field, Differs, bits, a, b)
}
