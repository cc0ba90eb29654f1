"""Uses a CalDAV server through python3-caldav: caldav_client.py URL LOGIN PASSWORD.

Each step is a function; an exception ends the script with its name.
"""

import sys
from datetime import datetime, timezone

import caldav
from caldav.elements import dav
from caldav.lib import error
from lxml import etree


def utc(*when):
    return datetime(*when, tzinfo=timezone.utc)


def event(uid, summary, *lines):
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//interop//EN", "BEGIN:VEVENT", "UID:" + uid,
         "DTSTAMP:20260101T000000Z", "SUMMARY:" + summary, *lines, "END:VEVENT", "END:VCALENDAR", ""])


def todo(uid, summary, *lines):
    return event(uid, summary, *lines).replace("VEVENT", "VTODO")


def finds_the_account(client):
    principal = client.principal()
    names = sorted(str(c.url).rstrip("/").rsplit("/", 1)[1] for c in principal.calendars())
    assert names == ["calendar", "tasks"], names
    return principal


def makes_a_calendar(principal):
    calendar = principal.make_calendar(name="Büro & Team", cal_id="work")
    assert calendar.get_display_name() == "Büro & Team", calendar.get_display_name()
    assert "work" in [str(c.url).rstrip("/").rsplit("/", 1)[1] for c in principal.calendars()]
    tasks = principal.make_calendar(name="Todo", cal_id="todo", supported_calendar_component_set=["VTODO"])
    assert tasks.get_supported_components() == ["VTODO"], tasks.get_supported_components()
    return calendar, tasks


