package command

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long a command may go on after the first signal, unless it asks
// for more.
const grace = 3 * time.Second

// ExtendGrace lets the command go on for the sum of the durations after the first
// signal. It has to be called before one comes.
func (in *Invocation) ExtendGrace(durations ...time.Duration) {
	sum := time.Duration(0)
	for _, each := range durations {
		sum += min(each, math.MaxInt64-sum) // what is too long for a Duration is for ever
	}
	in.grace.Store(int64(sum))
}

// stopsWithin returns how long the command may go on.
func (in *Invocation) stopsWithin() time.Duration { return max(time.Duration(in.grace.Load()), grace) }

// interruptible runs command and returns its exit code. The first SIGINT or
// SIGTERM cancels the command's context; if the command does not return then,
// a second signal or the end of the grace period makes interruptible return
// without it. The cause of the context is the failure to return.
func (in *Invocation) interruptible(command func(context.Context) int) int {
	signals := in.heedEnd()
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
		return in.await(done, signals, cause.code)
	}
}

// echoes is how long more signals are taken for the first one again: timeout(1), as
// others do, sends its signal to the process and then to all of its group.
const echoes = 200 * time.Millisecond

// await returns the code of the command if it ends in time, else the code
// given: a command that has written its document is not called interrupted.
func (in *Invocation) await(done <-chan int, signals <-chan os.Signal, interruptedCode int) int {
	first, end := time.Now(), time.After(in.stopsWithin())
	for {
		select {
		case code := <-done:
			return code
		case <-end:
			return interruptedCode
		case again := <-signals:
			if time.Since(first) >= echoes {
				in.tell(slog.LevelWarn, fmt.Sprintf("stopped at once on a second signal: %v", again))
				return interruptedCode
			}
		}
	}
}

// A heeded signal is one that a channel is told of.
type heeded struct {
	channel chan os.Signal
	signal  os.Signal
}

// heed has the channel told of the signal.
func (in *Invocation) heed(channel chan os.Signal, one os.Signal) {
	in.heeded = append(in.heeded, heeded{channel, one})
	signal.Notify(channel, one)
}

// heedAgain takes the signals back from policies, whose code may have ignored or
// reset them: a command that hears of none could not be ended in an orderly way.
func (in *Invocation) heedAgain() {
	for _, each := range in.heeded {
		signal.Notify(each.channel, each.signal)
	}
}

// heedEnd returns the channel of the signals that end a command. A SIGINT that
// is ignored stays so: shells start background jobs like that. A SIGTERM that is
// ignored is the work of a policy's init function: what a parent says of it Go
// does not heed, see "Default behavior of signals" in os/signal.
func (in *Invocation) heedEnd() chan os.Signal {
	// Unless SIGPIPE is asked for, writing to a closed standard output kills
	// the process, where it should fail with a message and an exit code.
	in.heed(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	in.heed(signals, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGINT) {
		in.heed(signals, syscall.SIGINT)
	}
	return signals
}
