package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// supervise starts a worker again whenever the one before has ended, until the
// policy is closed. That of a policy that was never valid is not started again.
func (s *standIn) supervise(p *process) {
	defer close(s.supervised)
	pause := backoff{options: s.options}
	for {
		<-p.ended
		if !s.wanted() {
			s.begin(nil, p.failure)
			return
		}
		if p = s.replace(p, &pause); p == nil {
			return
		}
	}
}

// wanted reports whether there is to be another worker.
func (s *standIn) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.valid && s.ctx.Err() == nil
}

// replace returns the worker that takes the place of one that has ended, or nil
// when the policy was closed.
func (s *standIn) replace(p *process, pause *backoff) *process {
	failed, lived := p.failure, p.lived()
	if s.excused.Swap(false) { // with the configuration before it did work
		lived = s.options.Settled
	}
	s.begin(nil, nil)
	for {
		if s.ctx.Err() != nil {
			s.begin(nil, failed)
			return nil
		}
		wait := pause.after(lived)
		s.log.Error("the policy's worker is started again", "error", failed.Message, "in", wait.String())
		if wait > 0 {
			down := &engine.Error{Outcome: engine.NotReady, Message: fmt.Sprintf("%s; it is started again after %v", failed.Message, wait), Retry: wait}
			s.begin(nil, down)
			s.report(down)
		}
		if !s.sleep(wait) {
			continue
		}
		p, err := s.restart()
		if err == nil {
			s.report(nil)
			return p
		}
		failed, lived = err, 0
	}
}

// sleep waits, and reports whether the policy was not closed meanwhile.
func (s *standIn) sleep(wait time.Duration) bool {
	select {
	case <-s.ctx.Done():
	case <-time.After(wait):
	}
	return s.ctx.Err() == nil
}

// restart begins a life with a worker in which the policy is as ready as in the
// one before.
func (s *standIn) restart() (*process, *engine.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restarts.Inc()
	p, err := start(s.name, s.options)
	if err != nil {
		return nil, &engine.Error{Outcome: engine.Crashed, Message: "its process cannot be started: " + err.Error()}
	}
	stop := context.AfterFunc(s.ctx, func() { p.end("closed") })
	err = s.prepare(p)
	if open := stop(); !open || err != nil {
		p.end("it did not start")
		<-p.ended
		return nil, asFailure(s.noted(err), p.failure)
	}
	s.begin(p, nil)
	return p, nil
}

// prepare has those methods called that come before Execute.
func (s *standIn) prepare(p *process) error {
	steps := []struct {
		kind  byte
		input any
	}{{initialize, nil}, {reload, document.Text(s.config)}, {validate, nil}}
	for _, step := range steps {
		if step.kind == reload && !s.configured {
			continue
		}
		ctx, cancel := context.WithTimeout(s.ctx, s.options.StartTimeout)
		err := p.ask(ctx, step.kind, step.input)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// asFailure returns the error as one of the engine's; nil is standard.
func asFailure(err error, standard *engine.Error) *engine.Error {
	if err == nil {
		return standard
	}
	if failed, ok := err.(*engine.Error); ok {
		return failed
	}
	return &engine.Error{Outcome: engine.Failed, Message: err.Error()}
}
