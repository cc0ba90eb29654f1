package dedup

import "math"

// Lane is how sure a group or pair is.
type Lane uint8

// The lanes, from the least to the most certain. Nothing is ever merged without a person.
const (
	Unrelated Lane = iota
	Possible       // perhaps two people of one name: not shown unless asked for
	Likely
	Sure // nothing contradicts, and more than a name agrees: may be merged in bulk after review
)

// String is the lane's name in APIs.
func (l Lane) String() string { return [...]string{"unrelated", "possible", "likely", "sure"}[l] }

// The probabilities at which lanes begin.
const (
	sureFrom     = 0.95
	likelyFrom   = 0.5
	possibleFrom = 0.08
	belowSure    = 0.94
)

// LaneOf is the lane of a probability.
func LaneOf(p float64) Lane {
	switch {
	case p >= sureFrom:
		return Sure
	case p >= likelyFrom:
		return Likely
	case p >= possibleFrom:
		return Possible
	}
	return Unrelated
}

// Match is the comparison of two cards.
type Match struct {
	Score    float64  // probability that both are about one person or firm
	Veto     bool     // they are not, whatever else agrees: no group may hold both
	Reasons  []Reason // strongest first; nil unless asked for
	bits     float64
	against  float64 // bits that spoke against
	relation relation
	bare     bool
}

// scoring collects the evidence on two cards.
type scoring struct {
	s        *Stats
	a, b     *Card
	prior    float64
	name     nameMatch
	bits     float64
	against  float64
	own      int  // identifiers of one person in common
	medium   int  // other things in common that few share
	conflict bool // something that has one value differs
	owned    int  // own, counted beforehand: guards must know
	apart    bool // both have numbers or mailboxes of their own, and none in common
	veto     bool
	explain  bool
	reasons  []Reason
}

// compare scores two cards of the book. The order of the two makes no difference but to the reasons.
func (s *Stats) compare(a, b *Card, explain bool) Match {
	if b.before(a) {
		m := s.compare(b, a, explain)
		for i, r := range m.Reasons {
			m.Reasons[i].A, m.Reasons[i].B = r.B, r.A
		}
		return m
	}
	sc := scoring{s: s, a: a, b: b, prior: s.prior(), explain: explain}
	sc.name = s.compareNames(&a.name, &b.name)
	sc.bits = -sc.prior
	if sc.kinds() {
		sc.survey()
		sc.nameBits()
		sc.phones()
		sc.mails()
		sc.links()
		sc.birthdays()
		sc.places()
		sc.employers()
		sc.copies()
		sc.generations()
	}
	return sc.match()
}

func (sc *scoring) match() Match {
	p := 1 / (1 + math.Exp2(-sc.bits))
	if !sc.mayBeSure() {
		p = math.Min(p, belowSure)
	}
	if sc.veto {
		p = math.Min(p, possibleFrom/2)
	}
	sortReasons(sc.reasons)
	return Match{Score: p, Veto: sc.veto, Reasons: sc.reasons, bits: sc.bits, against: sc.against, relation: sc.relation(), bare: sc.bare()}
}

// relation is that of the names; a single word that differs may be what somebody calls the other.
func (sc *scoring) relation() relation {
	if sc.name.relation == relDifferent && sc.name.lone {
		return relNone
	}
	return sc.name.relation
}

// mayBeSure: a bulk merge needs names that agree, something besides them, and nothing that contradicts.
func (sc *scoring) mayBeSure() bool {
	if sc.conflict || sc.name.soft {
		return false
	}
	switch sc.name.relation {
	case relSame, relVariant, relScript:
		return sc.own > 0 || sc.medium > 1 || sc.medium > 0 && sc.name.relation == relSame
	case relWeak:
		return sc.own > 0
	case relNone:
		return sc.own > 1 || sc.own > 0 && (sc.medium > 0 || len(sc.a.name.words) == 0 || len(sc.b.name.words) == 0)
	case relRenamed:
		return sc.own > 1 || sc.own > 0 && sc.medium > 0
	}
	return false
}

// leniency is for cards without numbers and mailboxes: they come from forms that somebody typed, and have more slips.
const leniency = 0.65

// add counts evidence in and remembers it for the explanation.
func (sc *scoring) add(field string, v Verdict, bits float64, a, b string) {
	if bits < 0 && sc.bare() {
		bits *= leniency
	}
	sc.bits += bits
	if bits < 0 {
		sc.against += bits
	}
	if sc.explain {
		sc.reasons = append(sc.reasons, Reason{Field: field, Verdict: v, Bits: bits, A: a, B: b})
	}
}

// What names prove at most above the prior, and what is taken off because given and family names are not independent:
// both come from one language.
const (
	mostSame    = 3.25
	mostVariant = 3
	kinship     = 1
)

// nameBits adds what the names say. It is capped: no name is so rare that it proves anything alone.
func (sc *scoring) nameBits() {
	m := &sc.name
	bits, v := m.bits, Similar
	switch m.relation {
	case relNone:
		return
	case relSame:
		v = Same
		bits = math.Min(bits-kinship, sc.prior+mostSame)
		bits -= m.missing()
	case relVariant:
		if m.twin && sc.household() {
			bits -= 4.5
		}
		bits = math.Min(bits-kinship, sc.prior+mostVariant) - 0.5 - m.missing()
	case relWeak:
		bits = math.Min(bits, 9) - 1
	case relScript:
		bits = math.Min(bits, 6) - 2
	case relHousehold:
		v, bits = Differs, math.Min(bits, 8)-sc.softer(8)
	case relRenamed:
		v, bits = Differs, math.Min(bits, 7)-sc.softer(4.5)
	case relMixed:
		v, bits = Differs, math.Min(bits, 9)-sc.softer(5)
	case relDifferent:
		v, bits = Differs, -sc.softer(7)
		if m.lone {
			bits = -2.5
		}
	}
	sc.add("name", v, bits, sc.a.name.text(), sc.b.name.text())
}

// missing is what words weigh that only one name has.
func (m *nameMatch) missing() float64 {
	switch {
	case m.headless:
		return 3
	case m.extra:
		return 0.7
	}
	return 0
}

// softer lessens a penalty if what differs is alike.
func (sc *scoring) softer(penalty float64) float64 {
	if sc.name.soft {
		if sc.bare() {
			return penalty - 5 // a slip that happens to make a name
		}
		return penalty - 2
	}
	return penalty
}
