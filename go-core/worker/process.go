package worker

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// word is the first argument of a worker. The others are the name of its policy
// and how many bytes of memory it may have.
const word = "worker"

// A process is a worker, from its start to its end.
type process struct {
	cmd        *exec.Cmd
	connection *connection
	output     *output
	started    time.Time
	reason     atomic.Pointer[string] // why we have ended it
	failure    *engine.Error          // set before ended is closed
	ended      chan struct{}          // closed when nothing is left of it
}

// leftover is how long what a policy has started may hold on to the worker's
// output when the worker has ended.
const leftover = time.Second

// start starts the worker of the policy.
func start(name string, options Options) (*process, error) {
	c, theirs, err := connect()
	if err != nil {
		return nil, err
	}
	defer closeAll(theirs)
	p := &process{connection: c, output: newOutput(options.Output, name), started: time.Now(), ended: make(chan struct{})}
	p.cmd = &exec.Cmd{
		Path: executable(), Args: []string{os.Args[0], word, name, strconv.FormatUint(options.Memory, 10)},
		Stdout: p.output, Stderr: p.output, ExtraFiles: theirs,
		SysProcAttr: attributes(), WaitDelay: leftover,
	}
	if err := onSpawner(p.cmd.Start); err != nil {
		c.breakDown()
		return nil, err
	}
	go p.follow()
	return p, nil
}

// connect returns a connection, and the ends of it that are for a worker.
func connect() (c *connection, theirs []*os.File, err error) {
	calls, out, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	in, answers, err := os.Pipe()
	if err != nil {
		closeAll([]*os.File{calls, out})
		return nil, nil, err
	}
	if c, err = newConnection(in, out); err != nil {
		closeAll([]*os.File{calls, out, in, answers})
	}
	return c, []*os.File{calls, answers}, err
}

func closeAll(files []*os.File) {
	for _, each := range files {
		_ = each.Close() // nothing was written to it
	}
}

// follow hands out answers until the worker ends, or does not keep to the
// protocol, and removes what is left of it.
func (p *process) follow() {
	broken := p.connection.receive()
	kill(p.cmd.Process.Pid) // before it can end by itself as it is hung up on: how it ended is told
	p.connection.breakDown()
	_ = p.cmd.Wait() // how it ended is in its state
	reap(p.cmd.Process.Pid)
	p.output.flush()
	p.failure = &engine.Error{Outcome: engine.Crashed, Message: "its process has ended: " + p.epitaph(broken)}
	p.connection.fail(p.failure)
	close(p.ended)
}

// epitaph says why the worker has ended, as exactly as it is known.
func (p *process) epitaph(broken error) string {
	if reason := p.reason.Load(); reason != nil {
		return *reason
	}
	if said := p.output.lastWords(); said != "" {
		return said
	}
	if broken != io.EOF && broken != io.ErrUnexpectedEOF {
		return "what it has answered is not in order: " + broken.Error()
	}
	return p.cmd.ProcessState.String()
}

// end ends the worker, for a reason that those who wait for it are told.
func (p *process) end(reason string) {
	p.reason.CompareAndSwap(nil, &reason)
	p.connection.breakDown()
}

// lived returns how long ago the worker was started.
func (p *process) lived() time.Duration { return time.Since(p.started) }

// call has a method of the policy called. The error is errBroken when it was not,
// since the worker has ended.
func (p *process) call(ctx context.Context, kind byte, input any) (any, error) {
	var limit time.Duration
	if deadline, ok := ctx.Deadline(); ok {
		limit = max(time.Until(deadline), 1)
	}
	id, ended, err := p.connection.begin(ctx, kind, input, limit)
	if err != nil {
		return nil, err
	}
	a := p.connection.await(ctx, id, ended, func() {
		p.end(methods[kind] + " had not returned " + patience.String() + " after its deadline")
	})
	if a.failed != nil {
		return nil, a.failed
	}
	return a.text, nil
}

// ask is call, for methods without a result.
func (p *process) ask(ctx context.Context, kind byte, input any) error {
	_, err := p.call(ctx, kind, input)
	if err == errBroken {
		<-p.ended
		return p.failure
	}
	return err
}
