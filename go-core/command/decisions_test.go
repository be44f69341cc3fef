//go:build unix

package command

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// A decision log that is moved away goes on in a new file on SIGHUP, and nothing is
// lost between; one that cannot be opened again is told, and goes on where it is.
func TestDecisionLogRotation(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "decisions")
	d := startDaemon(t, "--decision-log", path)
	var clients sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	asked := 0
	clients.Go(func() {
		for ; ctx.Err() == nil; asked++ {
			d.ask("echo")
		}
	})
	for _, old := range []string{"1", "2", "3"} {
		rename(t, path, filepath.Join(folder, old))
		d.hangUp("the configuration was read again")
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	rename(t, path, filepath.Join(folder, "4"))
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	refused := d.hangUp("the configuration was not taken over, or not all of it")
	if want := "open " + path + ": is a directory"; refused["error"] != want {
		t.Errorf("error = %v, want %s", refused["error"], want)
	}
	stop()
	clients.Wait()
	d.endWell()
	logged := 0
	for _, old := range []string{"1", "2", "3", "4"} {
		text, err := os.ReadFile(filepath.Join(folder, old))
		if err != nil {
			t.Error(err)
		}
		logged += strings.Count(string(text), "\n")
	}
	if logged != asked || asked == 0 {
		t.Errorf("%d decisions are logged, of %d", logged, asked)
	}
}

// A decision that cannot be logged is told when it is made, and counted, and all of
// them at the end.
func TestDecisionLogFails(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	d := startDaemon(t, "--decision-log", "/dev/full")
	d.ask("echo")
	line := d.await("decisions are missing from their log")
	if line["level"] != "ERROR" || line["failed"] != 1.0 || line["error"] != "write /dev/full: no space left on device" {
		t.Errorf("log = %v", line)
	}
	if metrics := d.get("/metrics"); !strings.Contains(metrics, "\npolicy_decision_log_failed_total 1\n") {
		t.Errorf("metrics = %s", metrics)
	}
	d.ask("echo")
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if line := d.await("the log of decisions is not complete"); line["failed"] != 2.0 || line["dropped"] != 0.0 {
		t.Errorf("log = %v", line)
	}
	_ = d.cmd.Wait() // it is of no interest here
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
