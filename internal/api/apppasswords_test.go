package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestAppPasswords_FromCreationToRevocation(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	made := ann.want(201, "POST", "/api/v1/app-passwords", `{"name":"phone","scope":"contacts:ro","expires":"2027-01-31T00:00:00Z"}`)
	if secret, _ := made["secret"].(string); len(secret) != 34 || made["scope"] != "contacts:ro" || made["active"] != true {
		t.Fatalf("got %v", made)
	}
	id := number(t, made["id"])
	next := ann.want(201, "POST", "/api/v1/app-passwords/"+id+"/replacement", `{}`)
	if next["name"] != "phone" || next["scope"] != "contacts:ro" || number(t, next["replaces"]) != id || next["secret"] == made["secret"] || next["expires"] != made["expires"] {
		t.Errorf("set up again: %v", next)
	}
	if third := ann.want(201, "POST", "/api/v1/app-passwords/"+id+"/replacement", `{}`); third["expires"] != made["expires"] {
		t.Errorf("set up again once more, because the second got lost: %v", third)
	} else {
		ann.want(204, "DELETE", "/api/v1/app-passwords/"+number(t, third["id"]), "")
	}
	ann.want(204, "DELETE", "/api/v1/app-passwords/"+number(t, next["id"]), "")
	list := ann.want(200, "GET", "/api/v1/app-passwords", "")["app_passwords"].([]any)
	for _, one := range list {
		p := one.(map[string]any)
		if p["secret"] != nil || p["hash"] != nil || (p["active"] == true) != (number(t, p["id"]) == id) {
			t.Errorf("listed %v", p)
		}
	}
	ann.want(204, "DELETE", "/api/v1/app-passwords", "")
	if a := ann.do("POST", "/api/v1/app-passwords/"+id+"/replacement", `{}`); a.problem(t) != "not-found" {
		t.Errorf("a revoked one can be replaced: %s", a.body)
	}
}

func TestAppPasswords_WhatDoesNotFit(t *testing.T) {
	t.Parallel()
	ann := newDesk(t).add("ann@example.org")
	for _, tt := range []struct{ body, problem, where string }{
		{`{}`, "invalid-input", "body"},
		{`{"name":""}`, "invalid-input", "body.name"},
		{`{"name":"` + strings.Repeat("x", 65) + `"}`, "invalid-input", "body.name"},
		{`{"name":"a\u0000b"}`, "unusable-text", ""},
		{`{"name":"phone","scope":"mail"}`, "invalid-input", "body.scope"},
		{`{"name":"phone","expires":"2026-11-21T11:59:59Z"}`, "invalid-input", "body.expires"},
		{`{"name":"phone","expires":"tomorrow"}`, "invalid-input", "body.expires"},
		{`{"name":"phone","admin":true}`, "invalid-input", "body.admin"},
		{`{"name":7}`, "invalid-input", "body.name"},
		{`{"name":`, "malformed", ""},
		{`{"name":"` + strings.Repeat("x", 1<<20) + `"}`, "too-large", ""},
	} {
		a := ann.do("POST", "/api/v1/app-passwords", tt.body)
		if a.problem(t) != tt.problem || !strings.Contains(a.body, `"location":"`+tt.where) && tt.where != "" {
			t.Errorf("%.60s: %d %s", tt.body, a.status, a.body)
		}
	}
	a := ann.do("POST", "/api/v1/app-passwords", "name=phone", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") })
	if a.problem(t) != "unknown-media-type" {
		t.Errorf("a form: %d %s", a.status, a.body)
	}
}
