package command

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
		{"serve", []string{"--mask", "input"}, exitUsage, `--mask: mask \"input\" is not a JSON pointer`},
		{"serve", []string{"--decision-log", "/nowhere/log"}, exitUsage, "--decision-log: open /nowhere/log"},
		{"serve", []string{"--timeout", "soon"}, exitUsage, `invalid value "soon" for flag --timeout`},
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
		})
	}
}
