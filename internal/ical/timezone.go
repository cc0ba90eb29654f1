package ical

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"ksync/internal/contentline"
)

// maxTransitions bounds the changes of offset that one VTIMEZONE gives: some 500 years
// of summer times. What comes later keeps the last offset.
const maxTransitions = 1000

// transition is a change of offset, in seconds east of UTC, at an instant.
type transition struct {
	instant    int64
	from, to   int64
	isStandard bool
}

// timezone evaluates a VTIMEZONE, RFC 5545 §3.6.5, to a location; nil when it has no
// observance that can be read. X-LIC-LOCATION names the IANA zone it was made from.
func timezone(c *contentline.Component, work *budget) *time.Location {
	if l := c.First("X-LIC-LOCATION"); l != nil {
		if loc := iana(strings.TrimSpace(l.Value)); loc != nil {
			return loc
		}
	}
	var all []transition
	for o := range c.Components() {
		if o.Name == "STANDARD" || o.Name == "DAYLIGHT" {
			all = append(all, onsets(o, work)...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b transition) int { return cmp.Compare(a.instant, b.instant) })
	return location(all[:min(len(all), maxTransitions)])
}

// onsets returns when an observance begins. Its times are on the clock that
// TZOFFSETFROM describes.
func onsets(o *contentline.Component, work *budget) (list []transition) {
	from, ok1 := offsetOf(o, "TZOFFSETFROM")
	to, ok2 := offsetOf(o, "TZOFFSETTO")
	if !ok2 {
		return nil
	}
	if !ok1 {
		from = to
	}
	s := (&reader{zones: nil}).set(o, DefaultLimits)
	if !s.start.ok() {
		return nil
	}
	// A fixed offset before the change makes UNTIL, in UTC, comparable.
	s.start.zone, s.start.kind = time.FixedZone("", int(from)), localKind
	for at := range s.walk(always, time.UTC, work) {
		list = append(list, transition{at.instant, from, to, o.Name == "STANDARD"})
		if len(list) >= maxTransitions/2 {
			break
		}
	}
	return list
}

// offsetOf reads a UTC-OFFSET, RFC 5545 §3.3.14; a missing sign is plus.
func offsetOf(o *contentline.Component, name string) (int64, bool) {
	l := o.First(name)
	if l == nil {
		return 0, false
	}
	v, sign := strings.ReplaceAll(strings.TrimSpace(l.Value), ":", ""), int64(1)
	if rest, ok := strings.CutPrefix(v, "-"); ok {
		v, sign = rest, -1
	}
	n, ok := digits(strings.TrimPrefix(v, "+"))
	switch len(strings.TrimPrefix(v, "+")) {
	case 4:
		n *= 100
	case 6:
	default:
		return 0, false
	}
	seconds := int64(n/10000*secondsPerHour + n/100%100*secondsPerMinute + n%100)
	return sign * seconds, ok && seconds < secondsPerDay
}

// location makes a time.Location by way of the binary form of RFC 8536, the only one
// that the time package takes: version 2, whose first block may be empty.
func location(all []transition) *time.Location {
	t := typeTable{index: map[transition]byte{}}
	t.add(all[0].from, true) // what holds before the first change
	var times, kinds []byte
	for _, change := range all {
		times = binary.BigEndian.AppendUint64(times, uint64(change.instant))
		kinds = append(kinds, t.add(change.to, change.isStandard))
	}
	data := slices.Concat(header(0, 1), make([]byte, 7), header(len(all), len(t.index)),
		times, kinds, t.types, []byte("\x00\n\n"))
	loc, err := time.LoadLocationFromTZData("VTIMEZONE", data)
	if err != nil {
		return nil
	}
	return loc
}

// typeTable numbers the local time types, RFC 8536 §3.2; they have no names here.
type typeTable struct {
	index map[transition]byte
	types []byte
}

func (t *typeTable) add(offset int64, standard bool) byte {
	key := transition{to: offset, isStandard: standard}
	i, ok := t.index[key]
	if ok || len(t.index) == 255 {
		return i
	}
	i = byte(len(t.index))
	t.index[key] = i
	t.types = binary.BigEndian.AppendUint32(t.types, uint32(int32(offset)))
	t.types = append(t.types, flag(!standard), 0)
	return i
}

// header is that of RFC 8536 §3.1 for so many transitions and types, and one name.
func header(transitions, types int) []byte {
	h := append([]byte("TZif2"), make([]byte, 15)...)
	for _, n := range []int{0, 0, 0, transitions, types, 1} {
		h = binary.BigEndian.AppendUint32(h, uint32(n))
	}
	return h
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}
