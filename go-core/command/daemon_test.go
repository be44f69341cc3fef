package command

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func init() {
	processPolicies["serve"] = []engine.Policy{echoing("echo"), &configurable{fake: fake{name: "configurable"}}}
	processPolicies["busy"] = append([]engine.Policy{echoing("echo"), &closable{fake{name: "closable"}}}, processPolicies["hang"]...)
	processPolicies["hang in close"] = []engine.Policy{echoing("echo"), &hanging{fake{name: "a"}}, &hanging{fake{name: "b"}}}
	processPolicies["invalid"] = []engine.Policy{echoing("echo"), &fake{name: "bad", validate: func() error { return fmt.Errorf("no key") }}}
}

// closable is a policy that tells when it is closed.
type closable struct{ fake }

func (*closable) Close(context.Context) error { fmt.Println("closed"); return nil }

// hanging is a policy whose Close never returns.
type hanging struct{ fake }

func (*hanging) Close(context.Context) error { select {} }

// A daemon is a serve command in a process of its own.
type daemon struct {
	t   *testing.T
	cmd *exec.Cmd
	log chan map[string]any // its lines
	url string
}

// startDaemon starts it, on a port that is free, and waits until it listens.
func startDaemon(t *testing.T, args ...string) *daemon {
	t.Helper()
	return startDaemonOf(t, "serve", args...)
}

func startDaemonOf(t *testing.T, policies string, args ...string) *daemon {
	t.Helper()
	d := daemonOf(t, process(t, policies, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...))
	d.url = "http://" + d.await("listening")["addr"].(string)
	return d
}

func daemonOf(t *testing.T, cmd *exec.Cmd) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: cmd, log: make(chan map[string]any, 1000)}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // if it is still there
	go d.read(stderr)
	return d
}

func (d *daemon) read(stderr io.Reader) {
	defer close(d.log)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		line := map[string]any{"msg": lines.Text()}
		_ = json.Unmarshal(lines.Bytes(), &line) // what is not JSON is a message
		d.log <- line
	}
}

// await returns the next line of the log with that message.
func (d *daemon) await(message string) map[string]any {
	d.t.Helper()
	var seen []any
	for timeout := time.After(10 * time.Second); ; {
		select {
		case line, ok := <-d.log:
			if !ok {
				d.t.Fatalf("it ended without %q; it said %v", message, seen)
			}
			if seen = append(seen, line); line["msg"] == message {
				return line
			}
		case <-timeout:
			d.t.Fatalf("it does not say %q, but %v", message, seen)
		}
	}
}

// hangUp sends SIGHUP and returns the line of the log that tells of its end.
func (d *daemon) hangUp(message string) map[string]any {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		d.t.Fatal(err)
	}
	return d.await(message)
}

// end sends SIGTERM and returns the exit code.
func (d *daemon) end() int {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	_ = d.cmd.Wait() // the exit code is for the caller to check
	return d.cmd.ProcessState.ExitCode()
}

// endWell sends SIGTERM, and expects it to end as it should.
func (d *daemon) endWell() {
	d.t.Helper()
	if code := d.end(); code != exitOK {
		d.t.Errorf("exit code = %d", code)
	}
}

func (d *daemon) ask(policy string) string {
	d.t.Helper()
	answer, err := http.Post(d.url+"/v1/policies/"+policy+"/execute", "application/json", strings.NewReader(`{"input": 1}`))
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

func (d *daemon) get(path string) string {
	d.t.Helper()
	answer, err := http.Get(d.url + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}
