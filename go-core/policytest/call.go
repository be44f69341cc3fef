package policytest

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// attempts is how often a call that took too long is made before that counts:
// a busy machine may stop any one of them for a while.
const attempts = 3

// An answer is what came of a call of Execute.
type answer struct {
	input  any    // what Execute was given
	after  string // that as JSON once Execute had returned, where it is looked at again
	result any    // what Execute returned
	text   []byte // that as JSON
	err    string // the message of its error
	flaw   string // what the engine would report instead: a panic, no JSON, no end
	took   time.Duration
}

func (a answer) String() string {
	if a.err != "" {
		return fmt.Sprintf("the error %q", a.err)
	}
	return shorten(string(a.text))
}

// call has the policy answer an input, within the budget if it can be.
func (k *kit) call(input func() any, budget time.Duration) answer {
	got := k.execute(context.Background(), k.policy, input(), budget)
	for i := 1; i < attempts && got.flaw == "" && got.took > budget; i++ {
		got = k.execute(context.Background(), k.policy, input(), budget)
	}
	return got
}

// execute calls Execute of policy with a context that ends after the budget.
// The result is put into JSON right away, as the engine does, since methods of
// its type are the policy's code too.
func (k *kit) execute(ctx context.Context, policy Policy, input any, budget time.Duration) answer {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	got := answer{input: input}
	limit := budget + Grace*slowdown
	flaw := k.guardFor(limit, func() {
		start := time.Now()
		result, err := policy.Execute(ctx, input)
		got.took, got.result = time.Since(start), result
		if err != nil {
			got.err = errorText(err)
			return
		}
		if got.text, err = json.Marshal(result); err != nil {
			got.flaw = fmt.Sprintf("returned a result that is not JSON: %v", err)
		}
	})
	if flaw == notReturned(limit) {
		flaw += fmt.Sprintf(", though its context ended %v before", Grace*slowdown)
	}
	if flaw != "" {
		return answer{input: input, flaw: flaw} // the call may still be writing to got
	}
	return got
}

// errorText returns the message of err as the engine shows it.
func errorText(err error) string {
	if text := err.Error(); text != "" {
		return text
	}
	return fmt.Sprintf("an error of type %T without a message", err)
}

// guard makes a call that the engine makes at its start.
func (k *kit) guard(call func()) string { return k.guardFor(startBudget*slowdown, call) }

// failure makes a call within the limit and says how it failed; nothing if it did
// not. The text of an error is the policy's code as well.
func (k *kit) failure(limit time.Duration, call func() error) string {
	returned := ""
	flaw := k.guardFor(limit*slowdown, func() {
		if err := call(); err != nil {
			returned = fmt.Sprintf("returned the error %q", errorText(err))
		}
	})
	if flaw != "" {
		return flaw
	}
	return returned
}

// guardFor makes a call on a goroutine of its own and says how it failed to
// return within the limit; nothing if it returned.
func (k *kit) guardFor(limit time.Duration, call func()) string {
	ended := make(chan string, 1)
	go func() {
		flaw := "ended its goroutine with runtime.Goexit"
		defer func() {
			if panicked := recover(); panicked != nil {
				flaw = fmt.Sprintf("panics: %v%s", panicked, panicPlace())
			}
			ended <- flaw
		}()
		call()
		flaw = ""
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case flaw := <-ended:
		return flaw
	case <-timer.C:
		k.lost.Store(true)
		return notReturned(limit)
	}
}

func notReturned(limit time.Duration) string { return fmt.Sprintf("has not returned after %v", limit) }

// panicPlace returns where a panic that is being recovered began: the policy's
// function, or what it called of a module without a domain, which cannot be
// told from the standard library. It is called by the deferred function itself.
func panicPlace() string {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(3, counters[:])])
	first := ""
	for {
		frame, more := frames.Next()
		place := fmt.Sprintf(" (%s:%d)", filepath.Base(frame.File), frame.Line)
		domain, _, isPath := strings.Cut(frame.Function, "/")
		switch {
		case !more || strings.Contains(frame.Function, "/policytest.(*kit)"):
			return first
		case isPath && strings.Contains(domain, "."):
			return place
		case first == "" && !strings.HasPrefix(frame.Function, "runtime."):
			first = place
		}
	}
}
