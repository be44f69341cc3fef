package metrics

import (
	"bufio"
	"strconv"
	"sync/atomic"
	"time"
)

// A Counter is a number that only grows.
type Counter struct{ value atomic.Uint64 }

// Inc adds one.
func (c *Counter) Inc() { c.value.Add(1) }

// Add adds n.
func (c *Counter) Add(n uint64) { c.value.Add(n) }

// Value returns the number.
func (c *Counter) Value() uint64 { return c.value.Load() }

func (c *Counter) write(w *bufio.Writer, name, labels string) {
	line(w, name, labels, strconv.FormatUint(c.value.Load(), 10))
}

// A Counters is a counter for each set of label values.
type Counters struct{ family *family }

// Counter returns the counters of that name.
func (r *Registry) Counter(name, help string, labels ...string) Counters {
	return Counters{r.family(name, help, "counter", labels)}
}

// With returns the counter with these label values.
func (c Counters) With(values ...string) *Counter {
	return c.family.with(values, func() series { return &Counter{} }).(*Counter)
}

// A Gauges is a number for each set of label values that is asked for when the
// metrics are read.
type Gauges struct{ family *family }

// Gauge returns the gauges of that name.
func (r *Registry) Gauge(name, help string, labels ...string) Gauges {
	return Gauges{r.family(name, help, "gauge", labels)}
}

// CounterFunc returns counters that are kept elsewhere.
func (r *Registry) CounterFunc(name, help string, labels ...string) Gauges {
	return Gauges{r.family(name, help, "counter", labels)}
}

// Set makes value the source of the number with these label values, in place
// of an earlier one.
func (g Gauges) Set(value func() float64, values ...string) {
	source := g.family.with(values, func() series { return &asked{} }).(*asked)
	source.value.Store(&value)
}

type asked struct {
	value atomic.Pointer[func() float64]
}

func (a *asked) write(w *bufio.Writer, name, labels string) {
	if value := a.value.Load(); value != nil {
		line(w, name, labels, float((*value)()))
	}
}

// A Histogram counts durations by their length.
type Histogram struct {
	bounds  []time.Duration
	buckets []atomic.Uint64 // one more than bounds
	sum     atomic.Int64    // nanoseconds
}

// Durations are bounds that fit calls of compiled code as well as requests over
// a network: from 1 µs to 10 s.
var Durations = []time.Duration{
	time.Microsecond, 2500 * time.Nanosecond, 5 * time.Microsecond,
	10 * time.Microsecond, 25 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// Observe counts one duration.
func (h *Histogram) Observe(d time.Duration) {
	i := 0
	for i < len(h.bounds) && d > h.bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.sum.Add(int64(d))
}

func (h *Histogram) write(w *bufio.Writer, name, labels string) {
	separator := ""
	if labels != "" {
		separator = ","
	}
	var count uint64
	for i := range h.buckets {
		count += h.buckets[i].Load()
		bound := "+Inf"
		if i < len(h.bounds) {
			bound = float(h.bounds[i].Seconds())
		}
		line(w, name+"_bucket", labels+separator+`le="`+bound+`"`, strconv.FormatUint(count, 10))
	}
	line(w, name+"_sum", labels, float(time.Duration(h.sum.Load()).Seconds()))
	line(w, name+"_count", labels, strconv.FormatUint(count, 10))
}

// A Histograms is a histogram for each set of label values.
type Histograms struct {
	family *family
	bounds []time.Duration
}

// Histogram returns the histograms of that name, with these bounds in rising
// order; they are written in seconds.
func (r *Registry) Histogram(name, help string, bounds []time.Duration, labels ...string) Histograms {
	return Histograms{r.family(name, help, "histogram", labels), bounds}
}

// With returns the histogram with these label values.
func (h Histograms) With(values ...string) *Histogram {
	return h.family.with(values, func() series {
		return &Histogram{bounds: h.bounds, buckets: make([]atomic.Uint64, len(h.bounds)+1)}
	}).(*Histogram)
}

func line(w *bufio.Writer, name, labels, value string) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	_, _ = w.WriteString(name + labels + " " + value + "\n")
}

func float(value float64) string {
	return strconv.FormatFloat(value, 'g', -1, 64)
}
