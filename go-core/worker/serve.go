package worker

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// inherited is the file descriptor from which a worker reads calls. It writes
// answers to the next one.
const inherited = 3

// Requested reports whether the arguments of the process, without its name, are
// those of a worker.
func Requested(args []string) bool { return len(args) == 3 && args[0] == word }

// Serve is the whole work of a worker: it makes the calls that it is asked for
// until the engine is gone, and returns the exit code of the process. A policy's
// prints must not go to anything but standard error by now.
func Serve(policies []engine.Policy, args []string) int {
	err := serve(policies, args[1], args[2])
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "worker: %v\n", err)
	return 2
}

func serve(policies []engine.Policy, name, memory string) error {
	limit, err := strconv.ParseUint(memory, 10, 64)
	if err != nil {
		return fmt.Errorf("the limit of memory: %w", err)
	}
	if err := confine(limit); err != nil {
		return err
	}
	in, out, err := inheritedPipes()
	if err != nil {
		return err
	}
	outliveSignals()
	instance, err := host(policies, name)
	if err != nil {
		return err
	}
	w, err := newWriter(out)
	if err != nil {
		return err
	}
	return (&server{instance: instance, writer: w, calls: map[uint64]*callContext{}}).serve(in)
}

// outliveSignals leaves it to the engine what is to be done about signals that
// service managers send to all processes.
func outliveSignals() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

// host returns the one policy of that name, in an engine that takes care of
// panics, as in a process without workers. Nothing else is the matter of that
// engine: the one that asks has the deadlines, the limit and the breaker.
func host(policies []engine.Policy, name string) (*engine.Instance, error) {
	policy, err := find(policies, name)
	if err != nil {
		return nil, err
	}
	e, err := engine.New([]engine.Policy{&hosted{policy, name}}, engine.Options{
		Concurrency: math.MaxInt32,
		Breaker:     engine.Breaker{Abandoned: math.MaxInt32, Faults: math.MaxInt32},
	})
	if err != nil {
		return nil, err
	}
	return e.Policies()[0], e.Start(context.Background())
}

// find returns the policy of that name. It is an engine that knows how to ask
// policies for theirs.
func find(policies []engine.Policy, name string) (found engine.Policy, err error) {
	_, err = engine.New(policies, engine.Options{
		Select: []string{patternEscapes.Replace(name)},
		Wrap:   func(policy engine.Policy, _ engine.Info) engine.Policy { found = policy; return policy },
	})
	return found, err
}

// patternEscapes makes a pattern of engine.Match that only the name itself matches.
var patternEscapes = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// A server makes the calls.
type server struct {
	instance *engine.Instance
	writer   *writer

	mu    sync.Mutex
	calls map[uint64]*callContext
}

// serve makes the calls that come from the connection until it ends.
func (s *server) serve(connection io.Reader) error {
	for r := bufio.NewReaderSize(connection, buffered); ; {
		f, err := readFrame(r)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if s.told(f) {
			continue
		}
		ctx, err := s.enter(&f)
		if err != nil {
			return err
		}
		go s.call(ctx, f)
	}
}

// told ends the context of a call, if the frame says that.
func (s *server) told(f frame) bool {
	switch f.kind {
	case cancel:
		s.end(f.id, context.Canceled)
	case expire:
		s.end(f.id, context.DeadlineExceeded)
	default:
		return false
	}
	return true
}

// enter returns the context of the call, whose values it takes out of the frame.
func (s *server) enter(f *frame) (ctx *callContext, err error) {
	ctx = &callContext{}
	if ctx.values, f.body, err = readValues(f.body); err != nil {
		return nil, err
	}
	if f.limit > 0 {
		ctx.deadline = time.Now().Add(f.limit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[f.id] = ctx
	return ctx, nil
}

// end ends the context of the call, if it is still going on, and forgets it.
func (s *server) end(id uint64, reason error) {
	s.mu.Lock()
	ctx := s.calls[id]
	delete(s.calls, id)
	s.mu.Unlock()
	if ctx != nil {
		ctx.end(reason)
	}
}

// call makes one call and answers it.
func (s *server) call(ctx context.Context, f frame) {
	buffer := texts.Get().(*[]byte)
	defer texts.Put(buffer)
	asked := engine.Call{
		Input: &request{ctx, f},
		Lost:  func(failed *engine.Error) { s.refuse(f.id, failed) },
	}
	text, err := s.instance.AppendJSON(context.Background(), beginFrame((*buffer)[:0]), asked)
	*buffer = reusable(text)
	if err == engine.ErrLost {
		return
	}
	if err != nil {
		s.refuse(f.id, asFailure(err, nil))
		return
	}
	if err := endFrame(text, byte(engine.OK), f.id, 0); err != nil {
		s.refuse(f.id, &engine.Error{Outcome: engine.BadResult, Message: "the result is " + err.Error()})
		return
	}
	s.answer(f.id, text)
}

// refuse answers a call that has failed. What an error says is never too long
// for a frame.
func (s *server) refuse(id uint64, failed *engine.Error) {
	text := appendFailure(beginFrame(nil), failed)
	_ = endFrame(text, byte(failed.Outcome), id, failed.Retry)
	s.answer(id, text)
}

func (s *server) answer(id uint64, text []byte) {
	s.end(id, context.Canceled) // it is over
	_ = s.writer.send(text)     // whoever reads notices that the engine is gone
}
