//go:build unix

package command

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path
}

// A pipe to which nobody writes is refused where a file of settings is to be, rather
// than waited for; the file may be a link.
func TestPipeForSettings(t *testing.T) {
	pipe := newPipe(t)
	link, file := filepath.Join(t.TempDir(), "link"), settingsFile(t, "{}")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	wrong := pipe + ": not a regular file; put its text into one, since it may be read again"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "--config", pipe}, "configuration file " + wrong},
		{[]string{"run", "--config", pipe}, "configuration file " + wrong},
		{[]string{"serve", "--token-file", pipe}, "--token-file: the tokens cannot be read: read " + wrong},
		{[]string{"serve", "--tls-cert", pipe, "--tls-key", file}, "TLS: the certificate cannot be used: read " + wrong},
		{[]string{"serve", "--tls-cert", file, "--tls-key", pipe}, "TLS: the certificate cannot be used: read " + wrong},
	} {
		invoke([]engine.Policy{echoing("echo")}, "", test.args...).expect(t, exitUsage, "", test.want)
	}
	invoke([]engine.Policy{echoing("echo")}, "1", "run", "--config", link).compact().expect(t, exitOK, `{"results": [{"name": "echo","result": 1}]}`, "")
}

// The input may come from a pipe, as that of a shell's <(command) does.
func TestPipeForInput(t *testing.T) {
	for _, lines := range []string{"json", "jsonl"} {
		pipe := newPipe(t)
		go func() { _ = os.WriteFile(pipe, []byte("7\n"), 0) }() // it waits for the reader, who is checked
		got := invoke([]engine.Policy{echoing("echo")}, "", "run", "--input-format", lines, "--input", pipe).compact()
		if got.code != exitOK || !strings.Contains(strings.ReplaceAll(got.out, " ", ""), `"result":7`) {
			t.Errorf("%s: exit code %d, %s%s", lines, got.code, got.out, got.err)
		}
	}
}

// A command that waits for somebody to write to the pipe ends at once when it is told to.
func TestPipeForInputInterrupted(t *testing.T) {
	for _, lines := range []string{"json", "jsonl"} {
		d := daemonOf(t, process(t, "announce", "run", "--input-format", lines, "--input", newPipe(t)))
		d.await("started")
		time.Sleep(100 * time.Millisecond) // there is no sign of its waiting
		start := time.Now()
		if code, took := d.end(), time.Since(start); code != 143 || took > grace/2 {
			t.Errorf("%s: exit code %d after %v", lines, code, took)
		}
	}
}
