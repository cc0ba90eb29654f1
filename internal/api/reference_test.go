package api_test

import (
	"regexp"
	"strings"
	"testing"
)

func TestReference_NothingFromElsewhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page := d.do("GET", "/api/", "")
	if page.status != 200 || page.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", page.status, page.header)
	}
	for _, bad := range []string{"<script", "style=", "http://", "https://", "<no value>", " on"} {
		for _, found := range regexp.MustCompile(regexp.QuoteMeta(bad)+`\S*`).FindAllString(page.body, -1) {
			if bad != " on" || strings.Contains(found, "=") {
				t.Errorf("the page has %q", found)
			}
		}
	}
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "style-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if css := d.do("GET", "/api/reference.css", ""); css.status != 200 || strings.Contains(css.body, "url(") || strings.Contains(css.body, "@import") {
		t.Errorf("%d", css.status)
	}
}

func TestReference_ShowsEveryOperationAndProblem(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page := d.do("GET", "/api/", "").body
	for _, r := range routes() {
		if !strings.Contains(page, "<b>"+r.method+"</b> /api/v1"+r.address()+"<") {
			t.Errorf("%s %s is not there", r.method, r.path)
		}
	}
	for _, problem := range []string{"signed-out", "step-up-required", "fault", "weak-password"} {
		if !strings.Contains(page, `id="problem-`+problem+`"`) {
			t.Errorf("%s is not there", problem)
		}
	}
	for _, text := range []string{"revoke_app_passwords", "app_passwords.last_used", "Shown"[1:], "before"} {
		if !strings.Contains(page, text) {
			t.Errorf("%q is not there", text)
		}
	}
}

func TestDocument_IsOpenAPI31(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.do("GET", "/api/openapi.json", "")
	document := a.json(t)
	if document["openapi"] != "3.1.0" || a.status != 200 {
		t.Errorf("%d, version %v", a.status, document["openapi"])
	}
	ids := map[any]bool{}
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			o := op.(map[string]any)
			if ids[o["operationId"]] || o["summary"] == nil || o["tags"] == nil {
				t.Errorf("%s %s: id %v, summary %v, tags %v", method, path, o["operationId"], o["summary"], o["tags"])
			}
			ids[o["operationId"]] = true
			answers := o["responses"].(map[string]any)
			if content, _ := answers["default"].(map[string]any)["content"].(map[string]any); content["application/problem+json"] == nil {
				t.Errorf("%s %s names no problem: %v", method, path, answers)
			}
		}
	}
	if security := document["components"].(map[string]any)["securitySchemes"]; security == nil {
		t.Error("nothing says how to sign in")
	}
	for _, ref := range regexp.MustCompile(`"\$ref": "#/components/schemas/([^"]+)"`).FindAllStringSubmatch(a.body, -1) {
		if document["components"].(map[string]any)["schemas"].(map[string]any)[ref[1]] == nil {
			t.Errorf("%s leads nowhere", ref[1])
		}
	}
}
