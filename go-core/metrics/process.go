package metrics

import (
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/build"
)

// Build adds what the process was built from. The digest is that of the policies
// that are built in. That of the binary may have to be waited for, see
// build.Digest.
func Build(r *Registry, policies string) {
	module, revision := mainModule()
	r.Gauge("policy_engine_build_info", "What the engine was built from.", "version", "build", "module", "revision", "goversion", "policies").
		Set(func() float64 { return 1 }, build.Version, build.Digest(), module, revision, runtime.Version(), policies)
}

// Process adds what is known of the process itself: the parts of runtime/metrics
// that are watched most.
func Process(r *Registry) {
	started := float64(time.Now().UnixMilli()) / 1000
	r.Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.").
		Set(func() float64 { return started })
	for _, each := range []struct{ name, help, source string }{
		{"go_goroutines", "Goroutines that exist.", "/sched/goroutines:goroutines"},
		{"go_memory_heap_objects_bytes", "Memory of live objects and of those not yet freed.", "/memory/classes/heap/objects:bytes"},
		{"go_memory_bytes", "Memory that the Go runtime has mapped.", "/memory/classes/total:bytes"},
		{"go_gomaxprocs", "Threads that run Go code at once.", "/sched/gomaxprocs:threads"},
	} {
		r.Gauge(each.name, each.help).Set(sample(each.source))
	}
	for _, each := range []struct{ name, help, source string }{
		{"go_gc_cycles_total", "Completed collections of garbage.", "/gc/cycles/total:gc-cycles"},
		{"go_gc_allocated_bytes_total", "Memory that was allocated on the heap.", "/gc/heap/allocs:bytes"},
		{"go_cpu_gc_seconds_total", "Estimated time spent on collecting garbage.", "/cpu/classes/gc/total:cpu-seconds"},
	} {
		r.CounterFunc(each.name, each.help).Set(sample(each.source))
	}
}

func mainModule() (module, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = setting.Value
		}
	}
	return info.Main.Path, revision
}

func sample(source string) func() float64 {
	return func() float64 {
		samples := []runtimemetrics.Sample{{Name: source}}
		runtimemetrics.Read(samples)
		switch value := samples[0].Value; value.Kind() {
		case runtimemetrics.KindUint64:
			return float64(value.Uint64())
		case runtimemetrics.KindFloat64:
			return value.Float64()
		}
		return 0 // this Go release has no such metric
	}
}
