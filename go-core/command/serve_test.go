package command

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func init() {
	processPolicies["serve"] = []engine.Policy{echoing("echo"), &configurable{fake: fake{name: "configurable"}}}
	processPolicies["invalid"] = []engine.Policy{echoing("echo"), &fake{name: "bad", validate: func() error { return fmt.Errorf("no key") }}}
}

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
	d := daemonOf(t, process(t, "serve", append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...))
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

// end sends SIGTERM and returns the exit code.
func (d *daemon) end() int {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	_ = d.cmd.Wait() // the exit code is for the caller to check
	return d.cmd.ProcessState.ExitCode()
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

// Serve answers, reads its configuration again on SIGHUP, keeps the old one
// where the new one is wrong, and ends well on SIGTERM.
func TestServe(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.json")
	write := func(text string) {
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"policies": {"configurable": {"level": 1}}, "timeout": "2s"}`)
	decisions := filepath.Join(t.TempDir(), "decisions.jsonl")
	d := startDaemon(t, "--config", config, "--decision-log", decisions, "--mask", "/input")
	if got := d.ask("echo"); got != "{\"result\":1}\n" {
		t.Errorf("answer = %s", got)
	}
	for _, step := range []struct{ config, message, want string }{
		{`{"policies": {"configurable": {"level": 2}}}`, "the configuration was read again", `{"result":"{\"level\":2}"}`},
		{`{"policies": {`, "the configuration was not taken over, or not all of it", `{"result":"{\"level\":2}"}`},
		{`{"policies": {"nobody": 1}}`, "the configuration was not taken over, or not all of it", `{"result":"{\"level\":2}"}`},
	} {
		write(step.config)
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		d.await(step.message)
		if got := d.ask("configurable"); got != step.want+"\n" {
			t.Errorf("after %s: %s, want %s", step.config, got, step.want)
		}
	}
	if code := d.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
	text, err := os.ReadFile(decisions)
	if lines := strings.Count(string(text), "\n"); err != nil || lines != 4 || !strings.Contains(string(text), `"erased":["/input"]`) {
		t.Errorf("decisions, %v:\n%s", err, text)
	}
}

// What cannot be served is refused with a message, before anything is served.
func TestServeRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		policies string
		args     []string
		code     int
		message  string
	}{
		{"serve", []string{"--addr", taken.Addr().String()}, exitUsage, "--addr: listen tcp " + taken.Addr().String() + ": bind: address already in use"},
		{"serve", []string{"--addr", "nowhere"}, exitUsage, "--addr: listen tcp: address nowhere: missing port in address"},
		{"serve", []string{"--diagnostic-addr", taken.Addr().String()}, exitUsage, "--diagnostic-addr: listen tcp"},
		{"serve", []string{"--token-file", "/nowhere"}, exitUsage, "--token-file: the tokens cannot be read: open /nowhere"},
		{"serve", []string{"--token-file", empty}, exitUsage, "there is no token in " + empty},
		{"serve", []string{"--tls-cert", empty}, exitUsage, "--tls-cert and --tls-key are of use together only"},
		{"serve", []string{"--tls-client-ca", empty}, exitUsage, "--tls-client-ca is of use with --tls-cert and --tls-key only"},
		{"serve", []string{"--tls-cert", empty, "--tls-key", empty}, exitUsage, "TLS: the certificate cannot be used"},
		{"serve", []string{"--mask", "input"}, exitUsage, "--mask: mask \"input\" is not a JSON pointer"},
		{"serve", []string{"--decision-log", "/nowhere/log"}, exitUsage, "--decision-log: open /nowhere/log"},
		{"serve", []string{"--timeout", "soon"}, exitUsage, `invalid value "soon" for flag -timeout`},
		{"invalid", []string{"--addr", "127.0.0.1:0"}, exitPolicy, `policy "bad": no key`},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			var out, messages strings.Builder
			cmd := process(t, test.policies, append([]string{"serve"}, test.args...)...)
			cmd.Stdout, cmd.Stderr = &out, &messages
			_ = cmd.Run() // the exit code is checked below
			got := invocation{out.String(), messages.String(), cmd.ProcessState.ExitCode()}
			got.expect(t, test.code, "", test.message)
		})
	}
}

// Healthcheck exits with 0 when the server is ready and with 1 when it is not,
// wherever the address comes from.
func TestHealthcheck(t *testing.T) {
	d := startDaemon(t, "--shutdown-wait", "5s")
	check := func(variable string, args ...string) int {
		cmd := process(t, "serve", append([]string{"healthcheck"}, args...)...)
		cmd.Env = append(cmd.Env, variable)
		_ = cmd.Run() // the exit code is what counts
		return cmd.ProcessState.ExitCode()
	}
	addr := strings.TrimPrefix(d.url, "http://")
	anywhere := strings.Replace(addr, "127.0.0.1", "0.0.0.0", 1)
	config := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(config, fmt.Appendf(nil, `{"addr": %q, "shutdown-wait": "1s"}`, addr), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := check("", "--addr", addr); code != exitOK {
		t.Errorf("flag: exit code %d", code)
	}
	if code := check("POLICY_ENGINE_ADDR=" + anywhere); code != exitOK {
		t.Errorf("variable: exit code %d", code)
	}
	if code := check("", "--config", config); code != exitOK {
		t.Errorf("file: exit code %d", code)
	}
	if code := check("", "--addr", "127.0.0.1:1"); code != exitWrite {
		t.Errorf("nobody there: exit code %d", code)
	}
	if code := check("", "--addr", "x"); code != exitUsage {
		t.Errorf("no address: exit code %d", code)
	}
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // it runs
	d.await("policy-engine: stopping on signal: terminated")
	if code := check("", "--addr", addr); code != exitWrite {
		t.Errorf("stopping: exit code %d", code)
	}
}

// handOver starts an engine on the socket as systemd does, and returns it when
// it has said that it is ready.
func handOver(t *testing.T, socket *os.File, folder string) *daemon {
	t.Helper()
	path := filepath.Join(folder, "notify")
	_ = os.Remove(path) // of the engine before
	notified, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notified.Close()
	engine := process(t, "serve", "serve", "--addr", "127.0.0.1:1") // not where it is to listen
	cmd := exec.Command("/bin/sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`}, engine.Args...)...)
	cmd.Env = append(engine.Env, "LISTEN_FDS=1", "NOTIFY_SOCKET="+path)
	cmd.ExtraFiles = []*os.File{socket}
	d := daemonOf(t, cmd)
	_ = notified.SetReadDeadline(time.Now().Add(10 * time.Second)) // it is open
	text := make([]byte, 1000)
	n, err := notified.Read(text)
	if err != nil || !strings.HasPrefix(string(text[:n]), "READY=1\n") {
		t.Fatalf("it tells %q, %v", text[:n], err)
	}
	return d
}

