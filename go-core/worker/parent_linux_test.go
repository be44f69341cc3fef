package worker

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// parent starts such an engine and returns its workers.
func parent(t *testing.T, attributes *syscall.SysProcAttr) (cmd *exec.Cmd, workers []int) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentVariable+"=1")
	cmd.SysProcAttr, cmd.Stderr = attributes, os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Skip("no such process can be started here: ", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("it said %q, %v", line, err)
	}
	return cmd, childrenOf(cmd.Process.Pid)
}

func childrenOf(pid int) (children []int) {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		for _, field := range strings.Fields(string(text)) {
			child, _ := strconv.Atoi(field)
			children = append(children, child)
		}
	}
	return children
}

// Workers end with the engine, however that ends.
func TestParentKilled(t *testing.T) {
	cmd, workers := parent(t, nil)
	if len(workers) != 2 {
		t.Fatalf("workers: %v, want two", workers)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, worker := range workers {
		eventually(t, "the worker has ended", func() bool { return !alive(worker) })
	}
}

// As the first process of a container the engine waits for what its policies
// have left behind: nothing but its workers is there.
func TestFirstProcess(t *testing.T) {
	_, workers := parent(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}})
	if len(workers) != 2 {
		t.Errorf("children: %v, want two workers", workers)
	}
	for _, worker := range workers {
		if !alive(worker) {
			t.Errorf("%d was not waited for", worker)
		}
	}
}

// What a service manager sends to all processes does not end workers: calls are
// still going on.
func TestSignals(t *testing.T) {
	bad := named(t, started(t, quick(), engine.Options{}, "bad"), "bad")
	before, _ := ask(bad, "pid")
	pid, _ := strconv.Atoi(before)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if err := syscall.Kill(pid, signal); err != nil {
			t.Fatal(err)
		}
		if after, failed := ask(bad, "pid"); after != before || failed != nil {
			t.Errorf("after %v: %s, %v; before %s", signal, after, failed, before)
		}
	}
}
