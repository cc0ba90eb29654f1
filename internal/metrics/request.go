package metrics

import (
	"slices"
	"strconv"
	"time"
)

// Request is one that was answered.
type Request struct {
	Surface string // dav, api, page or machine
	Method  string
	Report  string // local name of the report that was asked; "" for other methods
	Client  string // family of the client
	Status  int
	Bytes   int64 // of the answer, as sent
	Took    time.Duration

	Sync    bool // a sync-collection was answered,
	Members int  // and told of so many changes
}

// other is what every value counts as that is in no list.
const other = "other"

// methods are those that this server knows or that are common enough to watch.
func methods() []string {
	return []string{
		"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PROPPATCH", "REPORT", "MKCOL", "MKCALENDAR", "COPY", "MOVE",
		"LOCK", "UNLOCK", "PATCH",
	}
}

// Method is the method as it may be told: one of a list, or other. What a
// client invents could be anything.
func Method(method string) string {
	if slices.Contains(methods(), method) {
		return method
	}
	return other
}

// Begin notes that a request came; the function that it returns, that it was answered.
func (m *Metrics) Begin() (end func(Request)) {
	m.active.Inc()
	return func(r Request) {
		m.active.Dec()
		m.answered(r)
	}
}

func (m *Metrics) answered(r Request) {
	method := Method(r.Method)
	m.latency.WithLabelValues(r.Surface, method, r.Report).Observe(r.Took.Seconds())
	m.requests.WithLabelValues(r.Surface, method, r.Report, strconv.Itoa(r.Status)).Inc()
	m.clients.WithLabelValues(r.Client, strconv.Itoa(r.Status/100)+"xx").Inc()
	m.sent.WithLabelValues(r.Surface).Add(float64(r.Bytes))
	if r.Sync {
		m.members.Observe(float64(r.Members))
		m.bytes.Observe(float64(r.Bytes))
	}
}

// What a sign-in ends in.
const (
	succeeded = "succeeded"
	failed    = "failed"
)

// Ways are how one signs in: what is shown last.
func Ways() []string {
	return []string{"app-password", "password", "totp", "backup-code", "passkey", "reset-link", "link"}
}

// SignIn counts one. A way that is not among [Ways] counts as other.
func (m *Metrics) SignIn(way string, ok bool) {
	if !slices.Contains(Ways(), way) {
		way = other
	}
	result := failed
	if ok {
		result = succeeded
	}
	m.signIns.WithLabelValues(way, result).Inc()
}
