package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long a command may go on after the first signal, unless it asks
// for more.
const grace = 3 * time.Second

// ExtendGrace lets the command go on for d after the first signal. It has to be
// called before one comes.
func (in *Invocation) ExtendGrace(d time.Duration) { in.grace.Store(int64(d)) }

// stopsWithin returns how long the command may go on.
func (in *Invocation) stopsWithin() time.Duration { return max(time.Duration(in.grace.Load()), grace) }

// interruptible runs command and returns its exit code. The first SIGINT or
// SIGTERM cancels the command's context; if the command does not return then,
// a second signal or the end of the grace period makes interruptible return
// without it. The cause of the context is the failure to return.
func (in *Invocation) interruptible(command func(context.Context) int) int {
	signals := notify()
	defer signal.Stop(signals)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	done := make(chan int, 1)
	go func() { done <- command(ctx) }()
	select {
	case code := <-done:
		return code
	case received := <-signals:
		in.tell(slog.LevelInfo, fmt.Sprintf("stopping on signal: %v", received))
		cause := interrupted(received)
		cancel(cause)
		return await(done, signals, in.stopsWithin(), cause.code)
	}
}

// await returns the code of the command if it ends in time, else the code
// given: a command that has written its document is not called interrupted.
func await(done <-chan int, signals <-chan os.Signal, limit time.Duration, interruptedCode int) int {
	select {
	case code := <-done:
		return code
	case <-signals:
	case <-time.After(limit):
	}
	return interruptedCode
}

// notify returns the channel of the signals that end a command. A signal that
// the parent has set to be ignored, as nohup and background jobs do, stays so.
func notify() chan os.Signal {
	// Unless SIGPIPE is asked for, writing to a closed standard output kills
	// the process, where it should fail with a message and an exit code.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	for _, one := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if !signal.Ignored(one) {
			signal.Notify(signals, one)
		}
	}
	return signals
}
