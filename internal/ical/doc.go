// Package ical reads calendar object resources (RFC 4791 §4.1) and answers what a
// CalDAV server asks about them: are they storable, when do they happen, does a filter
// match, what does a report show of them.
//
// An [Object] keeps its text untouched; questions never change it. Times are counted
// in two worlds. Rules run on a wall clock without a zone, where a period of a rule can
// be jumped to, so that a window decades after DTSTART costs what one beside it costs.
// Zones turn the result into instants: a time that a clock skips is read with the
// offset before the gap, one that it shows twice is the first (RFC 5545 §3.3.5).
// Floating times and dates get the location of whoever asks.
//
// Everything is bounded by [Limits], in instances and in work, since forty bytes of
// RRULE can mean more instances than a machine can count. What a bound cuts off, or
// what cannot be read, is treated as if it were there: a filter matches and a [Span] is
// open. Clients delete what a query does not list, so this package may show too much,
// never too little.
//
// Reading is lenient wherever the meaning can be guessed: the types of UNTIL, EXDATE
// and RECURRENCE-ID may differ from that of DTSTART, zone names may be those of
// Windows, UID and DTSTAMP may be missing. What the text of a property means beyond
// dates is left to others.
package ical