def saves_events(calendar):
    calendar.save_event(event("once@example.org", "Once", "DTSTART:20260302T090000Z", "DTEND:20260302T100000Z", "CATEGORIES:red"))
    calendar.save_event(event("daily@example.org", "Daily", "DTSTART:20260301T120000Z", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=10"))
    calendar.save_event(event("allday", "Holiday", "DTSTART;VALUE=DATE:20260401", "DTEND;VALUE=DATE:20260403"))
    summaries = sorted(e.vobject_instance.vevent.summary.value for e in calendar.events())
    assert summaries == ["Daily", "Holiday", "Once"], summaries
    found = calendar.event_by_uid("daily@example.org")
    assert "RRULE:FREQ=DAILY;COUNT=10" in found.data, found.data
    try:
        calendar.event_by_uid("nobody")
        raise AssertionError("found an event that is not there")
    except error.NotFoundError:
        pass


def searches_by_time(calendar):
    masters = calendar.date_search(utc(2026, 3, 2), utc(2026, 3, 4), expand=False)
    assert len(masters) == 2, [m.data for m in masters]
    expanded = calendar.search(event=True, start=utc(2026, 3, 2), end=utc(2026, 3, 4), expand=True)
    starts = sorted(e.icalendar_component["DTSTART"].dt for e in expanded)
    assert starts == [utc(2026, 3, 2, 9), utc(2026, 3, 2, 12), utc(2026, 3, 3, 12)], starts
    assert all("RRULE" not in e.data for e in expanded), "expanded by us, not by the server"
    none = calendar.date_search(utc(2027, 1, 1), utc(2027, 2, 1), expand=False)
    assert none == [], none
    open_end = calendar.date_search(utc(2026, 3, 10, 12, 10))
    assert len(open_end) == 2, [e.data for e in open_end]  # the last Daily has not ended, Holiday is to come


def searches_by_text(calendar):
    # The library asks for the collation i;octet, which tells capitals apart.
    assert [e.vobject_instance.vevent.uid.value for e in calendar.search(event=True, summary="Holi")] == ["allday"]
    assert len(calendar.search(event=True, summary="holi")) == 0
    assert len(calendar.search(event=True, category="red")) == 1
    assert len(calendar.search(event=True, summary="nothing like it")) == 0


def keeps_tasks(tasks):
    tasks.save_todo(todo("milk", "Milk", "DUE:20260305T170000Z", "PRIORITY:3"))
    tasks.save_todo(todo("bread", "Bread"))
    done = tasks.save_todo(todo("done", "Done", "DUE:20260304T170000Z"))
    assert sorted(t.vobject_instance.vtodo.summary.value for t in tasks.todos()) == ["Bread", "Done", "Milk"]
    done.complete(completion_timestamp=utc(2026, 3, 4, 18))
    assert sorted(t.vobject_instance.vtodo.summary.value for t in tasks.todos()) == ["Bread", "Milk"]
    assert len(tasks.todos(include_completed=True)) == 3
    due = tasks.search(todo=True, start=utc(2026, 3, 5), end=utc(2026, 3, 6))
    # RFC 4791 §9.9: a to-do without any date is in every range.
    assert sorted(t.vobject_instance.vtodo.uid.value for t in due) == ["bread", "milk"], [t.data for t in due]


def refuses_the_wrong_component(tasks):
    try:
        tasks.save_event(event("misplaced", "Misplaced", "DTSTART:20260302T090000Z"))
        raise AssertionError("an event in a list of tasks")
    except error.PutError:
        pass
    except error.AuthorizationError:  # what 0.11 makes of every 403
        pass


def syncs_by_token(calendar):
    known = calendar.objects_by_sync_token(load_objects=True)
    assert len(list(known)) == 3
    added = calendar.save_event(event("added", "Added", "DTSTART:20260501T090000Z"))
    gone = calendar.event_by_uid("once@example.org")
    gone.delete()
    changed = calendar.objects_by_sync_token(sync_token=known.sync_token)
    urls = sorted(str(o.url).rsplit("/", 1)[1] for o in changed)
    assert urls == sorted(str(o.url).rsplit("/", 1)[1] for o in (added, gone)), urls
    updated, deleted = known.sync()
    assert [o.url for o in updated] == [added.url] and [o.url for o in deleted] == [gone.url], (updated, deleted)
    updated, deleted = known.sync()
    assert list(updated) == [] and list(deleted) == []


def changes_an_event(calendar):
    e = calendar.event_by_uid("added")
    e.vobject_instance.vevent.summary.value = "Added, then changed"
    e.save()
    assert calendar.event_by_uid("added").vobject_instance.vevent.summary.value == "Added, then changed"


def asks_for_free_and_busy(calendar):
    """The report is optional, but what is advertised must work and what is not must be refused."""
    answer = calendar.get_properties([dav.SupportedReportSet()], parse_response_xml=False)
    offered = b"free-busy-query" in etree.tostring(answer.tree)
    try:
        text = calendar.freebusy_request(utc(2026, 3, 1), utc(2026, 3, 3)).data
    except error.AuthorizationError:
        assert not offered, "free-busy-query is advertised and refused"
        return
    assert offered, "free-busy-query works and is not advertised"
    assert "BEGIN:VFREEBUSY" in text, text
    assert "20260301T120000Z/" in text and "20260302T120000Z/" in text, text


def uses_a_uid_and_a_name_again(principal, calendar):
    calendar.event_by_uid("added").delete()
    calendar.save_event(event("added", "Again", "DTSTART:20260502T090000Z"))
    assert calendar.event_by_uid("added").vobject_instance.vevent.summary.value == "Again"
    calendar.delete()
    assert "work" not in [str(c.url).rstrip("/").rsplit("/", 1)[1] for c in principal.calendars()]
    again = principal.make_calendar(name="Anew", cal_id="work")
    assert again.events() == []
    assert list(again.objects_by_sync_token()) == []


def main(url, login, password):
    client = caldav.DAVClient(url, username=login, password=password)
    principal = finds_the_account(client)
    calendar, tasks = makes_a_calendar(principal)
    saves_events(calendar)
    searches_by_time(calendar)
    searches_by_text(calendar)
    keeps_tasks(tasks)
    refuses_the_wrong_component(tasks)
    syncs_by_token(calendar)
    changes_an_event(calendar)
    asks_for_free_and_busy(calendar)
    uses_a_uid_and_a_name_again(principal, calendar)
    print("all steps done")


main(*sys.argv[1:])
