package metrics

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/build"
)

// text returns what Prometheus reads.
func text(t *testing.T, r *Registry) string {
	t.Helper()
	var written strings.Builder
	n, err := r.WriteTo(&written)
	if err != nil || int(n) != written.Len() {
		t.Fatalf("WriteTo = %d, %v; %d bytes were written", n, err, written.Len())
	}
	return written.String()
}

// The text is that of Prometheus's format: sorted, escaped, buckets cumulative.
func TestWriteTo(t *testing.T) {
	r := NewRegistry()
	r.Counter("b_total", "Help with \\ and\nline.", "policy", "outcome").With("a\"b\\c\nd\xff", "ok").Add(3)
	r.Counter("b_total", "ignored", "policy", "outcome").With("a", "ok").Inc()
	r.Gauge("c", "Now.").Set(func() float64 { return 0.5 })
	h := r.Histogram("a_seconds", "Long.", []time.Duration{time.Microsecond, time.Second}, "policy").With("p")
	for _, d := range []time.Duration{time.Microsecond, time.Millisecond, time.Minute} {
		h.Observe(d)
	}
	r.Counter("unused_total", "None.", "policy")
	want := `# HELP a_seconds Long.
# TYPE a_seconds histogram
a_seconds_bucket{policy="p",le="1e-06"} 1
a_seconds_bucket{policy="p",le="1"} 2
a_seconds_bucket{policy="p",le="+Inf"} 3
a_seconds_sum{policy="p"} 60.001001
a_seconds_count{policy="p"} 3
# HELP b_total Help with \\ and\nline.
# TYPE b_total counter
b_total{policy="a",outcome="ok"} 1
b_total{policy="a\"b\\c\nd` + "\ufffd" + `",outcome="ok"} 3
# HELP c Now.
# TYPE c gauge
c 0.5
`
	if got := text(t, r); got != want {
		t.Errorf("text:\n%s\nwant:\n%s", got, want)
	}
}

// One name has one kind and one set of labels.
func TestRegisterTwice(t *testing.T) {
	for name, again := range map[string]func(*Registry){
		"kind":   func(r *Registry) { r.Gauge("a", "", "x") },
		"labels": func(r *Registry) { r.Counter("a", "", "y") },
		"values": func(r *Registry) { r.Counter("a", "", "x").With("1", "2") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			r := NewRegistry()
			r.Counter("a", "", "x")
			again(r)
		}()
	}
}

// Counting and reading go on at once.
func TestConcurrent(t *testing.T) {
	r := NewRegistry()
	var counting sync.WaitGroup
	for range 4 {
		counting.Go(func() {
			for range 1000 {
				r.Counter("a_total", "", "x").With("1").Inc()
				r.Histogram("b_seconds", "", Durations).With().Observe(time.Millisecond)
			}
			text(t, r)
		})
	}
	counting.Wait()
	if got := text(t, r); !strings.Contains(got, "a_total{x=\"1\"} 4000\n") || !strings.Contains(got, "b_seconds_count 4000\n") {
		t.Errorf("text:\n%s", got)
	}
}

// The process tells from what it was built, to the digest, and how it is.
func TestProcess(t *testing.T) {
	r := NewRegistry()
	Process(r)
	Build(r, "sha256:x")
	got := text(t, r)
	for _, pattern := range []string{
		`policy_engine_build_info\{version="` + build.Version + `",build="` + build.Digest() + `",module=".*",revision=".*",goversion="go1\..*",policies="sha256:x"\} 1\n`, `go_goroutines [1-9]`,
		`go_memory_heap_objects_bytes [1-9]`, `go_gc_allocated_bytes_total [1-9]`, `process_start_time_seconds 1\.`,
	} {
		if !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("no %s in\n%s", pattern, got)
		}
	}
}
