package proof_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ksync/internal/proof"
	"ksync/internal/proof/prooftest"
)

var attackers = flag.Int("attackers", 32, "connections of an attack")

// besieged is a server whose bounds are small, so that what goes beyond them is
// seen soon, and a client that has nothing to do with the attack.
func besieged(t *testing.T, settings ...string) (*proof.Server, *proof.Client) {
	t.Helper()
	s := prooftest.Start(t, binary, t.TempDir(), append([]string{
		"--max-object-size=4MiB", "--max-bodies=8MiB", "--timeout-idle=2s", "--max-xml-size=1MiB", "--timeout-header=2s", "--timeout-body=2s",
	}, settings...)...)
	c, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// unharmed fails unless the server still answers its people, in its memory bound.
// The client comes on a new connection: one that an attack outlasted may be
// closed by now, and a PUT that meets its end is not sent twice (RFC 9110 §9.2.2).
func unharmed(t *testing.T, s *proof.Server, c *proof.Client) {
	t.Helper()
	c.Hangup()
	if _, err := c.Put(t.Context(), c.AddressBooks+"contacts/after.vcf", proof.Card("after", 1, 0)); err != nil {
		t.Errorf("afterwards: %v\n%s", err, s.Log())
	}
	if peak := memoryOf(t, s, "VmHWM"); peak > 200<<20 {
		t.Errorf("the server held %d MiB at its peak", peak>>20)
	}
	if log := s.Log(); strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") {
		t.Errorf("in the log: %s", log)
	}
}

// raw sends text on a connection of its own and reads the first answer; 0 when
// the server only closes it.
func raw(t *testing.T, s *proof.Server, text string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the answer is read
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, text) }() // the server may not take all of it
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, ""
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("half of an answer: %v", err)
	}
	return resp.StatusCode, string(data)
}

// endless is a body that never comes to its end.
type endless struct{ pattern []byte }

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.pattern[i%len(e.pattern)]
	}
	return len(p), nil
}

func TestAttack_EndlessBodies(t *testing.T) {
	t.Parallel()
	s, c := besieged(t)
	var wg sync.WaitGroup
	for i := range *attackers {
		method, path := http.MethodPut, c.AddressBooks+"contacts/endless.vcf"
		if i%3 == 0 {
			method, path = "PROPFIND", c.AddressBooks
		}
		wg.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, endless{[]byte("<a>")})
			if err != nil {
				t.Error(err)
				return
			}
			r.SetBasicAuth(c.Login, c.Password)
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				return // cut off while it was still sending, which is as good
			}
			_ = resp.Body.Close() // its status is all that counts
			if resp.StatusCode != http.StatusRequestEntityTooLarge && resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%s: %s", method, resp.Status)
			}
		})
	}
	wg.Wait()
	unharmed(t, s, c)
}

// Connections that say little, as slowly as they may, are closed, also those
// that are more than one address may have; others are served meanwhile.
func TestAttack_SlowClients(t *testing.T) {
	t.Parallel()
	s, c := besieged(t, fmt.Sprintf("--max-requests-per-address=%d", max(1, *attackers/4)))
	var wg sync.WaitGroup
	for i := range *attackers {
		conn := elsewhere(t, s)
		text := "GET / HTTP/1.1\r\nHost: x\r\n"
		if i%2 == 0 {
			text = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nlogin="
		}
		wg.Go(func() {
			defer conn.Close() //nolint:errcheck // the server has
			if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(conn, text) // refused: closed
			if answer, err := io.ReadAll(conn); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("a connection was held for 30 seconds after %q; it was answered %q", text, answer)
			}
		})
	}
	unharmed(t, s, c) // while they hold on
	wg.Wait()
	unharmed(t, s, c)
}

// Uploads without end held the room of all large ones, whoever came: for minutes
// everybody else's were answered 503. That they come from one's own address, that of
// a household or of a proxy that is not trusted, makes no difference, nor does it
// that they come from more than one.
func TestAttack_SlowUploads(t *testing.T) {
	t.Parallel()
	s, c := besieged(t)
	mallory, err := s.Account(t.Context(), "mallory")
	if err != nil {
		t.Fatal(err)
	}
	head := "Host: x\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte(mallory.Login+":"+mallory.Password)) + "\r\nContent-Type: text/vcard\r\nContent-Length: 4000000\r\n\r\n"
	for i := range *attackers {
		conn := dialFrom(t, s, byte(1+i%2))
		defer conn.Close() //nolint:errcheck // the test's end
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, fmt.Sprintf("PUT %scontacts/slow-%d.vcf HTTP/1.1\r\n", mallory.AddressBooks, i)+head+strings.Repeat("x", 1<<20)) // refused: closed
	}
	card := bytes.Replace(proof.Card("large", 1, 0), []byte("NOTE:"), []byte("X-LARGE:"+strings.Repeat("x", 1<<20)+"\r\nNOTE:"), 1)
	if _, err := c.Put(t.Context(), c.AddressBooks+"contacts/large.vcf", card); err != nil {
		t.Errorf("a large upload beside them: %v", err)
	}
	unharmed(t, s, c)
}

// elsewhere is a connection from another address than that of the clients.
func elsewhere(t *testing.T, s *proof.Server) net.Conn { return dialFrom(t, s, 2) }

