// Package metrics counts what the engine does, for Prometheus to read.
package metrics

import (
	"bufio"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// ContentType is that of the text that WriteTo writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// A Registry holds metrics. Its methods are safe for concurrent use.
type Registry struct {
	mu       sync.Mutex
	families map[string]*family
}

// NewRegistry returns a registry without metrics.
func NewRegistry() *Registry { return &Registry{families: map[string]*family{}} }

// A family is a metric with all its label values.
type family struct {
	name, help, kind string
	labels           []string

	mu     sync.Mutex
	series map[string]series // by the text of their labels
}

// A series is what has one set of label values. The labels it is given are the
// text {name="value",…}, or nothing.
type series interface {
	write(w *bufio.Writer, name, labels string)
}

// family returns the metric of that name, which is made when it is new. To ask
// for one name with two kinds or two sets of labels is a mistake in the
// program, for which it panics.
func (r *Registry) family(name, help, kind string, labels []string) *family {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.families[name]
	if !ok {
		f = &family{name: name, help: help, kind: kind, labels: labels, series: map[string]series{}}
		r.families[name] = f
	}
	if f.kind != kind || !slices.Equal(f.labels, labels) {
		panic("metrics: " + name + " is registered twice, with another kind or other labels")
	}
	return f
}

// with returns the series that has these label values, made by create when it
// is new.
func (f *family) with(values []string, create func() series) series {
	labels := f.text(values)
	f.mu.Lock()
	defer f.mu.Unlock()
	one, ok := f.series[labels]
	if !ok {
		one = create()
		f.series[labels] = one
	}
	return one
}

func (f *family) text(values []string) string {
	if len(values) != len(f.labels) {
		panic("metrics: " + f.name + " has other labels than it is given values for")
	}
	pairs := make([]string, len(values))
	for i, value := range values {
		pairs[i] = f.labels[i] + `="` + labelEscapes.Replace(strings.ToValidUTF8(value, "\ufffd")) + `"`
	}
	return strings.Join(pairs, ",")
}

var (
	labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
)

// WriteTo writes all metrics in Prometheus's text format, sorted.
func (r *Registry) WriteTo(w io.Writer) (int64, error) {
	counted := &counting{w: w}
	buffered := bufio.NewWriter(counted)
	for _, f := range r.sorted() {
		f.write(buffered)
	}
	err := buffered.Flush()
	return counted.n, err
}

func (r *Registry) sorted() []*family {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(maps.Values(r.families), func(a, b *family) int { return strings.Compare(a.name, b.name) })
}

func (f *family) write(w *bufio.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.series) == 0 {
		return
	}
	_, _ = w.WriteString("# HELP " + f.name + " " + helpEscapes.Replace(f.help) + "\n# TYPE " + f.name + " " + f.kind + "\n")
	for _, text := range slices.Sorted(maps.Keys(f.series)) {
		f.series[text].write(w, f.name, text)
	}
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(text []byte) (int, error) {
	n, err := c.w.Write(text)
	c.n += int64(n)
	return n, err
}
