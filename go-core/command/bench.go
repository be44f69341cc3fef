package command

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/policy-tasks/policy-tasks/go-core/config"
	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

type benchOptions struct {
	PolicyFlags
	input   inputFlag
	time    time.Duration
	count   int
	timeout time.Duration
}

// benchFlags is the command that measures calls of the policies, with JSON text
// going in and coming out, in the format of Go's benchmarks, which benchstat
// reads.
func benchFlags(flags *flag.FlagSet) Action {
	var o benchOptions
	o.Declare(flags)
	o.input.declare(flags)
	config.DurationVar(flags, &o.time, "benchtime", time.Second, "measure each for at least this `DURATION`")
	flags.IntVar(&o.count, "count", 1, "measure each this `NUMBER` of times")
	declareTimeout(flags, &o.timeout, 0)
	return o.run
}

func (o *benchOptions) run(ctx context.Context, in *Invocation) (int, error) {
	if o.count < 1 {
		return 0, fail(exitUsage, "--count %d: give 1 or more", o.count)
	}
	e, err := o.Engine(in, engine.Options{Timeout: o.timeout})
	if err != nil {
		return 0, err
	}
	text, err := in.fetchInput(ctx, o.input)
	if err != nil {
		return 0, err
	}
	return in.startAndRun(ctx, e, func() (int, error) { return o.measure(ctx, in, e, text) })
}

// measure prints a line for each policy and repetition. A policy that fails is
// reported and left out.
func (o *benchOptions) measure(ctx context.Context, in *Invocation, e *engine.Engine, text []byte) (int, error) {
	if err := in.write([]byte(benchHead())); err != nil {
		return 0, err
	}
	code := exitOK
	for _, p := range e.Policies() {
		for range o.count {
			result, err := repeat(o.time, func(n int) (benchResult, error) { return calls(ctx, p, text, n) })
			if ctx.Err() != nil {
				return 0, context.Cause(ctx)
			}
			if err != nil {
				complain(in.Stdio.Err, fmt.Sprintf("policy %q: %v", p.Name(), err))
				code = exitPolicy
				break
			}
			if err := in.write([]byte(result.line("BenchmarkPolicy/" + benchName(p.Name())))); err != nil {
				return 0, err
			}
		}
	}
	return code, nil
}

func benchHead() string {
	head := fmt.Sprintf("goos: %s\ngoarch: %s\n", runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok {
		head += "pkg: " + info.Main.Path + "\n"
	}
	return head
}

// benchName returns the name as package testing writes those of benchmarks.
func benchName(name string) string {
	var written strings.Builder
	for _, r := range name {
		switch {
		case unicode.IsSpace(r):
			written.WriteByte('_')
		case strconv.IsPrint(r):
			written.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			written.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return written.String()
}

// A benchResult is what n calls took.
type benchResult struct {
	n             int
	took          time.Duration
	bytes, allocs uint64
}

func (r benchResult) line(name string) string {
	processors := ""
	if n := runtime.GOMAXPROCS(0); n > 1 {
		processors = fmt.Sprintf("-%d", n)
	}
	n := uint64(r.n)
	return fmt.Sprintf("%s%s\t%8d\t%10.1f ns/op\t%8d B/op\t%8d allocs/op\n",
		name, processors, r.n, float64(r.took.Nanoseconds())/float64(r.n), r.bytes/n, r.allocs/n)
}

// repeat measures so many calls that they take at least the time given.
func repeat(least time.Duration, calls func(n int) (benchResult, error)) (benchResult, error) {
	for n := 1; ; {
		result, err := calls(n)
		if err != nil || result.took >= least || n >= 1e9 {
			return result, err
		}
		// As package testing does: a little more than what seems to be
		// needed, and not too much more than the last time.
		needed := float64(least) * float64(n) / float64(max(result.took, 1)) * 1.2
		n = int(min(max(needed, float64(n+1)), float64(n)*100, 1e9))
	}
}

// calls measures n calls, JSON text in and out. They run on the goroutine that
// makes them, as those of the server do; a policy may end it.
func calls(ctx context.Context, p *engine.Instance, text []byte, n int) (benchResult, error) {
	type outcome struct {
		result benchResult
		err    error
	}
	ended := make(chan outcome, 1)
	lost := func(failed *engine.Error) { ended <- outcome{err: failed} }
	go func() {
		result, err := inARow(ctx, p, text, n, lost)
		if err != engine.ErrLost {
			ended <- outcome{result, err}
		}
	}()
	o := <-ended
	return o.result, o.err
}

func inARow(ctx context.Context, p *engine.Instance, text []byte, n int, lost func(*engine.Error)) (benchResult, error) {
	var out []byte
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range n {
		input, err := document.Decode(text, document.MaxDepth)
		if err != nil {
			return benchResult{}, err
		}
		if out, err = p.AppendJSON(ctx, out[:0], engine.Call{Input: input, Lost: lost}); err != nil {
			return benchResult{}, err
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return benchResult{n, took, after.TotalAlloc - before.TotalAlloc, after.Mallocs - before.Mallocs}, nil
}
