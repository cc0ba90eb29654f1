package dialogue

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The dialogues are read here without a server: what they expect is well-formed, cited and possible.
func TestDialogues_CanBePlayed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/dav/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			d, err := ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(`RFC \d{4}`).MatchString(d.Comment) {
				t.Error("the comment cites no RFC")
			}
			bound := map[string]bool{"account": true, "login": true, "password": true, "base": true}
			for i, step := range d.Steps {
				checkStep(t, i, step, bound)
			}
		})
	}
}

func checkStep(t *testing.T, i int, step Step, bound map[string]bool) {
	t.Helper()
	if number, _, _ := strings.Cut(step.Name, ":"); number != strconv.Itoa(i+1) {
		t.Errorf("step %d is named %q", i+1, step.Name)
	}
	if _, err := parseXML(step.Response.Body); strings.HasPrefix(step.Response.Body, "<") && err != nil {
		t.Errorf("step %s expects: %v", step.Name, err)
	}
	asked := step.Request.Target + step.Request.Body
	for _, h := range step.Request.Headers {
		asked += h.Value
	}
	told := step.Response.Body
	for _, h := range step.Response.Headers {
		told += h.Value
	}
	for _, text := range []string{asked, told} {
		for _, m := range marker.FindAllStringSubmatch(text, -1) {
			if m[2] != "" {
				bound[m[1]] = true
			} else if m[1] != "" && !bound[m[1]] {
				t.Errorf("step %s: nothing before has bound {{%s}}", step.Name, m[1])
			}
		}
	}
}
