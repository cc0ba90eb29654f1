package dedup

import "math"

// guard weighs a common value, or lets it count for less where it is shared by people whose names say that they are
// two: a household, successive owners of a number, colleagues.
func (sc *scoring) guard(v shared) float64 {
	bits := sc.weigh(v)
	second := sc.owned > 1
	if sc.bare() {
		return bits
	}
	if sc.household() {
		return sc.householdShare(v, bits, second)
	}
	switch sc.name.relation {
	case relDifferent:
		if sc.name.lone && v.own {
			return bits
		}
		if !v.own {
			return math.Min(bits, 2)
		}
		if !second {
			return bits - 3.5 // a recycled number, a parent's mailbox
		}
	case relRenamed:
		if !v.own {
			return math.Min(bits, 5) // people who share a flat or an office
		}
	case relMixed:
		if !v.own {
			return math.Min(bits, 6)
		}
	case relNone:
		if !v.own {
			return bits - 4
		}
	}
	return bits
}

// householdShare: a family has one surname, one landline and one address, so these are worth nothing together. Its
// members mostly have their own mobiles and mailboxes.
func (sc *scoring) householdShare(v shared, bits float64, second bool) float64 {
	switch {
	case !v.own:
		return math.Min(bits, 0.5)
	case second:
		return bits
	}
	return bits - 1.5
}

// kinds says whether two cards can be about the same kind of thing.
func (sc *scoring) kinds() bool {
	a, b := sc.a.name.kind, sc.b.name.kind
	if a == b || a == unknownKind || b == unknownKind {
		return sc.firmAgainstName(a, b)
	}
	if a == alias || b == alias {
		if a != firm && b != firm && a != couple && b != couple {
			return true
		}
	}
	sc.veto = true
	sc.add("kind", Differs, -20, "", "")
	return false
}

// firmAgainstName: a name that is not known to be a firm's may be one's, if its words are.
func (sc *scoring) firmAgainstName(a, b kind) bool {
	if a == b || a != firm && b != firm && a != couple && b != couple {
		return true
	}
	switch sc.name.relation {
	case relSame, relVariant, relWeak:
		return true
	}
	sc.veto = true
	sc.add("kind", Differs, -20, "", "")
	return false
}

func (sc *scoring) birthdays() {
	a, b := sc.a.bday, sc.b.bday
	household := sc.household()
	switch compareDates(a, b) {
	case dateUnknown:
		return
	case dateSame:
		bits := math.Min(sc.prior-1, 12)
		if household {
			bits = 2 // twins
		}
		sc.medium++
		sc.add("birthday", Same, bits, a.text(), b.text())
	case dateSameDay:
		bits := 7.0
		if household {
			bits = 1
		}
		sc.medium++
		sc.add("birthday", Similar, bits, a.text(), b.text())
	case dateSlip:
		sc.conflict = true
		sc.add("birthday", Similar, 1, a.text(), b.text())
	case dateOther:
		sc.otherBirthday(sc.bare(), -9, a, b)
	case dateGeneration:
		sc.otherBirthday(sc.bare(), -14, a, b)
	}
}

// otherBirthday: two people, unless they share what only one has. mistyped cards have nothing that could tell.
func (sc *scoring) otherBirthday(mistyped bool, bits float64, a, b date) {
	sc.conflict = true
	switch {
	case mistyped:
		bits = -5
	case sc.owned == 0 || sc.name.relation != relSame && sc.name.relation != relVariant:
		sc.veto = true
	}
	sc.add("birthday", Differs, bits, a.text(), b.text())
}

// bare says that neither card has a number or mailbox, which would tell people of one household apart: then what they
// have in common is all there is to go by.
func (sc *scoring) bare() bool {
	return len(sc.a.phones)+len(sc.a.mails)+len(sc.b.phones)+len(sc.b.mails) == 0
}

// household says whether these may be two people of one family name at one address: the given names differ, or are
// alike or of two scripts, and each has numbers or mailboxes of their own.
func (sc *scoring) household() bool {
	if sc.bare() {
		return false
	}
	switch sc.name.relation {
	case relHousehold:
		return true
	case relScript:
		return sc.owned == 0
	case relNone:
		return sc.apart
	}
	return sc.name.twin && sc.apart
}

// generations: Jr. and Sr. are two; so mostly are Jr. and a name without it.
func (sc *scoring) generations() {
	a, b := sc.a.name.generation, sc.b.name.generation
	if a == b {
		return
	}
	sc.conflict = true
	if a != noGeneration && b != noGeneration {
		sc.veto = true
		sc.add("generation", Differs, -20, "", "")
		return
	}
	bits := -3.0
	if sc.owned == 0 {
		sc.veto, bits = true, -9
	}
	sc.add("generation", Differs, bits, "", "")
}

func (sc *scoring) places() {
	best := addressUnknown
	var at [2]address
	for _, x := range sc.a.addresses {
		for _, y := range sc.b.addresses {
			if m := compareAddresses(x, y); best == addressUnknown || m < best {
				best, at = m, [2]address{x, y}
			}
		}
	}
	x, y := at[0].text(), at[1].text()
	switch best {
	case addressSame:
		sc.add("address", Same, sc.place(-2.5, at[0]), x, y)
	case addressNear:
		sc.add("address", Similar, sc.place(-4, at[0]), x, y)
	case addressHalf:
		worth := -10.5
		if sc.bare() {
			worth = -8
		}
		sc.add("address", Similar, sc.guard(shared{worth: worth, people: 1}), x, y)
	case addressPlace:
		sc.add("address", Differs, 0, x, y)
	case addressOther:
		sc.differ("address", -2.5, x, y)
	}
}

// place weighs a common address: that of a firm is its people's, that of a home its household's.
func (sc *scoring) place(worth float64, a address) float64 {
	v := shared{worth: worth, people: 1}
	if key := a.key(); key != "" {
		v.people, v.firm = sc.s.people("a:"+key), sc.s.ofFirm("a:"+key)
	}
	if v.people <= 3 {
		sc.medium++
	}
	return sc.guard(v)
}

func (sc *scoring) employers() {
	a, b := sc.a.org, sc.b.org
	if a == "" || b == "" || sc.firms() {
		return // a firm's own name is compared as its name
	}
	if a == b || len(a) > 5 && len(b) > 5 && (edits(a, b, 1) <= 1 || hasPrefixEither(a, b)) {
		bits := math.Log2(float64(sc.s.cards+priorCards)/float64(sc.s.orgs[a]+3)) - 3
		switch sc.name.relation {
		case relHousehold, relRenamed, relDifferent, relNone, relMixed:
			bits = 0.5
		}
		if sc.a.name.kind != firm {
			bits = math.Min(bits, 6)
		}
		sc.medium++
		sc.add("employer", Same, bits, a, b)
		return
	}
	sc.differ("employer", -2.5, a, b)
}

func hasPrefixEither(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return b[:len(a)] == a
}

// copies: two cards that say the same in everything, a number at least, are one that was imported twice.
func (sc *scoring) copies() {
	if !sc.a.empty && sc.a.Same(sc.b) {
		sc.medium += 2
		sc.add("copy", Same, 6, "", "")
	}
}
