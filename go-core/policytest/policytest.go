// Package policytest checks a policy in the way that the engine uses it.
//
// A policy module imports nothing of the engine; its tests may import this
// package, or leave it to `policy-tasks test`, which runs it on every policy:
//
//	func TestPolicy(t *testing.T) {
//		policytest.Run(t, new(hello.Policy),
//			policytest.Case{Name: "ann may", Input: map[string]any{"user": "ann"}, Result: map[string]any{"allowed": true}},
//			policytest.Case{Name: "no user", Input: nil, Error: "want an object"},
//		)
//	}
//
// A policy that a constructor makes is given as that, to RunNew; RunEngine
// checks that one engine would start with several.
//
// What is checked is what engine.Policy asks for:
//
//   - Contract: a new value has a usable name, always the same, as all that
//     has to be constant, and Init and Validate find it able to work.
//   - Cases: each case has the result or the error that is expected, in time.
//   - Hostile: no input makes Execute panic, return what is not JSON, or take
//     too long: other types at every place of the cases' inputs, very deep and
//     very large values.
//   - Cancellation: Execute returns soon after its context is cancelled.
//   - State: neither the order of the calls nor another value of the type
//     changes an answer; the input is not kept or written to, and the result
//     not changed, once Execute has returned.
//   - Concurrency: calls at once give the same answers. Run with -race, which
//     finds what only happens to go well.
//   - Close: the policy ends in order.
//
// Init, Close and Timeout are called as the engine does, where a policy has
// them; Reload is not, since there is no configuration.
//
// What ends a Go process whatever anybody does ends the test as well: a panic
// on a goroutine that the policy started, concurrent writes to one map, a
// stack overflow, running out of memory, and a call of os.Exit.
package policytest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Policy is the contract that is checked.
type Policy = engine.Policy

const (
	// Budget is how long Execute may take unless its case, or the policy's
	// Timeout, says otherwise.
	// Under the race detector all budgets are ten times as long.
	Budget = time.Second
	// Grace is how long Execute may take to return once its context is
	// cancelled.
	Grace = 500 * time.Millisecond

	// startBudget is how long a constructor and every method that the engine
	// calls at its start may take, which is the default of
	// engine.Options.StartTimeout.
	startBudget = 5 * time.Second
	// closeBudget is how long Close may take: what command.Main gives all
	// policies together.
	closeBudget = 2 * time.Second
)

// Run checks a policy that no constructor makes, as RunNew does. It has to be
// what the engine makes of its type: T{} or &T{}, with no field set.
func Run(t *testing.T, policy Policy, cases ...Case) {
	t.Helper()
	if flaw := valueFlaw(policy); flaw != "" {
		t.Fatal(flaw)
	}
	RunNew(t, func() (Policy, error) { return newValue(policy), nil }, cases...)
}

// RunNew checks the policy that construct makes, which is called for each
// value that a check needs:
//
//	policytest.RunNew(t, func() (policytest.Policy, error) { return hello.New() })
//
// Each check is a subtest. Without cases what needs an expected answer is left
// out. A call that never returns fails its check and ends Run, as does a check
// without which the others have no meaning.
func RunNew(t *testing.T, construct func() (Policy, error), cases ...Case) {
	t.Helper()
	k := &kit{construct: construct, cases: cases, failed: map[string]bool{}}
	k.nameCases(t)
	k.begin(t)
	defer t.Run("Close", k.checkClose)
	checks := []struct {
		name  string
		check func(*testing.T)
	}{
		{"Contract", k.checkContract},
		{"Cases", k.checkCases},
		{"Hostile", k.checkHostile},
		{"Cancellation", k.checkCancellation},
		{"State", k.checkState},
		{"Concurrency", k.checkConcurrency},
	}
	for _, each := range checks {
		passed := t.Run(each.name, each.check)
		if k.lost.Load() && !t.Failed() {
			t.Errorf("a call has not returned, such as of a constructor or Init once more: what comes after %s was not checked", each.name)
		}
		// A policy that shares what it should not can crash the process when it
		// is called by several goroutines, and with it go the messages so far.
		if !passed && (each.name == "Contract" || each.name == "State") || k.unstarted != "" || k.lost.Load() {
			return
		}
	}
}

// A kit is what the checks of one policy share.
type kit struct {
	construct func() (Policy, error)
	policy    Policy // the first that it made
	cases     []Case
	failed    map[string]bool // cases without the expected answer, by name
	lost      atomic.Bool     // whether some call has not returned
	given     []any           // what Execute was given so far, call by call

	unstarted string        // how Init failed
	timeout   time.Duration // the policy's own limit for a call; 0 if it has none
}

// begin makes the policy and starts it. The test fails at once where there is none.
func (k *kit) begin(t *testing.T) {
	t.Helper()
	policy, flaw := k.newPolicy()
	if flaw != "" {
		t.Fatalf("%s: the engine would not start", flaw)
	}
	k.policy = policy
	k.readTimeout()
	k.unstarted = k.start(policy)
}

// checkClose is the last check, since nothing may follow Close.
func (k *kit) checkClose(t *testing.T) {
	if flaw := k.stop(k.policy); flaw != "" {
		t.Error(flaw)
	}
}

// handed returns a copy of the case's input, for one call, which checkInput
// writes into later. The calls of checkConcurrency are not noted, as whatever
// orders them hides data races from the race detector.
func (k *kit) handed(c Case) any {
	input := mustCopy(c.Input)
	k.given = append(k.given, input)
	return input
}

// sound returns the cases that have the expected answer on their own, so that
// no other check reports them once more.
func (k *kit) sound() []Case {
	var sound []Case
	for _, c := range k.cases {
		if !k.failed[c.Name] {
			sound = append(sound, c)
		}
	}
	return sound
}
