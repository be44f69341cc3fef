package policytest

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// rounds is how often each goroutine makes every call.
	rounds = 50
	// atOnce is how long all of them may take before they make no further round.
	atOnce = 300 * time.Millisecond
)

// checkConcurrency has many goroutines call one value, each beginning with
// another case. Without cases that have the expected answer they make calls
// whose answers do not matter, which is for the race detector to watch.
func (k *kit) checkConcurrency(t *testing.T) {
	cases := k.sound()
	if len(cases) == 0 {
		k.together([]Case{{}, {Input: map[string]any{}}}, func(Case, answer) {})
		return
	}
	var reported atomic.Bool
	k.together(cases, func(c Case, got answer) {
		if flaw := c.answerFlaw(got); flaw != "" && reported.CompareAndSwap(false, true) {
			t.Errorf("case %q, with other calls at the same time: Execute %s: it is not safe for concurrent use; %s", c.Name, flaw, unsteady)
		}
	})
}

// together makes the calls on many goroutines at once.
func (k *kit) together(calls []Case, check func(Case, answer)) {
	var group sync.WaitGroup
	start := time.Now()
	for worker := range max(8, 2*runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for round := 0; round < rounds && (round == 0 || time.Since(start) < atOnce); round++ {
				for i := range calls {
					c := calls[(i+worker)%len(calls)]
					// All of them share the processors, so each gets the time of all.
					check(c, k.execute(context.Background(), k.policy, mustCopy(c.Input), k.budget(c)*atOnceFactor))
				}
			}
		})
	}
	group.Wait()
}

// atOnceFactor is how much longer a call may take among the others.
const atOnceFactor = 20
