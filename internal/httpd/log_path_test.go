package httpd

import "testing"

func TestLoggable_NoTickets(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/p/abcdefghijklmnopqrstuvwxyz":                    "/p/***",
		"/p/abcdefghijklmnopqrstuvwxyz/phone.mobileconfig": "/p/***/phone.mobileconfig",
		"/set-up/secret":                                   "/set-up/***",
		"/invitation/secret":                               "/invitation/***",
		"/reset/secret":                                    "/reset/***",
		"/confirm-email/secret":                            "/confirm-email/***",
		"/login/v2/flow/secret":                            "/login/v2/flow/***",
		"/login/v2/flow/secret/consent":                    "/login/v2/flow/***/consent",
		"//reset/secret":                                   "/reset/***",
		"/Reset/secret":                                    "/reset/***",
		"/invitation//secret":                              "/invitation/***",
		"/login//v2/flow/secret":                           "/login/v2/flow/***",
		"/reset":                                           "/reset",
		"/dav/calendars/7/x/":                              "/dav/calendars/7/x/", "/": "/", "/p": "/p",
	} {
		if got := loggable(path); got != want {
			t.Errorf("%s: got %s", path, got)
		}
	}
}
