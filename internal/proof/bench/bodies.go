package main

import (
	"time"

	"ksync/internal/proof"
)

// What clients ask, as they ask it (clients.md 2).
const (
	pollBody = `<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><D:sync-token/><CS:getctag/></D:prop></D:propfind>`
	listBody = `<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/><D:getcontenttype/><D:resourcetype/></D:prop></D:propfind>`

	calendarQuery = `<C:calendar-query xmlns:C="` + proof.CalDAV + `" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR">`
	endOfQuery    = `</C:comp-filter></C:filter></C:calendar-query>`

	openTasks = calendarQuery + `<C:comp-filter name="VTODO"><C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter>` +
		`<C:prop-filter name="STATUS"><C:text-match negate-condition="yes">CANCELLED</C:text-match></C:prop-filter></C:comp-filter>` + endOfQuery
	textMatch = `<C:addressbook-query xmlns:C="` + proof.CardDAV + `" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter test="anyof">` +
		`<C:prop-filter name="FN"><C:text-match collation="i;unicode-casemap" match-type="contains">ROSSI 77</C:text-match></C:prop-filter>` +
		`<C:prop-filter name="EMAIL"><C:text-match collation="i;unicode-casemap" match-type="contains">rossi 77</C:text-match></C:prop-filter></C:filter></C:addressbook-query>`
)

// kSyncQuery lists events that end after a day 90 days ago, with no end.
func kSyncQuery(now time.Time) string {
	return calendarQuery + `<C:comp-filter name="VEVENT"><C:time-range start="` + utc(now.AddDate(0, 0, -90)) + `"/></C:comp-filter>` + endOfQuery
}

// month is what a calendar on a screen shows.
func month(now time.Time) string {
	return calendarQuery + `<C:comp-filter name="VEVENT"><C:time-range start="` + utc(now) + `" end="` + utc(now.AddDate(0, 1, 0)) + `"/></C:comp-filter>` + endOfQuery
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
