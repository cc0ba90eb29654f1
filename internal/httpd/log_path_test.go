package httpd

import "testing"

func TestLoggable_NoTickets(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/p/abcdefghijklmnopqrstuvwxyz":                    "/p/***/",
		"/p/abcdefghijklmnopqrstuvwxyz/phone.mobileconfig": "/p/***/phone.mobileconfig",
		"/dav/calendars/7/x/":                              "/dav/calendars/7/x/", "/": "/", "/p": "/p",
	} {
		if got := loggable(path); got != want {
			t.Errorf("%s: got %s", path, got)
		}
	}
}
