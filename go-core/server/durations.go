package server

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// Durations are the histograms of a route, one for each status.
type durations struct {
	family  metrics.Histograms
	handler string
	first   *metrics.Histogram // of status 200
	others  *[600]atomic.Pointer[metrics.Histogram]
}

func newDurations(registry *metrics.Registry, handler string) durations {
	family := registry.Histogram("http_request_duration_seconds", "How long requests took, by route and status.", metrics.Durations, "handler", "code")
	return durations{family, handler, family.With(handler, "200"), new([600]atomic.Pointer[metrics.Histogram])}
}

func (d *durations) observe(status int, took time.Duration) {
	if status == http.StatusOK {
		d.first.Observe(took)
		return
	}
	histogram := d.others[status].Load()
	if histogram == nil {
		histogram = d.family.With(d.handler, strconv.Itoa(status))
		d.others[status].Store(histogram)
	}
	histogram.Observe(took)
}
