// Package metrics counts what the server does, in the form that Prometheus reads.
//
// # Model
//
// [New] makes one registry. What happens is told to it ([Metrics.Request],
// [Metrics.SignIn]); what is, such as the queue of the writer or the age of the
// oldest letter, it asks for when it is read. [Metrics.Handler] answers with all
// of it.
//
// # Labels
//
// A label has a value from a list that is known in advance: a client cannot
// invent one, and no label names a person, a place or a collection. A method or
// a report that is not in the list counts as "other".
package metrics

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ksync/store"
)

// Sources are what is asked for when the metrics are read. Each may be nil: its
// metrics are then left out.
type Sources struct {
	Version string
	Writer  func() store.Stats
	Size    func() (bytes int64, err error)
	Outbox  func(ctx context.Context) (waiting, oldest int64, err error) // oldest in milliseconds UTC, 0 for none
	Backup  func() (last time.Time, ok bool)                             // end of the last good one; not ok: there was none
	Free    func() (bytes uint64, err error)                             // on the disk of the data
	Now     func() time.Time                                             // time.Now by default
}

// Metrics is a registry. Its methods may be called from any number of goroutines.
type Metrics struct {
	registry *prometheus.Registry
	handler  http.Handler

	latency  *prometheus.HistogramVec
	requests *prometheus.CounterVec
	clients  *prometheus.CounterVec
	sent     *prometheus.CounterVec
	active   prometheus.Gauge
	members  prometheus.Histogram
	bytes    prometheus.Histogram
	signIns  *prometheus.CounterVec
}

// New returns metrics of these sources.
func New(s Sources) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ksyncd_http_request_duration_seconds", Help: "Time from the headers of a request to the end of its answer.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
	}, []string{"surface", "method", "report"})
	m.requests = counter("ksyncd_http_requests_total", "Requests that were answered.", "surface", "method", "report", "code")
	m.clients = counter("ksyncd_client_requests_total", "Requests by what the client calls itself.", "client", "code")
	m.sent = counter("ksyncd_http_response_bytes_total", "Bytes of answers, as they were sent.", "surface")
	m.signIns = counter("ksyncd_sign_ins_total", "Sign-ins that succeeded and that failed, by what was shown.", "way", "result")
	m.active = prometheus.NewGauge(prometheus.GaugeOpts{Name: "ksyncd_http_requests_active", Help: "Requests that are being answered."})
	m.members = histogram("ksyncd_sync_members", "Changes told in one answer to sync-collection.", 0, 1, 2, 5, 10, 50, 100, 500, 1000, 5000, 20000, 100000)
	m.bytes = histogram("ksyncd_sync_response_bytes", "Bytes of one answer to sync-collection, as they were sent.", 1<<9, 1<<10, 1<<12, 1<<14, 1<<16, 1<<18, 1<<20, 1<<22, 1<<24, 1<<26)
	m.registry.MustRegister(m.latency, m.requests, m.clients, m.sent, m.signIns, m.active, m.members, m.bytes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newState(s))
	for _, way := range Ways() {
		for _, result := range []string{succeeded, failed} {
			m.signIns.WithLabelValues(way, result) // so that a rate is there before the first failure
		}
	}
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets ...float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

// Handler answers with all metrics. Who may read them is for the caller to decide.
func (m *Metrics) Handler() http.Handler { return m.handler }
