//go:build unix

package command

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A decision log that is a pipe is refused while nobody reads it, rather than
// waited for, and written to when somebody does.
func TestDecisionLogPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "decisions")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	var messages strings.Builder
	cmd := process(t, "serve", "serve", "--addr", "127.0.0.1:0", "--decision-log", pipe)
	cmd.Stderr = &messages
	_ = cmd.Run() // the exit code is checked below
	want := `"msg":"--decision-log: nobody reads the pipe ` + pipe + `; start what reads it first"`
	if code := cmd.ProcessState.ExitCode(); code != exitUsage || !strings.Contains(messages.String(), want) {
		t.Errorf("exit code %d, said %s, want %s", code, messages.String(), want)
	}

	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	d := startDaemon(t, "--decision-log", pipe)
	d.ask("echo")
	if line, err := bufio.NewReader(reader).ReadString('\n'); err != nil || !strings.Contains(line, `"policy":"echo"`) {
		t.Errorf("the pipe had %q, %v", line, err)
	}
	if code := d.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
}
