package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// processVariable names the policies with which the test binary, started by a
// test below, is a policy engine rather than the tests.
const processVariable = "POLICY_ENGINE_TEST_POLICIES"

// early is a logger such as a policy makes before main starts.
var early = log.New(os.Stdout, "", 0)

// processModules is what that binary knows of its policies' module.
const processModules = `[{"path": "github.com/policy-tasks/policy-tasks/go-core", "version": "v1.2.3", "digest": "sha256:abc"}]`

var processPolicies = map[string][]engine.Policy{
	"print": {&fake{name: "print", execute: func(context.Context, any) (any, error) {
		fmt.Println("printed")
		early.Println("logged")
		return 1, nil
	}}},
	"wait": {&fake{name: "wait", execute: func(ctx context.Context, _ any) (any, error) {
		fmt.Println("waiting")
		<-ctx.Done()
		return nil, ctx.Err()
	}}},
	"announce": {&announcing{}},
	"hang": {&fake{name: "hang", execute: func(context.Context, any) (any, error) {
		fmt.Println("waiting")
		select {}
	}}},
}

// announcing is a policy that tells when the engine has started.
type announcing struct{ fake }

func (*announcing) Name() string { fmt.Println("started"); return "announce" }

func TestMain(m *testing.M) {
	if policies := os.Getenv(processVariable); policies != "" {
		program := Program{Policies: processPolicies[policies], Modules: []byte(processModules)}
		if policies == "unmade" {
			program.Err = errors.New("a.P cannot be made: no file\nb.P cannot be made: no luck")
		}
		os.Exit(Main(program, os.Args[1:], TakeStdio()))
	}
	os.Exit(m.Run())
}

// process returns a policy engine that is not yet started.
func process(t *testing.T, policies string, args ...string) *exec.Cmd {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("signals and device files are those of Unix")
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), processVariable+"="+policies)
	return cmd
}

// What a policy prints is on standard error, and standard output holds the
// document alone.
func TestProcessPrintingPolicy(t *testing.T) {
	cmd := process(t, "print")
	var out, messages strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &messages
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	got := invocation{out.String(), messages.String(), cmd.ProcessState.ExitCode()}
	got.compact().expect(t, exitOK, `{"results": [{"name": "print","result": 1}]}`, "printed\nlogged\n")
}

// A document that cannot be written is an error with its own exit code.
func TestProcessUnwritable(t *testing.T) {
	reader, closedPipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer closedPipe.Close()
	reader.Close()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, out := range []*os.File{closedPipe, full} {
		for _, command := range []string{"run", "list", "validate", "version", "help"} {
			cmd := process(t, "print", command)
			var messages strings.Builder
			cmd.Stdout, cmd.Stderr = out, &messages
			_ = cmd.Run() // the exit code is checked below
			got := invocation{"", messages.String(), cmd.ProcessState.ExitCode()}
			got.expect(t, exitWrite, "", "policy-engine: the answer could not be written: ")
		}
	}
}

// A signal ends the process without a document: at once if the policy heeds
// its context, else after a second signal or the grace period. What comes with the
// first signal is no second one.
func TestProcessSignal(t *testing.T) {
	tests := []struct {
		name, policies string
		signals        []os.Signal
		between        time.Duration
		code           int
		least, most    time.Duration
	}{
		{"interrupt", "wait", []os.Signal{os.Interrupt}, 0, 130, 0, grace},
		{"terminate", "wait", []os.Signal{syscall.SIGTERM}, 0, 143, 0, grace},
		{"hanging policy", "hang", []os.Signal{syscall.SIGTERM}, 0, 143, grace, grace + 10*time.Second},
		{"two at once", "hang", []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 0, 143, grace, grace + 10*time.Second},
		{"second signal", "hang", []os.Signal{os.Interrupt, syscall.SIGTERM}, 2 * echoes, 130, 2 * echoes, grace},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			got := signalled(t, process(t, test.policies), test.signals, test.between)
			got.expect(t, test.code, "", "policy-engine: stopping on signal: ")
			if took := time.Since(start); took < test.least || took > test.most {
				t.Errorf("took %v, want between %v and %v", took, test.least, test.most)
			}
		})
	}
}

// signalled starts cmd and sends it the signals, each after a line on standard
// error: the first when a policy has printed one, the others a while after the one
// before was noticed.
func signalled(t *testing.T, cmd *exec.Cmd, signals []os.Signal, between time.Duration) invocation {
	t.Helper()
	var out, messages strings.Builder
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		messages.WriteString(lines.Text() + "\n")
		if len(signals) > 0 {
			if err := cmd.Process.Signal(signals[0]); err != nil {
				t.Error(err)
			}
			signals = signals[1:]
			time.Sleep(between)
		}
	}
	_ = cmd.Wait() // the exit code is for the caller to check
	return invocation{out.String(), messages.String(), cmd.ProcessState.ExitCode()}
}

// A signal ends the process at once while it waits for input.
func TestProcessSignalWhileReading(t *testing.T) {
	cmd := process(t, "announce")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	start := time.Now()
	got := signalled(t, cmd, []os.Signal{syscall.SIGTERM}, 0)
	got.expect(t, 143, "", "policy-engine: stopping on signal: ")
	if took := time.Since(start); took > grace {
		t.Errorf("took %v, want less than %v", took, grace)
	}
}
