package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ksync/store"
)

// patience is how long the database may take to answer when metrics are read.
const patience = 5 * time.Second

// state asks its sources whenever the metrics are read.
type state struct {
	Sources
	began time.Time
	descs map[string]*prometheus.Desc
}

func newState(s Sources) *state {
	if s.Now == nil {
		s.Now = time.Now
	}
	c := &state{Sources: s, began: s.Now(), descs: map[string]*prometheus.Desc{}}
	for name, help := range map[string]string{
		"ksyncd_start_time_seconds":         "When the server was started, in seconds since 1970.",
		"ksyncd_writer_waiting":             "Writes that wait for the writer.",
		"ksyncd_writer_busy_seconds":        "How long the commit that is being made has taken so far.",
		"ksyncd_writer_failed_total":        "Commits that a fault of the database spoilt.",
		"ksyncd_writer_writes":              "Writes that shared one commit.",
		"ksyncd_writer_commit_seconds":      "Time of one commit with all its writes.",
		"ksyncd_database_bytes":             "Size of the database on the disk, with its journal.",
		"ksyncd_disk_free_bytes":            "Room left on the disk of the data.",
		"ksyncd_mail_waiting":               "Letters that wait to be sent.",
		"ksyncd_mail_oldest_seconds":        "Age of the oldest letter that waits.",
		"ksyncd_backup_age_seconds":         "Age of the last good backup.",
		"ksyncd_backup_last_success":        "Whether there is a good backup.",
		"ksyncd_metrics_unreadable_sources": "Sources that could not be read this time.",
	} {
		c.descs[name] = prometheus.NewDesc(name, help, nil, nil)
	}
	c.descs["ksyncd_info"] = prometheus.NewDesc("ksyncd_info", "The program that runs.", []string{"version"}, nil)
	return c
}

// Describe implements [prometheus.Collector].
func (c *state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect implements [prometheus.Collector]. A source that fails is left out and
// counted, the others are told all the same.
func (c *state) Collect(to chan<- prometheus.Metric) {
	gauge := func(name string, v float64) {
		to <- prometheus.MustNewConstMetric(c.descs[name], prometheus.GaugeValue, v)
	}
	to <- prometheus.MustNewConstMetric(c.descs["ksyncd_info"], prometheus.GaugeValue, 1, c.Version)
	gauge("ksyncd_start_time_seconds", float64(c.began.UnixMilli())/1000)
	if c.Writer != nil {
		c.writer(c.Writer(), to, gauge)
	}
	unreadable := 0
	for _, source := range []func(func(string, float64)) error{c.size, c.free, c.outbox} {
		if err := source(gauge); err != nil {
			unreadable++
		}
	}
	c.backup(gauge)
	gauge("ksyncd_metrics_unreadable_sources", float64(unreadable))
}

func (c *state) writer(s store.Stats, to chan<- prometheus.Metric, gauge func(string, float64)) {
	gauge("ksyncd_writer_waiting", float64(s.Waiting))
	gauge("ksyncd_writer_busy_seconds", s.Busy.Seconds())
	to <- prometheus.MustNewConstMetric(c.descs["ksyncd_writer_failed_total"], prometheus.CounterValue, float64(s.Failed))
	for name, h := range map[string]store.Histogram{"ksyncd_writer_writes": s.PerCommit, "ksyncd_writer_commit_seconds": s.Commit} {
		buckets := make(map[float64]uint64, len(h.Bounds))
		for i, bound := range h.Bounds {
			buckets[bound] = h.Counts[i]
		}
		to <- prometheus.MustNewConstHistogram(c.descs[name], h.Count, h.Sum, buckets)
	}
}

func (c *state) size(gauge func(string, float64)) error {
	if c.Size == nil {
		return nil
	}
	bytes, err := c.Size()
	if err == nil {
		gauge("ksyncd_database_bytes", float64(bytes))
	}
	return err
}

func (c *state) free(gauge func(string, float64)) error {
	if c.Free == nil {
		return nil
	}
	bytes, err := c.Free()
	if err == nil {
		gauge("ksyncd_disk_free_bytes", float64(bytes))
	}
	return err
}

func (c *state) outbox(gauge func(string, float64)) error {
	if c.Outbox == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	waiting, oldest, err := c.Outbox(ctx)
	if err != nil {
		return err
	}
	gauge("ksyncd_mail_waiting", float64(waiting))
	age := 0.0
	if oldest > 0 {
		age = max(0, c.Now().Sub(time.UnixMilli(oldest)).Seconds())
	}
	gauge("ksyncd_mail_oldest_seconds", age)
	return nil
}

func (c *state) backup(gauge func(string, float64)) {
	if c.Backup == nil {
		return
	}
	last, ok := c.Backup()
	if !ok {
		gauge("ksyncd_backup_last_success", 0)
		return
	}
	gauge("ksyncd_backup_last_success", 1)
	gauge("ksyncd_backup_age_seconds", max(0, c.Now().Sub(last).Seconds()))
}
