package worker

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// A standIn is called in place of a policy, and has it called in a worker.
type standIn struct {
	name     string
	options  Options
	log      *slog.Logger
	restarts *metrics.Counter
	life     atomic.Pointer[life]
	report   func(down *engine.Error) // to the engine

	ctx        context.Context // ends with Close
	stop       context.CancelFunc
	supervised chan struct{} // closed when no worker will be started any more

	mu         sync.Mutex // held while a worker is started, configured, or closed
	valid      bool       // Validate has returned nil
	configured bool
	config     []byte // what Reload took last

	excused atomic.Bool // the worker has ended in Reload: the next one is not put off
}

// A life is what there is of a policy for a while: its worker; or how a call
// fails; or neither, while a worker is being started for which calls wait.
type life struct {
	process *process
	failed  *engine.Error
	over    chan struct{} // closed when there is another
}

func newStandIn(name string, options Options) *standIn {
	s := &standIn{name: name, options: options, log: options.Log.With("policy", name), supervised: make(chan struct{})}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.report = func(*engine.Error) {}
	s.restarts = options.Metrics.Counter("policy_worker_restarts_total", "Workers that were started again.", "policy").With(name)
	options.Metrics.Gauge("policy_worker_up", "Whether the policy's worker can be called.", "policy").Set(s.up, name)
	s.life.Store(&life{failed: &engine.Error{Outcome: engine.NotReady, Message: "not started"}, over: make(chan struct{})})
	return s
}

func (s *standIn) up() float64 {
	if s.life.Load().process == nil {
		return 0
	}
	return 1
}

// begin begins another life.
func (s *standIn) begin(process *process, failed *engine.Error) {
	before := s.life.Swap(&life{process, failed, make(chan struct{})})
	close(before.over)
}

// Name returns the name of the policy.
func (s *standIn) Name() string { return s.name }

// Report makes engine.Instance know when the policy cannot be called.
func (s *standIn) Report(report func(down *engine.Error)) { s.report = report }

// Init starts the worker and has the policy's Init called.
func (s *standIn) Init(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ctx.Err(); err != nil { // Close has overtaken it, and nobody would end the worker
		close(s.supervised)
		return err
	}
	p, err := start(s.name, s.options)
	if err != nil {
		close(s.supervised)
		return &engine.Error{Outcome: engine.Crashed, Message: "its process cannot be started: " + err.Error()}
	}
	s.begin(p, nil)
	go s.supervise(p)
	return p.ask(ctx, initialize, nil)
}

// Execute has the policy's Execute called.
func (s *standIn) Execute(ctx context.Context, input any) (any, error) {
	result, err := s.executeIn(ctx, input)
	return result, s.noted(err)
}

// Validate has the policy's Validate called. From then on the worker is started
// again when it ends.
func (s *standIn) Validate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, s.options.StartTimeout)
	defer cancel()
	l := s.life.Load()
	if l.process == nil {
		return l.failed
	}
	err := l.process.ask(ctx, validate, nil)
	s.valid = err == nil
	return err
}

// reloading is a standIn of a policy that has a Reload method.
type reloading struct{ *standIn }

// Reload has the policy's Reload called, and keeps what it took for workers that
// are started later. Without a worker it is for the next one: the configuration
// may be what the policy needs to live.
func (r reloading) Reload(ctx context.Context, config []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil { // it has waited for a worker, and was given up
		return context.Cause(ctx)
	}
	if p := r.life.Load().process; p != nil {
		if err := p.ask(ctx, reload, document.Text(config)); err != nil {
			r.excused.Store(asFailure(err, nil).Outcome == engine.Crashed)
			return err
		}
	}
	r.configured, r.config = true, config
	return nil
}

// Close has the policy's Close called and ends the worker.
func (s *standIn) Close(ctx context.Context) error {
	s.stop()
	err := s.end(ctx)
	<-s.supervised
	return err
}

// end ends the worker that there is.
func (s *standIn) end(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.life.Load().process
	if p == nil {
		return nil
	}
	_, err := p.call(ctx, closeDown, nil)
	p.end("closed")
	if err == errBroken { // it has ended by itself, and left nothing to close
		return nil
	}
	return err
}

// executeIn makes a call in the worker that there is, or that there will be next.
// It is made once at most.
func (s *standIn) executeIn(ctx context.Context, input any) (any, error) {
	for {
		l := s.life.Load()
		if l.failed != nil {
			return nil, l.failed
		}
		if l.process != nil {
			result, err := l.process.call(ctx, execute, input)
			if err != errBroken {
				return result, err
			}
		}
		select {
		case <-l.over:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// noted tells of a panic, as the engine does of one in its own process.
func (s *standIn) noted(err error) error {
	if failed, ok := err.(*engine.Error); ok && failed.Stack != "" {
		s.log.Error("the policy crashed", "error", failed.Message, "stack", failed.Stack)
	}
	return err
}
