package engine

import (
	"cmp"
	"sync"
	"sync/atomic"
	"time"
)

// A Breaker says when a policy is not called for a while. It opens
//
//   - when Abandoned calls that were given up have gone on for Grace since, or 64 times
//     as many are going on at all; it stays open until one of them returns, since
//     nothing else makes room for another;
//   - after Faults calls in a row that panicked, ended their goroutine, or were
//     given up at the policy's own deadline. An error that a policy returns is an answer, not a fault; one
//     that it returns when its caller has left is neither. So is the end of the
//     process that a call was made in: it takes many calls along at once, and
//     whoever starts that process again knows when, see Reporter.
//
// While it is open every call is refused at once. After Backoff one call is let
// through: when that is answered the breaker closes, else it stays open for
// twice as long as before, at most MaxBackoff.
type Breaker struct {
	Abandoned  int           // 0 means 4
	Grace      time.Duration // 0 means half a second
	Faults     int           // 0 means 20
	Backoff    time.Duration // 0 means 1 second
	MaxBackoff time.Duration // 0 means 1 minute
}

func (b Breaker) withDefaults() Breaker {
	b.Abandoned = cmp.Or(b.Abandoned, 4)
	b.Grace = cmp.Or(b.Grace, 500*time.Millisecond)
	b.Faults = cmp.Or(b.Faults, 20)
	b.Backoff = cmp.Or(b.Backoff, time.Second)
	b.MaxBackoff = cmp.Or(b.MaxBackoff, max(time.Minute, b.Backoff))
	return b
}

// A breaker is the Breaker of one policy at work.
type breaker struct {
	Breaker
	open      atomic.Bool  // what the fast way looks at
	faults    atomic.Int32 // in a row
	abandoned atomic.Int32 // going on
	lingering atomic.Int32 // those of them that had their grace

	mu      sync.Mutex
	backoff time.Duration
	until   time.Time
	probing bool
}

// admit reports whether a call may be made while the breaker is open, as the
// one that tries the policy, or how long it is to wait.
func (b *breaker) admit(now time.Time) (probe bool, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.open.Load():
		return false, 0
	case b.until.After(now):
		return false, b.until.Sub(now)
	case b.probing || b.crowded():
		return false, b.backoff
	}
	b.probing = true
	return true, 0
}

// succeeded is told of a call that was answered.
func (b *breaker) succeeded(probe bool) (closed bool) {
	if b.faults.Load() != 0 {
		b.faults.Store(0)
	}
	if !probe {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	if b.crowded() {
		return false
	}
	b.backoff = 0
	b.open.Store(false)
	return true
}

// crowd is how many times Abandoned may be given up within their grace.
const crowd = 64

// crowded reports whether too many calls that were given up go on: after their grace,
// or so many that it is not waited for.
func (b *breaker) crowded() bool {
	return int(b.lingering.Load()) >= b.Abandoned || int(b.abandoned.Load()) >= crowd*b.Abandoned
}

// undecided is told of a call that shows neither: it is for another one to try the
// policy.
func (b *breaker) undecided(probe bool) {
	if !probe {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

// failed is told of a call that was a fault, and reports whether that opened
// the breaker, which a failed probe leaves open.
func (b *breaker) failed(probe bool, now time.Time) (opened bool) {
	faults := int(b.faults.Add(1))
	if !probe && faults < b.Faults && !b.crowded() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open.Load() && !probe {
		return false // by a call that began before
	}
	b.probing = false
	b.backoff = min(max(2*b.backoff, b.Backoff), b.MaxBackoff)
	b.until = now.Add(b.backoff)
	return !b.open.Swap(true)
}
