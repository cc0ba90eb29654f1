// Package proxy tries the examples of docs/admin.md: it takes them out of the
// page, gives them other names and ports, starts the proxy with the server
// behind it, and lets ksyncd's doctor look at it from outside. Lines that have
// a reason on the page are left out in turn, and the doctor has to find that.
//
// A program that is not installed skips its tests; in CI that is a failure.
package proxy

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ksync/internal/need"
	"ksync/internal/proof"
	"ksync/internal/proof/prooftest"
)

var (
	binary string
	every  = flag.Bool("every-line", false, "leave out each line of the examples that has a reason, not one of each program")
)

func TestMain(m *testing.M) { prooftest.Main(m, &binary) }

// program is a proxy: its example on the page, and how it is run with it.
type program struct {
	name    string // of the code block, too
	command string
	// files writes its settings, with the example in them, and returns the
	// arguments that run it in the foreground.
	files func(t *testing.T, dir, example string) []string
}

func programs() map[string]program {
	return map[string]program{
		"nginx":  {"nginx", "nginx", nginx},
		"caddy":  {"caddy", "caddy", caddy},
		"apache": {"apache", "apache2", apache},
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// nginx: the rest is Debian's nginx.conf as far as it matters: compression on.
func nginx(t *testing.T, dir, example string) []string {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n"
	}
	conf := write(t, filepath.Join(dir, "nginx.conf"), user+fmt.Sprintf(`daemon off;
pid %[1]s/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    gzip on;
    gzip_types text/plain text/xml text/vcard text/calendar application/json;
    gzip_min_length 1;
%[2]s
}
`, dir, example))
	return []string{"-p", dir, "-c", conf, "-e", "stderr"}
}

// caddy gets the certificate of the test: it could not get one for localhost
// that the doctor trusts.
func caddy(t *testing.T, dir, example string) []string {
	certificate := fmt.Sprintf("{\n    tls %s %s\n", filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	example = strings.Replace(example, "{\n", certificate, 1)
	return []string{"run", "--adapter", "caddyfile", "--config", write(t, filepath.Join(dir, "Caddyfile"), "{\n    admin off\n    auto_https disable_redirects\n}\n"+example)}
}

// apache: mod_deflate is on in Debian, for text/xml among others.
func apache(t *testing.T, dir, example string) []string {
	var b strings.Builder
	for _, name := range []string{"mpm_event", "authz_core", "ssl", "socache_shmcb", "proxy", "proxy_http", "headers", "env", "filter", "deflate"} {
		fmt.Fprintf(&b, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", name, name)
	}
	port := regexp.MustCompile(`<VirtualHost \*:(\d+)>`).FindStringSubmatch(example)[1]
	fmt.Fprintf(&b, "ServerRoot %[1]s\nDefaultRuntimeDir %[1]s\nPidFile %[1]s/pid\nErrorLog %[1]s/error.log\nListen 127.0.0.1:%[2]s\nServerName localhost\n", dir, port)
	b.WriteString("AddOutputFilterByType DEFLATE text/html text/plain text/xml text/vcard text/calendar application/json\n")
	if os.Geteuid() == 0 {
		b.WriteString("User www-data\nGroup www-data\n")
	}
	return []string{"-f", write(t, filepath.Join(dir, "apache2.conf"), b.String()+example+"\n"), "-D", "FOREGROUND"}
}

// example is the code block of a program on the page.
func example(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/admin.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```"+name+"\n")
	block, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatalf("the page has no example for %s", name)
	}
	return block
}

// here puts the example into the test's world: other names, ports and files,
// and nothing else.
func here(t *testing.T, text, dir, front, back string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(front)
	if err != nil {
		t.Fatal(err)
	}
	for old, with := range map[string]string{
		"listen 443 ssl":               "listen 127.0.0.1:" + port + " ssl",
		"*:443":                        "*:" + port,
		"\nsync.example.org {":         "\nlocalhost:" + port + " {",
		"server_name sync.example.org": "server_name localhost",
		"ServerName sync.example.org":  "ServerName localhost",
		"127.0.0.1:8008":               back,
		"/etc/letsencrypt/live/sync.example.org/fullchain.pem": filepath.Join(dir, "cert.pem"),
		"/etc/letsencrypt/live/sync.example.org/privkey.pem":   filepath.Join(dir, "key.pem"),
	} {
		text = strings.ReplaceAll("\n"+text, old, with)[1:]
	}
	if strings.Contains(text, "example.org") || strings.Contains(text, ":443") {
		t.Fatalf("something of the page is left:\n%s", text)
	}
	return text
}

// step is a line of the doctor's JSON.
type step struct{ Name, Status, Found, Mend string }

// examined runs server and proxy, and gives what the doctor finds.
func examined(t *testing.T, p program, edit func(string) string) []step {
	t.Helper()
	path := need.Program(t, p.command, "that the example for "+p.name+" in docs/admin.md works")
	front := proof.FreeAddress()
	_, port, _ := strings.Cut(front, ":")
	public := "https://localhost:" + port
	s := prooftest.Start(t, binary, t.TempDir(), "--url", public, "--trusted-proxies", "127.0.0.1")
	ann, err := s.Account(t.Context(), "ann@example.org")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate(t, dir)
	text := here(t, edit(example(t, p.name)), dir, front, strings.TrimPrefix(s.URL, "http://"))
	cmd := exec.Command(path, p.files(t, dir, text)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	proxied, err := proof.StartOther(t.Context(), cmd, front)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Cleanup(proxied.Stop)
	return doctor(t, public, ann.Password, filepath.Join(dir, "ca.pem"))
}

// doctor trusts the certificate of the test and no other.
func doctor(t *testing.T, public, password, ca string) []step {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "doctor", public, "--login", "ann@example.org", "--json")
	cmd.Env = []string{"SSL_CERT_FILE=" + ca, "SSL_CERT_DIR=/nowhere", "KSYNC_REMOTE_PASSWORD=" + password}
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	var steps []step
	if err := json.Unmarshal(out, &steps); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return steps
}

func TestExamples_AreInOrder(t *testing.T) {
	t.Parallel()
	for name, p := range programs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := examined(t, p, func(text string) string { return text })
			for _, s := range steps {
				if s.Status != "ok" {
					t.Errorf("%s %s: %s. %s", s.Status, s.Name, s.Found, s.Mend)
				}
			}
			if len(steps) < 25 {
				t.Errorf("only %d steps: %+v", len(steps), steps)
			}
		})
	}
}

// Each row changes one thing of an example, and names the step that tells. The
// first of each program is tried always, the others by `make proxies`.
func TestExamples_NeedTheirLines(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, tt := range []struct{ program, name, old, with, want, mend string }{
		{"nginx", "bodies of 1 MiB", "client_max_body_size 64m;", "", "contacts: large objects", "nginx: client_max_body_size"},
		{"nginx", "slash behind proxy_pass", ":8008;", ":8008/;", "contacts: names", "not even a slash"},
		{"nginx", "methods refused", "location / {", "location / { limit_except GET POST OPTIONS PROPFIND { deny all; }", "methods", "nginx: take limit_except"},
		{"nginx", "compression", "gzip off;", "", "contacts: round trip", "lose changes"},
		{"nginx", "Depth taken out", "proxy_set_header Host", "proxy_set_header Depth \"\"; proxy_set_header Host", "contacts: headers", "Depth"},
		{"nginx", "Authorization taken out", "proxy_set_header Host", "proxy_set_header Authorization \"\"; proxy_set_header Host", "calendars: discovery", "Authorization"},
		{"caddy", "methods refused", "    reverse_proxy", "    @odd method REPORT\n    respond @odd 405\n    reverse_proxy", "methods", "Caddy: take `method`"},
		{"apache", "encoded slashes", "AllowEncodedSlashes NoDecode", "", "encoded paths", "Apache: AllowEncodedSlashes"},
		{"apache", "compression", "SetEnv no-gzip 1", "", "contacts: round trip", "lose changes"},
		{"apache", "methods refused", "ProxyPreserveHost", "<Location />\n<LimitExcept GET POST OPTIONS PROPFIND>\nRequire all denied\n</LimitExcept>\n</Location>\nProxyPreserveHost", "methods", "Apache: take <Limit>"},
	} {
		if tried[tt.program] && !*every {
			continue
		}
		tried[tt.program] = true
		t.Run(tt.program+", "+tt.name, func(t *testing.T) {
			t.Parallel()
			steps := examined(t, programs()[tt.program], func(text string) string {
				if !strings.Contains(text, tt.old) {
					t.Fatalf("the example has no %q", tt.old)
				}
				return strings.Replace(text, tt.old, tt.with, 1)
			})
			for _, s := range steps {
				if s.Name == tt.want && s.Status != "ok" && strings.Contains(s.Mend, tt.mend) {
					return
				}
			}
			t.Errorf("nothing wrong with %s that says %q in %+v", tt.want, tt.mend, steps)
		})
	}
}