// dialFrom is a connection from 127.0.0.n; the clients have 1.
func dialFrom(t *testing.T, s *proof.Server, n byte) net.Conn {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, n)}}
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestAttack_HeadersAndLengths(t *testing.T) {
	t.Parallel()
	s, c := besieged(t)
	head := "Host: x\r\nConnection: close\r\n"
	for name, tt := range map[string]struct {
		text string
		want int
	}{
		"100,000 headers":           {"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 100_000) + "\r\n", 431},
		"one header of 1 MiB":       {"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("b", 1<<20) + "\r\n\r\n", 431},
		"a target of 1 MiB":         {"GET /" + strings.Repeat("b", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		"100,000 cookies":           {"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("a=b; ", 100_000) + "\r\n\r\n", 431},
		"two lengths":               {"PUT /dav/ HTTP/1.1\r\n" + head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},
		"a negative length":         {"PUT /dav/ HTTP/1.1\r\n" + head + "Content-Length: -1\r\n\r\n", 400},
		"a length beyond numbers":   {"PUT /dav/ HTTP/1.1\r\n" + head + "Content-Length: 99999999999999999999\r\n\r\n", 400},
		"an unknown coding":         {"PUT /dav/ HTTP/1.1\r\n" + head + "Transfer-Encoding: chunked, gzip\r\n\r\n", 501},
		"a chunk that is none":      {"POST /sign-in HTTP/1.1\r\n" + head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 422},
		"a space before the colon":  {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n", 400},
		"a NUL in a value":          {"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\x00c\r\n\r\n", 400},
		"no host":                   {"GET / HTTP/1.1\r\n\r\n", 400},
		"two hosts":                 {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		"a proxy's request":         {"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", 401},
		"an absolute target":        {"GET http://example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200},
		"a length that is too long": {"PROPFIND /dav/ HTTP/1.1\r\n" + head + "Content-Length: 104857600\r\n\r\n<a/>", 401},
	} {
		if status, _ := raw(t, s, tt.text); status != tt.want {
			t.Errorf("%s: %d, want %d", name, status, tt.want)
		}
	}
	unharmed(t, s, c)
}

// A request that hides in the body of another is a body, and nothing more:
// RFC 9112 §6.1, where both a length and a coding come, the coding counts.
func TestAttack_SmuggledRequest(t *testing.T) {
	t.Parallel()
	s, c := besieged(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the answers are read
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	hidden := "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	text := fmt.Sprintf("PROPFIND /dav/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(hidden), hidden)
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answers, _ := io.ReadAll(io.LimitReader(conn, 1<<16)) // the deadline or the server ends it
	if n := bytes.Count(answers, []byte("HTTP/1.1 ")); n != 1 || bytes.Contains(answers, []byte("\r\n\r\nok\n")) {
		t.Errorf("%d answers to one request:\n%s", n, answers)
	}
	unharmed(t, s, c)
}

// Who may not write is told so before a body of gigabytes was sent.
func TestAttack_ExpectIsRefusedBeforeTheBody(t *testing.T) {
	t.Parallel()
	s, c := besieged(t)
	for name, expect := range map[string]string{"100-continue": "100-continue", "something else": "200-fine"} {
		want := 401
		if expect != "100-continue" {
			want = 417
		}
		status, _ := raw(t, s, "PUT /dav/addressbooks/1/contacts/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1073741824\r\nExpect: "+expect+"\r\n\r\n")
		if status != want {
			t.Errorf("%s: %d, want %d", name, status, want)
		}
	}
	unharmed(t, s, c)
}

// Ranges that ask for the same bytes a thousand times get them once.
func TestAttack_Ranges(t *testing.T) {
	t.Parallel()
	s, c := besieged(t)
	card := bytes.Replace(proof.Card("ranges", 1, 0), []byte("NOTE:"), []byte("X-LARGE:"+strings.Repeat("x", 1<<20)+"\r\nNOTE:"), 1)
	path := c.AddressBooks + "contacts/ranges.vcf"
	if _, err := c.Put(t.Context(), path, card); err != nil {
		t.Fatal(err)
	}
	for name, ranges := range map[string]string{
		"all of it, many times":    "bytes=0-" + strings.Repeat(",0-", 1000),
		"one byte each":            "bytes=0-0" + strings.Repeat(",1-1", 5000),
		"backwards":                "bytes=9-1",
		"beyond numbers":           "bytes=0-99999999999999999999",
		"from beyond the end":      "bytes=99999999-",
		"of something else":        "apples=1-2",
		"the last of nothing":      "bytes=-0",
		"more of the end than all": "bytes=-99999999",
	} {
		for _, at := range []string{path, c.AddressBooks + "contacts/"} {
			resp, err := c.Do(t.Context(), http.MethodGet, at, proof.Header{"Range", ranges, "Accept-Encoding", "identity"}, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if len(resp.Body) > 2*len(card)+1<<19 || resp.Status >= 500 {
				t.Errorf("%s: %d with %d bytes", name, resp.Status, len(resp.Body))
			}
		}
	}
	unharmed(t, s, c)
}

// Nothing that comes packed is unpacked, so that none can be a bomb.
func TestAttack_PackedBodies(t *testing.T) {
	t.Parallel()
	s, c := besieged(t)
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "gzip, gzip"} {
		resp, err := c.Do(t.Context(), http.MethodPut, c.AddressBooks+"contacts/packed.vcf", proof.Header{"Content-Encoding", coding}, []byte("\x1f\x8b\x08"))
		if err != nil || resp.Status != http.StatusUnsupportedMediaType {
			t.Errorf("%s: %v %v", coding, resp, err)
		}
	}
	unharmed(t, s, c)
}
