package engine

import (
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// policyMetrics is what is counted of one policy.
type policyMetrics struct {
	ended     [outcomes]*metrics.Counter
	duration  *metrics.Histogram
	panics    *metrics.Counter
	abandoned *metrics.Counter
}

func newPolicyMetrics(r *metrics.Registry, p *Instance) policyMetrics {
	var m policyMetrics
	name := p.info.Name
	ended := r.Counter("policy_executions_total", "Calls of a policy, by how they ended.", "policy", "outcome")
	for outcome := range outcomes {
		m.ended[outcome] = ended.With(name, outcome.String())
	}
	m.duration = r.Histogram("policy_execution_duration_seconds", "How long calls with a deadline took.", metrics.Durations, "policy").With(name)
	m.panics = r.Counter("policy_panics_total", "Calls that panicked or ended their goroutine.", "policy").With(name)
	m.abandoned = r.Counter("policy_executions_abandoned_total", "Calls that were given up at their deadline.", "policy").With(name)
	r.Gauge("policy_executions_in_flight", "Calls that are going on, with those given up.", "policy").
		Set(func() float64 { return float64(p.inFlight.Load()) }, name)
	r.Gauge("policy_executions_abandoned_in_flight", "Calls that were given up and are still going on.", "policy").
		Set(func() float64 { return float64(p.breaker.abandoned.Load()) }, name)
	r.Gauge("policy_breaker_open", "Whether calls are refused since earlier ones did not end well.", "policy").
		Set(func() float64 { return number(p.breaker.open.Load()) }, name)
	r.Gauge("policy_ready", "Whether the policy has started and can be called.", "policy").
		Set(func() float64 { return number(p.ready.Load()) }, name)
	r.Gauge("policy_info", "The policies that are built in.", "policy", "version", "module", "digest").
		Set(func() float64 { return 1 }, name, p.info.Version, p.info.Module, p.info.Digest)
	return m
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// record counts a call that has come back.
func (p *Instance) record(outcome Outcome, probe bool, w *watch) {
	p.metrics.ended[outcome].Inc()
	if w != nil {
		p.metrics.duration.Observe(clock() - w.start)
	}
	switch outcome {
	case Panicked, Exited:
		p.metrics.panics.Inc()
		p.fault(probe)
		return
	case TimedOut:
		p.timedOut(probe, w)
		return
	case Canceled, Crashed: // which say nothing of the policy, or the same in many calls
		p.breaker.undecided(probe)
		return
	}
	if p.breaker.succeeded(probe) {
		p.log.Info("the policy is called again")
	}
}

// abandon counts a call that was given up at its deadline.
func (p *Instance) abandon(probe bool, timedOut *Error, w *watch) {
	p.breaker.abandoned.Add(1)
	p.metrics.ended[TimedOut].Inc()
	p.metrics.abandoned.Inc()
	p.metrics.duration.Observe(w.deadline - w.start)
	p.log.Warn("the policy was given up", "error", timedOut.Message)
	w.grace = time.AfterFunc(p.breaker.Grace, p.linger)
	p.timedOut(probe, w)
}

// linger counts a call that was given up and goes on all the same: too many of those
// are a fault, whoever was in a hurry.
func (p *Instance) linger() {
	p.breaker.lingering.Add(1)
	if p.breaker.crowded() {
		p.fault(false)
	}
}

// ended counts a call that was given up and has come back.
func (p *Instance) ended(w *watch) {
	p.breaker.abandoned.Add(-1)
	if !w.grace.Stop() {
		p.breaker.lingering.Add(-1)
	}
}

// timedOut is told of a call that was not answered by its deadline. An earlier
// one than the policy's own says nothing of the policy: a caller in a hurry is
// not to have it refused to all others, unless too many of its calls go on.
func (p *Instance) timedOut(probe bool, w *watch) {
	if own := w == nil || w.deadline-w.start == p.timeout; own || p.breaker.crowded() {
		p.fault(probe)
		return
	}
	p.breaker.undecided(probe)
}

func (p *Instance) fault(probe bool) {
	if p.breaker.failed(probe, time.Now()) {
		p.log.Warn("the policy is not called for a while", "abandoned", p.breaker.abandoned.Load())
	}
}
