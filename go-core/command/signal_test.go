//go:build unix

package command

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func init() {
	processPolicies["ignorant"] = []engine.Policy{echoing("echo")}
	if os.Getenv(processVariable) == "ignorant" {
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
	}
	processPolicies["mute"] = []engine.Policy{&mute{}}
	deafening := &deafening{configurable{fake: fake{name: "deafening"}}}
	processPolicies["deafening"] = []engine.Policy{echoing("echo"), deafening, &fake{name: "wait", execute: func(ctx context.Context, _ any) (any, error) {
		fmt.Println("waiting")
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
}

// deafening is a policy that takes the signals away from the engine.
type deafening struct{ configurable }

func (*deafening) Init(context.Context) error {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	return nil
}

func (d *deafening) Reload(ctx context.Context, config []byte) error {
	signal.Reset()
	return d.configurable.Reload(ctx, config)
}

// A policy that ignores or resets signals leaves no engine that cannot be told to
// stop, or that SIGHUP ends.
func TestSignalsAreTakenBack(t *testing.T) {
	config := settingsFile(t, `{"policies": {"deafening": {"level": 1}}}`)
	for _, args := range [][]string{nil, {"--config", config}} {
		d := startDaemonOf(t, "deafening", args...)
		for range 2 {
			d.hangUp("the configuration was read again")
		}
		d.endWell()
	}
	got := signalled(t, process(t, "deafening", "run"), []os.Signal{syscall.SIGTERM}, 0)
	got.expect(t, 143, "", "policy-engine: stopping on signal: ")
}

// Where a policy's init function has both ignored, SIGTERM still ends the command;
// of SIGINT nobody can tell that it was not the parent.
func TestSIGTERMIsAlwaysHeeded(t *testing.T) {
	d := startDaemonOf(t, "ignorant")
	if err := d.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	d.endWell()
}

// Times that are too long for a sum make a command go on for ever, and no shorter.
func TestExtendGrace(t *testing.T) {
	tests := []struct {
		durations []time.Duration
		want      time.Duration
	}{
		{nil, grace},
		{[]time.Duration{time.Second}, grace},
		{[]time.Duration{6 * time.Second, time.Second}, 7 * time.Second},
		{[]time.Duration{6 * time.Second, math.MaxInt64, time.Second}, math.MaxInt64},
	}
	for _, test := range tests {
		in := &Invocation{}
		if in.ExtendGrace(test.durations...); in.stopsWithin() != test.want {
			t.Errorf("%v: %v, want %v", test.durations, in.stopsWithin(), test.want)
		}
	}
}

// mute is a policy that never tells its name.
type mute struct{ fake }

func (*mute) Name() string { fmt.Println("asked for its name"); select {} }

// A server that is told to stop while it waits for a policy, and has no client yet,
// ends as soon as any command.
func TestStopBeforeListening(t *testing.T) {
	d := daemonOf(t, process(t, "mute", "serve", "--addr", "127.0.0.1:0", "--shutdown-wait", "1m"))
	d.await("asked for its name")
	start := time.Now()
	if code := d.end(); code != 143 || time.Since(start) > 2*grace {
		t.Errorf("exit code %d after %v", code, time.Since(start))
	}
}
