package store

import "testing"

// A restore ends what was good for a browser, or once, and letters that were sent
// long ago; what devices have goes on.
func TestRestored_EndsWhatMustNotComeBack(t *testing.T) {
	t.Parallel()
	path := filled(t)
	tamper(t, path, `
		insert into session select id, 1, x'01', 1, 1, 1, 1, 9, 0, '', '', '' from account;
		insert into ticket select x'02', id, 'reset', 1, 1, 9, '' from account;
		insert into notice select id, 1, 'k', '', 'a', 'en', 0, 1, 1, 0, 0, x'00' from account;
		insert into notice select id, 2, 'k', '', 'a', 'en', 0, 1, 1, 1, 5, x'00' from account;
		insert into app_password (account_id, id, name, hash, key_id, scope, created, expires, revoked, last_used, last_place, last_agent)
			select id, 1, 'phone', x'03', 'k', 1, 1, 0, 0, 0, '', '' from account`)
	s := opened(t, Options{Path: path})
	if err := s.Restored(t.Context()); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"select count(*) from session": 0, "select count(*) from ticket": 0, "select count(*) from notice where sent = 0": 0,
		"select count(*) from notice where sent > 0": 1, "select count(*) from app_password where revoked = 0": 1, "select count(*) from object": 1,
	} {
		if got := count(t, path, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}
