package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// An answer is how a call ended.
type answer struct {
	text   document.Text
	failed *engine.Error
}

// A connection carries calls to one worker, and their answers back.
type connection struct {
	in     *os.File
	writer *writer

	mu     sync.Mutex
	calls  map[uint64]chan answer
	lastID uint64
	broken bool
}

// newConnection returns the connection over our ends of two pipes. One socket
// would do, and be slower: it wakes who has written whenever the other reads.
func newConnection(in, out *os.File) (*connection, error) {
	w, err := newWriter(out)
	return &connection{in: in, writer: w, calls: map[uint64]chan answer{}}, err
}

// errBroken is the end of a call that no worker was there for.
var errBroken = &engine.Error{Outcome: engine.Crashed, Message: "the policy's process has ended"}

// answers and texts are used again and again: what a call needs.
var (
	answers = sync.Pool{New: func() any { return make(chan answer, 1) }}
	texts   = sync.Pool{New: func() any { return new([]byte) }}
)

// begin makes a call of the kind with that input. The channel gets one answer.
func (c *connection) begin(ctx context.Context, kind byte, input any, limit time.Duration) (uint64, chan answer, error) {
	buffer := texts.Get().(*[]byte)
	text, err := document.Append(appendValues(beginFrame((*buffer)[:0]), ctx), input)
	*buffer = reusable(text)
	defer texts.Put(buffer)
	if err != nil {
		return 0, nil, fmt.Errorf("the input cannot be given to another process: %w", err)
	}
	id, ended := c.enter()
	if ended == nil {
		return 0, nil, errBroken
	}
	if err := endFrame(text, kind, id, limit); err != nil {
		c.leave(id)
		return 0, nil, fmt.Errorf("the input is %w", err)
	}
	// A pipe that is broken is noticed by who reads from it, and answers
	// this call with what has happened.
	_ = c.writer.send(text)
	return id, ended, nil
}

// enter makes room for a call.
func (c *connection) enter() (uint64, chan answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return 0, nil
	}
	c.lastID++
	ended := answers.Get().(chan answer)
	c.calls[c.lastID] = ended
	return c.lastID, ended
}

// leave forgets a call and returns its channel, or nil if there is no such call.
func (c *connection) leave(id uint64) chan answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	ended := c.calls[id]
	delete(c.calls, id)
	return ended
}

// tell tells the worker that the context of a call has ended, and why.
func (c *connection) tell(id uint64, reason error) {
	kind := cancel
	if reason == context.DeadlineExceeded {
		kind = expire
	}
	text := beginFrame(make([]byte, 0, headLength))
	_ = endFrame(text, kind, id, 0) // it has no body
	_ = c.writer.send(text)         // as in begin
}

// receive hands out the answers until the connection breaks, and returns why.
func (c *connection) receive() error {
	r := bufio.NewReaderSize(c.in, buffered)
	for {
		f, err := readFrame(r)
		if err != nil {
			return err
		}
		a, err := answerOf(f)
		if err != nil {
			return err
		}
		ended := c.leave(f.id)
		if ended == nil {
			return errors.New("nobody has made that call")
		}
		ended <- a
	}
}

// answerOf returns the answer that is in a frame. Policies may have done anything to
// the memory of the worker that wrote it.
func answerOf(f frame) (a answer, err error) {
	if engine.Outcome(f.kind) == engine.OK {
		a.text, err = document.Checked(f.body)
		return a, err
	}
	a.failed, err = readFailure(f)
	return a, err
}

// breakDown makes sure that no call is made from now on.
func (c *connection) breakDown() {
	c.mu.Lock()
	c.broken = true
	c.mu.Unlock()
	_ = c.in.Close() // the worker is to be ended
	_ = c.writer.file.Close()
}

// fail answers all calls that were not answered.
func (c *connection) fail(failed *engine.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, ended := range c.calls {
		delete(c.calls, id)
		ended <- answer{failed: failed}
	}
}

// patience is how long a call may go on after the policy's own deadline before its
// worker is ended. A caller that leaves before brings nothing forward: other calls end
// with the worker.
const patience = time.Second

// await returns the answer of a call. Policies are told when ctx ends, and are
// to return then; overdue is called for one that goes on past the policy's own deadline.
func (c *connection) await(ctx context.Context, id uint64, ended chan answer, overdue func()) answer {
	defer answers.Put(ended)
	select {
	case a := <-ended:
		return a
	case <-ctx.Done():
	}
	c.tell(id, ctx.Err())
	deadline, ok := engine.OwnDeadline(ctx)
	if !ok {
		return <-ended
	}
	timer := time.AfterFunc(time.Until(deadline)+patience, overdue)
	defer timer.Stop()
	return <-ended
}
