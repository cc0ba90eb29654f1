package api_test

import (
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

func TestActivity_PagesAndFilter(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for range 5 {
		ann.pass(time.Second)
		ann.want(201, "POST", "/api/v1/app-passwords", `{"name":"phone"}`)
	}
	var seen []string
	next := "/api/v1/activity?" + url.Values{"kind": {"app-password-created", "session-ended"}, "limit": {"2"}}.Encode()
	for pages := 0; next != ""; pages++ {
		a := ann.do("GET", next, "")
		if a.status != 200 || pages > 5 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		page := a.json(t)
		for _, one := range page["activity"].([]any) {
			e := one.(map[string]any)
			if e["kind"] != "app-password-created" || e["reference"] == "" || e["own"] != true || e["detail"] != "phone" {
				t.Errorf("listed %v", e)
			}
			seen = append(seen, number(t, e["id"]))
		}
		next, _ = page["next"].(string)
		if (next == "") != (a.header.Get("Link") == "") {
			t.Errorf("Link %q, next %q", a.header.Get("Link"), next)
		}
	}
	if len(seen) != 5 {
		t.Errorf("saw %v", seen)
	}
	none := ann.want(200, "GET", "/api/v1/activity?to=2026-11-21T11:00:00Z", "")
	if len(none["activity"].([]any)) != 0 {
		t.Errorf("before the beginning: %v", none)
	}
}

func TestActivity_WhatDoesNotFit(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for query, want := range map[string]string{
		"before=x": "malformed", "before=-1--1": "malformed", "before=1": "malformed", "limit=0": "invalid-input", "limit=501": "invalid-input", "limit=x": "invalid-input",
		"from=yesterday": "invalid-input", "account=7": "invalid-input", "kind=" + strings.Repeat("x&kind=", 60): "invalid-input",
	} {
		if a := ann.do("GET", "/api/v1/activity?"+query, ""); a.problem(t) != want {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}

func TestActivityCSV_IsNoFormula(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for _, name := range []string{"=cmd|'/c calc'!A1", "+1", "-1", "@SUM(1)", `quoted "name", with comma`} {
		_, _, err := ann.accounts.CreateAppPassword(t.Context(), home(), ann.inside(), account.NewAppPassword{Name: name, Scope: store.FullScope})
		ann.must(err)
	}
	a := ann.do("GET", "/api/v1/activity.csv?kind=app-password-created", "")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 6 || rows[0][0] != "at" {
		t.Fatalf("%v\n%s", err, a.body)
	}
	var names []string
	for _, row := range rows[1:] {
		names = append(names, row[6])
		if strings.ContainsAny(row[6][:1], "=+-@") {
			t.Errorf("a formula: %q", row)
		}
	}
	if !strings.Contains(strings.Join(names, "\n"), `quoted "name", with comma`) {
		t.Errorf("names %q", names)
	}
}

func TestActivityCSV_AllPages(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	ann.must(ann.store.Write(t.Context(), func(tx *store.Tx) error {
		for range 1100 {
			if _, err := tx.AddActivity(t.Context(), store.Activity{Account: ann.account.ID, Kind: "exported"}); err != nil {
				return err
			}
		}
		return nil
	}))
	if a := ann.do("GET", "/api/v1/activity.csv?kind=exported", ""); strings.Count(a.body, "\r\n") != 1101 {
		t.Errorf("%d lines", strings.Count(a.body, "\r\n"))
	}
}

func TestNotMe_EndsEverythingElse(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	other := (&person{desk: ann.desk, account: ann.account}).signIn()
	happened, err := ann.accounts.Activity(t.Context(), ann.inside(), store.ActivityQuery{})
	ann.must(err)
	ann.want(204, "POST", "/api/v1/activity/"+itoa(happened[0].ID)+"/not-me", "")
	if p := other.do("GET", "/api/v1/account", "").problem(t); p != "signed-out" {
		t.Errorf("the other session: %q", p)
	}
	if got := ann.want(200, "GET", "/api/v1/account", ""); got["new_password_required"] != true {
		t.Errorf("got %v", got)
	}
}
