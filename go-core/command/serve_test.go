package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

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
		d.hangUp(step.message)
		if got := d.ask("configurable"); got != step.want+"\n" {
			t.Errorf("after %s: %s, want %s", step.config, got, step.want)
		}
	}
	write(`{"policies": `)
	want := "configuration file " + config + ": line 1, column 14: unexpected end of JSON input"
	if got := d.hangUp("the configuration was not taken over, or not all of it")["error"]; got != want {
		t.Errorf("error = %v, want %s", got, want)
	}
	d.endWell()
	text, err := os.ReadFile(decisions)
	if lines := strings.Count(string(text), "\n"); err != nil || lines != 4 || !strings.Contains(string(text), `"erased":["/input"]`) {
		t.Errorf("decisions, %v:\n%s", err, text)
	}
}

// Settings that have changed in the file and need a new process are named, and those
// that the command line has set anyway are not; a wrong one is an error.
func TestServeChangedSettings(t *testing.T) {
	config := settingsFile(t, `{"timeout": "2s", "policies": {"configurable": 1}}`)
	d := startDaemon(t, "--config", config, "--shutdown-wait", "0s")
	for _, step := range []struct{ config, message, key, want string }{
		{`{"timeout": "3s", "ui": true, "shutdown-wait": "1s", "count": 5}`, "settings have changed that need a new process", "settings", "[timeout ui]"},
		{`{"timeout": "soon"}`, "the configuration was not taken over, or not all of it", "error", config + `: "timeout": invalid value "soon": it is not a duration such as 500ms or 2s`},
	} {
		if err := os.WriteFile(config, []byte(step.config), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(d.hangUp(step.message)[step.key]); got != step.want {
			t.Errorf("%s: %s, want %s", step.config, got, step.want)
		}
	}
	d.endWell()
}

// With no time for requests to finish, they are cut off at once; the policies
// are closed, and what was decided is logged.
func TestServeNoGrace(t *testing.T) {
	decisions := filepath.Join(t.TempDir(), "decisions.jsonl")
	d := startDaemonOf(t, "busy", "--timeout", "1m", "--shutdown-grace", "0s", "--decision-log", decisions)
	d.ask("echo")
	go func() {
		if answer, err := http.Post(d.url+"/v1/policies/hang/execute", "application/json", strings.NewReader(`{"input": 1}`)); err == nil {
			answer.Body.Close()
		}
	}()
	d.await("waiting")
	start := time.Now()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	d.await("closed")
	d.await("requests were cut off: they were not finished when the time for shutting down was over")
	_ = d.cmd.Wait() // the exit code is checked below
	if code, took := d.cmd.ProcessState.ExitCode(), time.Since(start); code != exitWrite || took > closing+2*time.Second {
		t.Errorf("exit code %d after %v", code, took)
	}
	if text, err := os.ReadFile(decisions); err != nil || !strings.Contains(string(text), `"policy":"echo"`) {
		t.Errorf("decisions, %v:\n%s", err, text)
	}
}

// Policies that hang in Close have the end of the process, and of the log of
// decisions, wait for a bounded time.
func TestServeHangingClose(t *testing.T) {
	decisions := filepath.Join(t.TempDir(), "decisions.jsonl")
	d := startDaemonOf(t, "hang in close", "--decision-log", decisions)
	if got := d.ask("echo"); got != "{\"result\":1}\n" {
		t.Errorf("answer = %s", got)
	}
	start := time.Now()
	if code := d.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
	if took := time.Since(start); took < closing || took > 3*closing {
		t.Errorf("took %v, want between %v and %v", took, closing, 3*closing)
	}
	if text, err := os.ReadFile(decisions); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("decisions, %v:\n%s", err, text)
	}
}

