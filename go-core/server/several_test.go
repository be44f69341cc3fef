package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// named returns so many policies like the one of that name among those that fail.
func named(like string, count int) (policies []engine.Policy) {
	for _, each := range failing() {
		for i := range count {
			if each.Name() == like {
				policies = append(policies, &fake{fmt.Sprintf("%s-%d", like, i), each.Execute})
			}
		}
	}
	return policies
}

// Policies that hang keep neither the others nor the answer waiting: the deadline that
// a request asks for is one for all, however many there are.
func TestDeadlineOfSeveral(t *testing.T) {
	for _, like := range []string{"hang", "heed"} {
		s := serving(t, Options{}, append(named(like, 24), echoing("echo"))...)
		start := time.Now()
		got := s.ask("POST", "/v1/execute?timeout=400ms", `{"input": 1}`)
		if took := time.Since(start); took > 800*time.Millisecond {
			t.Errorf("%s: took %v", like, took)
		}
		if strings.Count(got.body, "policy_timeout") != 24 || !strings.HasSuffix(got.body, `{"name":"echo","result":1}]}`+"\n") {
			t.Errorf("%s: %s", like, got.body)
		}
	}
}

// A policy that was not called by the deadline has timed out like the others, and is
// not called.
func TestSeveralThatCannotBegin(t *testing.T) {
	registry := metrics.NewRegistry()
	s := servingEngine(t, Options{Metrics: registry}, newEngine(t, engine.Options{Metrics: registry}, named("heed", 200)...))
	start := time.Now()
	got := s.ask("POST", "/v1/execute?timeout=50ms", `{"input": 1}`)
	if took := time.Since(start); took > 700*time.Millisecond {
		t.Errorf("took %v", took)
	}
	if strings.Count(got.body, "policy_timeout") != 200 || !strings.Contains(got.body, "not begun within 45ms") {
		t.Error(got.body)
	}
	if !strings.Contains(s.ask("GET", "/metrics", "").body, `policy_executions_total{policy="heed-199",outcome="timeout"} 0`) {
		t.Error("it was called")
	}
}
