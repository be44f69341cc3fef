package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// uncallable panics whichever of its methods is called.
type uncallable struct{ Policy }

// register begins with no registrations, and ends with those from before.
func register(t *testing.T) {
	before := registrations
	registrations = nil
	t.Cleanup(func() { registrations = before })
}

// Policies, registered or made, are in order, and none of their methods is
// called.
func TestPoliciesAreInOrder(t *testing.T) {
	register(t)
	first, second, third := &uncallable{}, &uncallable{}, &uncallable{}
	RegisterPolicy(first)
	RegisterConstructor("a.P", func() (Policy, error) { return second, nil })
	RegisterPolicy(third)
	policies, err := makePolicies()
	if err != nil || !slices.Equal(policies, []Policy{first, second, third}) {
		t.Errorf("policies = %v, %v, want the three in order", policies, err)
	}
}

// A constructor is called when policies are made, and not before.
func TestConstructorsWait(t *testing.T) {
	register(t)
	called := 0
	RegisterConstructor("a.P", func() (Policy, error) { called++; return nil, nil })
	if called != 0 {
		t.Error("it was called by init")
	}
	if _, err := makePolicies(); err != nil || called != 1 {
		t.Errorf("called %d times, %v", called, err)
	}
}

// speechless is an error that nil is none of.
type speechless struct{ text string }

func (s *speechless) Error() string { return s.text }

// unmade are constructors that make no policy, and what is said of each.
var unmade = []struct {
	construct func() (Policy, error)
	told      string
}{
	{func() (Policy, error) { return nil, errors.New("no\nfile") }, `no\nfile`},
	{func() (Policy, error) { panic("\x1b[31mred") }, `panic: \x1b[31mred`},
	{func() (Policy, error) { return &uncallable{}, (*speechless)(nil) }, "panic: runtime error: invalid memory address or nil pointer dereference"},
	{func() (Policy, error) { return nil, &speechless{} }, "an error of type *main.speechless without a message"},
	{func() (Policy, error) { runtime.Goexit(); return nil, nil }, "its constructor ended its goroutine with runtime.Goexit"},
	{func() (Policy, error) { time.Sleep(time.Minute); return nil, nil }, "its constructor has not returned after 5s"},
}

// All constructors that fail are told, each on one line, whatever keeps them from
// making a policy; one that does not return keeps the others waiting for 5 s.
func TestFailingConstructors(t *testing.T) {
	register(t)
	var want []string
	for i, each := range unmade {
		origin := fmt.Sprintf("p%d.P", i)
		RegisterConstructor(origin, each.construct)
		want = append(want, origin+" cannot be made: "+each.told)
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := makePolicies()
		if took := time.Since(start); err == nil || !slices.Equal(strings.Split(err.Error(), "\n"), want) || took != 5*time.Second {
			t.Errorf("after %v: %v\nwant %v", took, err, strings.Join(want, "\n"))
		}
		time.Sleep(time.Minute) // what was given up has ended then
	})
}
