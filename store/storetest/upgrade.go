package storetest

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"ksync/store"
)

// What is in a database that [Old] makes.
const (
	OldLogin   = "anna"
	OldAccount = 7
	OldBook    = 11 // its URI is "contacts"
	OldCard    = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:old-card\r\nFN:Old Card\r\nEND:VCARD\r\n"
	OldEvent   = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//old//EN\r\nBEGIN:VEVENT\r\nUID:old-event\r\nDTSTAMP:20260101T000000Z\r\n" +
		"DTSTART:20260102T100000Z\r\nDTEND:20260102T110000Z\r\nSUMMARY:Old\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

// Old makes a database as the release left it whose last migration was
// version, with rows in every table that there was.
func Old(t testing.TB, path string, version int64) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	files, err := store.Migrations()
	check(t, err)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	check(t, err)
	for v := int64(1); v <= version; v++ {
		if _, err := p.UpTo(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		for _, row := range rowsOf(v) {
			check(t, row.insert(t, db))
		}
	}
	for table := range strings.FieldsSeq(must(text(t, db, `
		select coalesce(group_concat(name, ' '), '') from sqlite_master
		where type = 'table' and name not like 'sqlite_%' and name <> 'goose_db_version'`))(t)) {
		if n := must(text(t, db, `select count(*) from "`+table+`"`))(t); n == "0" {
			t.Errorf("schema %d has a table %s of which rowsOf has no row: a release could lose what is in it", version, table)
		}
	}
	check(t, db.Close())
}

// Schemas are the numbers of all migrations.
func Schemas(t testing.TB) (all []int64) {
	t.Helper()
	files, err := store.Migrations()
	check(t, err)
	names := must(fs.Glob(files, "*.sql"))(t)
	for n := range names {
		all = append(all, int64(n)+1)
	}
	return all
}

func text(t testing.TB, db *sql.DB, query string) (s string, err error) {
	err = db.QueryRowContext(t.Context(), query).Scan(&s)
	return s, err
}

// row is one of a table; its columns are those that the table had then.
type row struct {
	table   string
	columns map[string]any
}

func (r row) insert(t testing.TB, db *sql.DB) error {
	var names, marks []string
	var values []any
	for name, v := range r.columns {
		values = append(values, v)
		names, marks = append(names, name), append(marks, fmt.Sprintf("$%d", len(values)))
	}
	_, err := db.ExecContext(t.Context(), fmt.Sprintf(`insert into %s (%s) values (%s)`,
		r.table, strings.Join(names, ", "), strings.Join(marks, ", ")), values...)
	if err != nil {
		err = errors.Join(fmt.Errorf("row of %s", r.table), err)
	}
	return err
}

type columns = map[string]any

// in adds the account and the collection of a row.
func in(collection int64, c columns) columns {
	c["account_id"], c["collection_id"] = OldAccount, collection
	return c
}

func owned(c columns) columns {
	c["account_id"] = OldAccount
	return c
}

func content(bytes string, c columns) columns {
	sum := sha256.Sum256([]byte(bytes))
	c["etag"], c["size"], c["bytes"] = hex.EncodeToString(sum[:16]), len(bytes), []byte(bytes)
	return c
}

const oldCalendar = OldBook + 1

// rowsOf are the rows that are added to a database when it has a schema. A
// new migration adds its tables here.
func rowsOf(version int64) []row {
	switch version {
	case 1:
		return append(firstCollections(), firstObjects()...)
	case 2:
		return signInRows()
	case 4:
		return duplicateRows()
	case 5:
		return []row{{"device", owned(columns{"id": 9, "name": "Anna's iPhone", "platform": "iphone", "services": "contacts calendars",
			"app_password_id": 8, "created": 1, "connected": 2, "seen": "contacts"})}}
	default:
		return nil
	}
}

func firstCollections() []row {
	collection := func(id int64, kind, uri string, change, size int) row {
		return row{"collection", owned(columns{
			"id": id, "kind": kind, "uri": uri, "epoch": "0123456789abcdef", "change": change, "oldest": 1, "bytes": size, "count": 1,
			"kept_bytes": 0, "created": 1, "modified": 2, "deleted_at": 0, "display_name": uri, "description": "d", "color": "#ff0000",
			"sort_order": 3, "time_zone_id": "Europe/Berlin", "components": "", "source": "", "time_zone": "",
		})}
	}
	book := collection(OldBook, "addressbook", "contacts", 4, len(OldCard))
	book.columns["kept_bytes"] = len(OldCard)
	return []row{
		{"account", columns{"id": OldAccount, "login": OldLogin, "email": "anna@example.org", "name": "Anna", "locale": "de", "time_zone": "Europe/Berlin",
			"password_hash": "x", "disabled": 0, "quota": 0, "created": 1, "deleted_at": 0}},
		{"account_name", owned(columns{"name": OldLogin})},
		{"account_name", owned(columns{"name": "anna@example.org"})},
		{"app_password", owned(columns{"id": 8, "name": "phone", "hash": []byte{1}, "key_id": "k", "scope": 63, "created": 1, "expires": 0,
			"revoked": 0, "last_used": 0, "last_place": "", "last_agent": ""})},
		book,
		collection(oldCalendar, "calendar", "private", 2, len(OldEvent)),
		{"property", in(OldBook, columns{"uri": "", "name": "{x}p", "value": "<p/>"})},
	}
}

func duplicateRows() []row {
	const far = int64(1) << 60
	return []row{
		{"object_key", in(OldBook, columns{"change": 3, "key": -7})},
		{"duplicate_hidden", owned(columns{"id": 1, "at": 1, "pair": "a b", "data": []byte("{}")})},
		{"merge", owned(columns{"id": 1, "kind": "merge", "at": 1, "until": far, "undone_at": 0, "parent_id": 0, "size": 1, "token": "", "data": []byte("{}")})},
		{"merge_card", in(OldBook, columns{"merge_id": 1, "position": 0, "uri": "old.vcf", "data": []byte("{}"), "bytes_before": []byte("x"), "bytes_after": nil})},
		{"merged_uid", owned(columns{"uid": "u", "until": far, "data": []byte("{}")})},
	}
}

func firstObjects() []row {
	return []row{
		{"object", in(OldBook, content(OldCard, columns{"uri": "old.vcf", "change": 3, "created": 1, "modified": 2, "uid": "old-card",
			"component": "VCARD", "first_start": 0, "last_end": 0, "recurring": 0, "exact": 1}))},
		{"object", in(oldCalendar, content(OldEvent, columns{"uri": "old.ics", "change": 2, "created": 1, "modified": 2, "uid": "old-event",
			"component": "VEVENT", "first_start": 1767348000000, "last_end": 1767351600000, "recurring": 0, "exact": 1}))},
		{"tombstone", in(OldBook, columns{"uri": "gone.vcf", "change": 4, "deleted_at": 5})},
		{"version", in(OldBook, content(OldCard, columns{"uri": "gone.vcf", "change": 4, "written": 1, "replaced_at": 2, "app_password_id": 8,
			"agent": "a", "reason": "delete"}))},
	}
}

func signInRows() []row {
	return []row{
		{"session", owned(columns{"id": 1, "hash": []byte{2}, "created": 1, "fresh": 1, "last_seen": 1, "idle": 1, "expires": 1 << 50, "stay": 1,
			"factor": "f", "place": "p", "agent": "a"})},
		{"totp", owned(columns{"secret": []byte{3}, "created": 1, "last_step": 1, "tries": 0, "tries_since": 0})},
		{"backup_code", owned(columns{"hash": []byte{4}, "created": 1, "used": 0})},
		{"passkey", owned(columns{"id": 1, "hash": []byte{5}, "name": "n", "counter": 1, "created": 1, "last_used": 1, "credential": []byte{6}})},
		{"ticket", owned(columns{"hash": []byte{7}, "kind": "k", "id": 1, "created": 1, "expires": 1 << 50, "data": "d"})},
		{"activity", owned(columns{"id": 1, "at": 2, "since": 1, "count": 1, "kind": "k", "place": "p", "client": "c", "agent": "a", "session_id": 1,
			"app_password_id": 8, "detail": "d"})},
		{"known_place", owned(columns{"app_password_id": 8, "place": "p", "client": "c", "first_seen": 1, "last_seen": 2})},
		{"notice", owned(columns{"id": 1, "kind": "k", "topic": "t", "address": "a@example.org", "locale": "de", "activity_id": 1, "created": 1, "due": 1,
			"attempts": 0, "sent": 2, "data": []byte{8}})},
	}
}

// Rows prints the rows of every table that likeness has too, by its columns
// except for some: what of an old database must be in the one that was made from it.
// What a migration has left to be done afterwards (stale_index) is none of it.
func Rows(t testing.TB, path, likeness string, except ...string) (out []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	check(t, err)
	defer db.Close()
	model, err := sql.Open("sqlite", likeness)
	check(t, err)
	defer model.Close()
	tables := must(text(t, model, `select coalesce(group_concat(name, ' '), '') from sqlite_master
		where type = 'table' and name not like 'sqlite_%' and name not in ('goose_db_version', 'stale_index')`))(t)
	for table := range strings.FieldsSeq(tables) {
		columns := must(text(t, model, `select group_concat('quote("' || name || '")', ' || ''|'' || ') from pragma_table_info('`+table+`')
			where name not in ('`+strings.Join(except, "', '")+`')`))(t)
		all := must(text(t, db, `select coalesce(group_concat(line, char(10)), '') from (select `+columns+` as line from "`+table+`" order by 1)`))(t)
		for line := range strings.Lines(all) {
			out = append(out, table+": "+strings.TrimSuffix(line, "\n"))
		}
	}
	return out
}
