package store

import (
	"errors"
	"strings"
	"testing"
)

// Every damage that a hand, a disk or a bug can do to a row is found.
func TestInspect_Finds(t *testing.T) {
	t.Parallel()
	derive := Derive{AddressBook: func(b []byte) (Index, error) {
		if string(b) == "?" {
			return Index{}, errors.New("no card")
		}
		return Index{UID: string(b)}, nil
	}}
	for _, test := range []struct{ name, sql, finding string }{
		{"nothing", `select 1`, ""},
		{"bytes", `update object set bytes = x'78', size = 1`, "has ETag"},
		{"size", `update object set size = 4`, "its row says 4"},
		{"index", `update object set last_end = 7`, "is found by"},
		{"another UID", `update object set uid = 'b'`, "is found by"},
		{"bytes that nobody understands", `update object set bytes = x'3f'`, "cannot be understood: no card"},
		{"counters", `update collection set count = count + 1`, "counters say"},
		{"counter of bytes", `update collection set bytes = bytes + 1`, "counters say"},
		{"counter of versions", `update collection set kept_bytes = kept_bytes + 1`, "counters say"},
		{"tombstone from the future", `insert into tombstone select account_id, collection_id, 'z', 99, 0 from object`, "1 tombstones with a number not given out"},
		{"oldest of none", `update collection set oldest = 0`, "oldest 0"},
		{"number from the future", `update object set change = 99`, "1 objects with a number not given out"},
		{"number from before the beginning", `update object set change = 1`, "1 objects with a number not given out"},
		{"version from the future", `update version set change = 99 where uri = 'a'`, "1 versions replaced by a number not given out"},
		{"version's bytes", `update version set bytes = x'79'`, "has ETag"},
		{"there and deleted", `insert into tombstone select account_id, collection_id, uri, 2, 0 from object`, "1 names of an object and a tombstone"},
		{"one number twice", `insert into tombstone select account_id, collection_id, 'z', change, 0 from object`, "1 numbers of an object and a tombstone"},
		{"a deletion that is not told", `delete from tombstone`, "1 changes or deletions that nobody is told of"},
		{"a deletion told under an older number", `update tombstone set change = 2`, "1 changes or deletions that nobody is told of"},
		{"a change told under an older number", `update object set change = 2`, "1 changes or deletions that nobody is told of"},
		{"an object that is gone without trace", `delete from object; update collection set count = 0, bytes = 0`, "1 changes or deletions that nobody is told of"},
		{"a number of two changes", `update tombstone set uri = 'z'`, "1 numbers of a version and something else"},
		{"a token that is too old for nothing", `update collection set oldest = 6`, "1 tombstones from before the oldest token"},
		{"no kind", `update collection set kind = 'notes'`, "1 collections of no kind"},
		{"no epoch", `update collection set epoch = ''`, "1 collections without a name or an epoch"},
		{"a collection without a name", `update collection set uri = ''`, "1 collections without a name or an epoch"},
		{"an object without a name", `update object set uri = ''`, "1 objects without a name"},
		{"a merge's cards", `insert into merge select id, 5, 'merge', 1, 2, 0, 0, 100, '', x'' from account`, "1 merges whose cards have other sizes"},
		{"a device's app password", `insert into device select id, 5, 'n', 'p', 's', 77, 1, 0, '' from account`, "1 devices without their app password"},
		{"a name that leads nowhere", `update account set email = 'x@example.org'`, "its login or address does not lead to it"},
		{"another's name", `update account_name set name = 'bob'`, "its login or address does not lead to it"},
		{"oldest", `update collection set oldest = 99`, "oldest 99"},
		{"no collection", `delete from collection`, "1 objects without a collection"},
		{"no account", `delete from account`, "1 collections without an account"},
		{"no login", `delete from account_name`, "1 accounts without a login name"},
		{"property of no collection", `insert into property select account_id, 999, '', 'n', 'v' from collection`, "1 properties without a collection"},
		{"property of no account", `insert into property values (999, 0, '', 'n', 'v')`, "1 properties without an account"},
		{"property", `insert into property select account_id, id, 'gone', 'n', 'v' from collection`, "1 properties of objects that are not there"},
		{"an activity that ends before it begins", `insert into activity select id, 1, 5, 7, 1, 'k', '', '', '', 0, 0, '' from account`, "1 activities that end before they begin"},
		{"an activity that never was", `insert into activity select id, 1, 7, 5, 0, 'k', '', '', '', 0, 0, '' from account`, "1 activities that end before they begin"},
		{"an index", `drop index object_uid`, "schema: object lacks index object_uid"},
		{"an index that is another", `drop index object_uid; create index object_uid on object (uid)`, "schema: object has index object_uid"},
		{"a trigger", `create trigger t after update on object begin delete from version; end`, "schema: object has trigger t"},
		{"a column", `alter table device drop column seen`, "schema: device lacks column seen"},
		{"a table", `drop table known_place`, "schema: known_place lacks column place"},
		{"somebody else's table", `create table _litestream_seq (id integer primary key, seq integer)`, ""},
		{"a page", `pragma writable_schema = on; update sqlite_master set rootpage = (select rootpage from sqlite_master where name = 'tombstone') where name = 'object_uid'; pragma schema_version = 1000`, "file: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := opened(t, Options{Path: filled(t)})
			var c place
			err := s.Read(t.Context(), func(tx *Tx) error {
				return tx.one(t.Context(), `select account_id, id from collection`, nil, &c.account, &c.collection)
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"first", "abc"} { // one version, two numbers
				if err := write(t, s, c, "a", text); err != nil {
					t.Fatal(err)
				}
			}
			for _, text := range []string{"b1", ""} { // an object and its tombstone
				if err := write(t, s, c, "b", text); err != nil {
					t.Fatal(err)
				}
			}
			tamper(t, s.options.Path, `delete from version where size = 1; update collection set kept_bytes = 7;`+test.sql)
			report, err := s.Inspect(t.Context(), derive)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(report.Findings, "\n")
			if report.Sound() != (test.finding == "") || !strings.Contains(all, test.finding) {
				t.Errorf("want %q, got:\n%s", test.finding, all)
			}
		})
	}
}

// write puts an object, or deletes it.
func write(t *testing.T, s *Store, at place, uri, text string) error {
	t.Helper()
	if text == "" {
		return s.DeleteObject(t.Context(), Delete{Account: at.account, Collection: at.collection, URI: uri})
	}
	_, err := s.PutObject(t.Context(), Put{Account: at.account, Collection: at.collection, URI: uri, Bytes: []byte(text), Index: Index{UID: text}})
	return err
}

// tamper changes a database behind the store's back.
func tamper(t *testing.T, path, statements string) {
	t.Helper()
	db, err := openPool(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), statements)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
