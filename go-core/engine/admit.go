package engine

import (
	"fmt"
	"time"
)

// admit makes room for a call, or says why there is none. A probe is the call
// that finds out whether the policy works again.
func (p *Instance) admit() (probe bool, refused *Error) {
	if p.inFlight.Add(1) <= p.limit && p.ready.Load() && !p.breaker.open.Load() {
		return false, nil
	}
	probe, refused = p.decide()
	if refused != nil {
		p.inFlight.Add(-1)
		p.metrics.ended[refused.Outcome].Inc()
	}
	return probe, refused
}

func (p *Instance) decide() (probe bool, refused *Error) {
	if status := p.status.Load(); status.state == Invalid {
		return false, &Error{Outcome: NotReady, Message: "invalid: " + status.err.Message}
	} else if status.state != Ready {
		return false, &Error{Outcome: NotReady, Message: fmt.Sprintf("not ready: %s", status.state), Retry: time.Second}
	}
	if down := p.down.Load(); down != nil {
		return false, down
	}
	if p.inFlight.Load() > p.limit {
		return false, &Error{Outcome: Overloaded, Message: fmt.Sprintf("over the limit of %d calls at once", p.limit), Retry: time.Second}
	}
	probe, wait := p.breaker.admit(time.Now())
	if !probe && wait > 0 {
		return false, &Error{Outcome: Tripped, Message: "not called for a while, since it did not answer before", Retry: wait}
	}
	return probe, nil
}