// What cannot be served is refused with a message, before anything is served: each
// line is a record of the log, whatever is wrong.
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
	noTokens := settingsFile(t, `{"token-file": []}`)
	endless := filepath.Join(t.TempDir(), "endless")
	if err := errors.Join(os.WriteFile(endless, nil, 0o600), os.Truncate(endless, 65<<20)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		policies string
		args     []string
		code     int
		message  string
	}{
		{"serve", []string{"--addr", taken.Addr().String()}, exitUsage, "--addr: listen tcp " + taken.Addr().String() + ": bind: address already in use"},
		{"serve", []string{"--addr", "nowhere"}, exitUsage, "--addr: address nowhere: missing port in address; give a HOST:PORT"},
		{"serve", []string{"--addr", ""}, exitUsage, "--addr: the value is empty"},
		{"serve", []string{"--addr", ":"}, exitUsage, "--addr: address :: missing port in address; give a HOST:PORT"},
		{"serve", []string{"--addr", "127.0.0.1:0", "--diagnostic-addr", "127.0.0.1:"}, exitUsage, "--diagnostic-addr: address 127.0.0.1:: missing port in address"},
		{"serve", []string{"--addr", "127.0.0.1:0", "--diagnostic-addr", taken.Addr().String()}, exitUsage, "--diagnostic-addr: listen tcp"},
		{"serve", []string{"--token-file", ""}, exitUsage, "--token-file: the value is empty; leave the setting out for its default"},
		{"serve", []string{"--token-file", empty, "--token-file="}, exitUsage, "--token-file: the value is empty"},
		{"serve", []string{"--tls-client-ca", ""}, exitUsage, "--tls-client-ca: the value is empty"},
		{"serve", []string{"--tls-cert", "", "--tls-key", ""}, exitUsage, "the value is empty"},
		{"serve", []string{"--decision-log", ""}, exitUsage, "--decision-log: the value is empty"},
		{"serve", []string{"--config", ""}, exitUsage, "--config: the value is empty"},
		{"serve", []string{"--config", noTokens}, exitUsage, `\"token-file\": the value is empty`},
		{"serve", []string{"--token-file", "/nowhere"}, exitUsage, "--token-file: the tokens cannot be read: open /nowhere"},
		{"serve", []string{"--token-file", empty}, exitUsage, "there is no token in " + empty},
		{"serve", []string{"--tls-cert", empty}, exitUsage, "--tls-cert and --tls-key are of use together only"},
		{"serve", []string{"--tls-client-ca", empty}, exitUsage, "--tls-client-ca is of use with --tls-cert and --tls-key only"},
		{"serve", []string{"--tls-cert", empty, "--tls-key", empty}, exitUsage, "TLS: the certificate cannot be used"},
		{"serve", []string{"--mask", "input"}, exitUsage, `--mask: mask \"input\" is neither /error nor a JSON pointer`},
		{"serve", []string{"--mask", "/input"}, exitUsage, "--mask is of use with --decision-log only"},
		{"serve", []string{"--config", settingsFile(t, `{"mask": ["/input"]}`)}, exitUsage, "--mask is of use with --decision-log only"},
		{"serve", []string{"--decision-log", "/nowhere/log"}, exitUsage, "--decision-log: open /nowhere/log"},
		{"serve", []string{"--timeout", "soon"}, exitUsage, `invalid value \"soon\" for flag --timeout`},
		{"serve", []string{"--timeout", "-1s"}, exitUsage, `for flag --timeout: it is not a duration`},
		{"serve", []string{"--shutdown-wait", "-1s"}, exitUsage, `for flag --shutdown-wait: it is not a duration`},
		{"serve", []string{"--shutdown-grace", "-1s"}, exitUsage, `for flag --shutdown-grace: it is not a duration`},
		{"serve", []string{"--ui=maybe"}, exitUsage, `invalid boolean value \"maybe\" for --ui: it is neither true nor false; see \"policy-engine help serve\"`},
		{"serve", []string{"--port", "80"}, exitUsage, `unknown flag \"--port\"; see \"policy-engine help serve\"`},
		{"serve", []string{"now"}, exitUsage, `surplus argument \"now\"; see \"policy-engine help serve\"`},
		{"serve", []string{"--config", "/nowhere"}, exitUsage, "configuration file /nowhere: no such file or directory"},
		{"serve", []string{"--config", "/dev/zero"}, exitUsage, "configuration file /dev/zero: not a regular file; put its text into one, since it may be read again"},
		{"serve", []string{"--config", endless}, exitUsage, "configuration file " + endless + ": larger than the limit of 64 MiB"},
		{"serve", []string{"--token-file", endless}, exitUsage, "--token-file: the tokens cannot be read: read " + endless + ": larger than the limit of 64 MiB"},
		{"serve", []string{"--token-file", t.TempDir()}, exitUsage, ": is a directory"},
		{"serve", []string{"--policy", "nobody"}, exitUsage, `nobody`},
		{"unmade", nil, exitLoading, `"msg":"b.P cannot be made: no luck"`},
		{"invalid", []string{"--addr", "127.0.0.1:0"}, exitPolicy, `policy \"bad\": no key`},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			var out, messages strings.Builder
			cmd := process(t, test.policies, append([]string{"serve"}, test.args...)...)
			cmd.Stdout, cmd.Stderr = &out, &messages
			_ = cmd.Run() // the exit code is checked below
			got := invocation{out.String(), messages.String(), cmd.ProcessState.ExitCode()}
			got.expect(t, test.code, "", test.message)
			for line := range strings.Lines(got.err) {
				var record struct{ Time, Level, Msg string }
				if err := json.Unmarshal([]byte(line), &record); err != nil || record.Time == "" || record.Level != "ERROR" || record.Msg == "" {
					t.Errorf("not a record of an error: %s", line)
				}
			}
		})
	}
}