// A socket that goes from engine to engine loses no request: clients under way
// get every answer, from the one or the other.
func TestHandOver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	folder := t.TempDir()
	running := handOver(t, socket, folder)
	ctx, stop := context.WithCancel(t.Context())
	var answered atomic.Int64
	var clients sync.WaitGroup
	for i := range 6 {
		clients.Go(func() { keepAsking(ctx, t, "http://"+l.Addr().String(), i%2 == 0, &answered) })
	}
	for range 4 {
		time.Sleep(300 * time.Millisecond)
		next := handOver(t, socket, folder)
		if code := running.end(); code != exitOK {
			t.Errorf("exit code = %d", code)
		}
		running = next
	}
	stop()
	clients.Wait()
	if code := running.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
	t.Logf("%d requests answered over 4 hand-overs", answered.Load())
	if answered.Load() < 1000 {
		t.Errorf("%d requests were answered", answered.Load())
	}
}

// keepAsking asks until ctx ends, with a connection that it keeps or with new
// ones. Nothing is asked twice: the body cannot be read again.
func keepAsking(ctx context.Context, t *testing.T, url string, keep bool, answered *atomic.Int64) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: !keep}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		answer, err := client.Post(url+"/v1/policies/echo/execute", "application/json", io.MultiReader(strings.NewReader(`{"input": 1}`)))
		if err != nil {
			t.Errorf("a request was lost: %v", err)
			return
		}
		if text, err := io.ReadAll(answer.Body); err != nil || string(text) != "{\"result\":1}\n" {
			t.Errorf("answer %q, %v", text, err)
		}
		answer.Body.Close()
		answered.Add(1)
	}
}

// A parent that listens to NOTIFY_SOCKET is told of a reload and of the end.
func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	notified, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notified.Close()
	cmd := process(t, "serve", "serve", "--addr", "127.0.0.1:0")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+path, "LISTEN_FDS=7", "LISTEN_PID=1") // sockets that are for another
	d := daemonOf(t, cmd)
	expect := func(start string) {
		t.Helper()
		_ = notified.SetReadDeadline(time.Now().Add(10 * time.Second)) // it is open
		text := make([]byte, 1000)
		if n, err := notified.Read(text); err != nil || !strings.HasPrefix(string(text[:n]), start) {
			t.Fatalf("it tells %q, %v; want %s", text[:n], err, start)
		}
	}
	expect("READY=1\nSTATUS=serving on 127.0.0.1:")
	_ = cmd.Process.Signal(syscall.SIGHUP) // it runs
	expect("RELOADING=1\nMONOTONIC_USEC=")
	expect("READY=1\n")
	if code := d.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
	expect("STOPPING=1\n")
}
