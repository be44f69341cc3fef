package server

import (
	"net/http"
	"runtime"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/build"
	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

type statusAnswer struct {
	Status string `json:"status"`
}

// live answers as long as the process does.
func (s *Server) live(x *exchange) { x.answer(statusAnswer{"ok"}) }

// ready answers whether requests should be sent here.
func (s *Server) ready(x *exchange) {
	if why := s.notReady(); why != "" {
		x.refuse(&problem{status: http.StatusServiceUnavailable, code: "not_ready", message: why, retry: time.Second})
		return
	}
	x.answer(statusAnswer{"ready"})
}

// notReady says why the server is not ready. A policy that is not called for a
// while is no reason: the others would lose their server, too.
func (s *Server) notReady() string {
	if s.draining.Load() {
		return "the server is stopping"
	}
	for _, p := range s.engine.Policies() {
		switch info := p.Info(); info.State {
		case engine.Loaded, engine.Closed:
			return "the policies are not ready"
		case engine.Invalid:
			return "a policy is invalid"
		}
	}
	return ""
}

type policiesAnswer struct {
	Policies []engine.Info `json:"policies"`
}

func (s *Server) policies(x *exchange) {
	answer := policiesAnswer{[]engine.Info{}}
	for _, p := range s.engine.Policies() {
		answer.Policies = append(answer.Policies, p.Info())
	}
	x.answer(answer)
}

type serverStatus struct {
	Status    string               `json:"status"` // ready, not_ready or stopping
	Started   time.Time            `json:"started"`
	Uptime    engine.Duration      `json:"uptime"`
	Version   string               `json:"version"`          // of the core
	Build     string               `json:"build,omitempty"`  // the digest of the binary
	Digest    string               `json:"digest,omitempty"` // of the policies' sources
	Go        string               `json:"go"`
	Platform  string               `json:"platform"`
	Executing int                  `json:"executing"` // requests
	InFlight  int                  `json:"in_flight"` // calls, with those given up
	Abandoned int                  `json:"abandoned"` // calls that were given up and go on
	Policies  map[engine.State]int `json:"policies"`  // how many are in each state
}

func (s *Server) status(x *exchange) {
	answer := serverStatus{
		Status: "ready", Started: s.started.UTC(), Uptime: engine.Duration(time.Since(s.started).Round(time.Millisecond)),
		Version: build.Version, Build: build.Digest(), Digest: s.options.Digest, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Executing: int(s.executing.Load()), Policies: map[engine.State]int{},
	}
	if s.draining.Load() {
		answer.Status = "stopping"
	} else if s.notReady() != "" {
		answer.Status = "not_ready"
	}
	for _, p := range s.engine.Policies() {
		calls, abandoned := p.InFlight()
		answer.InFlight += calls
		answer.Abandoned += abandoned
		answer.Policies[p.Info().State]++
	}
	x.answer(answer)
}

// answer answers with a document.
func (x *exchange) answer(value any) {
	text, err := document.Encode(value)
	if err != nil {
		x.fail(internal(err.Error()))
		return
	}
	x.status, x.out = http.StatusOK, append(text, '\n')
	x.send()
}
