package httpd

import (
	"compress/gzip"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// minCompressed is the size from which gzip is worth its header.
const minCompressed = 1 << 10

// compress gzips texts of more than minCompressed bytes for clients that take
// it. The ETag stays: it names the bytes that are stored, and clients compare
// it with the one of PUT (clients.md 2.1).
func compress() func(http.Handler) http.Handler {
	pool := &sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // never fails: the level exists
		return w
	}}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cw := &compressor{ResponseWriter: w, pool: pool, accepted: r.Method != http.MethodHead && acceptsGzip(r.Header)}
			// Not deferred: after a panic nothing of this may be sent.
			next.ServeHTTP(cw, r)
			cw.close()
		})
	}
}

// acceptsGzip reads Accept-Encoding. RFC 9110 §12.5.3: gzip counts unless its
// weight is 0; * speaks for what is not named.
func acceptsGzip(h http.Header) bool {
	star := false
	for item := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(item, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "gzip" || coding == "x-gzip" {
			return positive(params)
		}
		star = star || coding == "*" && positive(params)
	}
	return star
}

func positive(params string) bool {
	name, value, ok := strings.Cut(params, "=")
	if !ok || strings.TrimSpace(strings.ToLower(name)) != "q" {
		return true
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err != nil || q > 0
}

// compressor holds the answer back until it knows whether to compress: when
// minCompressed bytes came, at the first flush, or at the end.
type compressor struct {
	http.ResponseWriter
	pool     *sync.Pool
	accepted bool

	status  int
	held    []byte
	decided bool
	gz      *gzip.Writer
}

// WriteHeader keeps the status until the decision, as it sends the headers.
func (c *compressor) WriteHeader(status int) {
	switch {
	case c.status != 0:
	case status < 200:
		c.ResponseWriter.WriteHeader(status)
	default:
		c.status = status
		if !c.candidate() {
			c.decide(false)
		}
	}
}

// Write holds back, compresses or passes on.
func (c *compressor) Write(p []byte) (int, error) {
	if c.status == 0 {
		if c.Header().Get("Content-Type") == "" {
			c.Header().Set("Content-Type", http.DetectContentType(p))
		}
		c.WriteHeader(http.StatusOK)
	}
	switch {
	case c.gz != nil:
		return c.gz.Write(p)
	case c.decided:
		return c.ResponseWriter.Write(p)
	case len(c.held)+len(p) < minCompressed:
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if err := c.decide(true); err != nil {
		return 0, err
	}
	return c.Write(p)
}

// candidate reports whether the answer may be compressed, and tells caches
// that it might have been.
func (c *compressor) candidate() bool {
	h := c.Header()
	if c.status == http.StatusNoContent || c.status == http.StatusNotModified || c.status == http.StatusPartialContent ||
		h.Get("Content-Encoding") != "" || !compressible(h.Get("Content-Type")) {
		return false
	}
	h.Add("Vary", "Accept-Encoding")
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && n < minCompressed {
		return false
	}
	return c.accepted
}

func compressible(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+xml") || strings.HasSuffix(t, "+json") ||
		t == "application/xml" || t == "application/json")
}

func (c *compressor) decide(zip bool) error {
	c.decided = true
	if zip {
		c.Header().Set("Content-Encoding", "gzip")
		c.Header().Del("Content-Length")
		c.Header().Del("Accept-Ranges")
		c.gz = c.pool.Get().(*gzip.Writer)
		c.gz.Reset(c.ResponseWriter)
	}
	c.ResponseWriter.WriteHeader(c.status)
	held := c.held
	c.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := c.Write(held)
	return err
}

// FlushError sends what there is; a stream that is flushed early is compressed.
func (c *compressor) FlushError() error {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	if !c.decided {
		if err := c.decide(true); err != nil {
			return err
		}
	}
	if c.gz != nil {
		if err := c.gz.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Flush is [compressor.FlushError] for who has no use for the error.
func (c *compressor) Flush() { _ = c.FlushError() }

// Unwrap is for [http.ResponseController].
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// close sends the rest. Errors mean that the client went away.
func (c *compressor) close() {
	if c.status != 0 && !c.decided {
		_ = c.decide(false)
	}
	if c.gz != nil {
		_ = c.gz.Close()
		c.gz.Reset(nil)
		c.pool.Put(c.gz)
		c.gz = nil
	}
}
