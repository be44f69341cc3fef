//go:build unix

package worker

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

type jsonText = json.RawMessage

// alive reports whether there is a process of that number that has not ended.
func alive(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if errors.Is(err, os.ErrNotExist) && runtime.GOOS == "linux" {
		return false
	} else if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	_, state, _ := strings.Cut(string(text), ") ")
	return state[0] != 'Z'
}

// Hundreds of restarts leave nothing behind.
func TestRestarts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what is open is seen in /proc")
	}
	restarts := 300
	if testing.Short() {
		restarts = 30
	}
	options := quick()
	e := started(t, options, engine.Options{}, "bad")
	bad := named(t, e, "bad")
	ask(bad, "exit")
	eventually(t, "it answers again", func() bool { _, failed := ask(bad, "pid"); return failed == nil })
	files, goroutines, children := count()
	for range restarts {
		ask(bad, "exit")
		eventually(t, "it answers again", func() bool { _, failed := ask(bad, "pid"); return failed == nil })
	}
	eventually(t, "no more goroutines than before", func() bool { _, n, _ := count(); return n <= goroutines })
	if f, g, c := count(); f > files || c != children || children != 1 {
		t.Errorf("%d files, %d goroutines, %d children; before %d, %d, %d", f, g, c, files, goroutines, children)
	}
	if n := options.Metrics.Counter("policy_worker_restarts_total", "", "policy").With("bad").Value(); n < uint64(restarts) {
		t.Errorf("%d restarts were counted", n)
	}
}

// count returns how many files are open, how many goroutines there are, and how
// many processes this one has started that were not waited for.
func count() (files, goroutines, children int) {
	open, _ := os.ReadDir("/proc/self/fd")
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		text, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		children += len(strings.Fields(string(text)))
	}
	return len(open), runtime.NumGoroutine(), children
}
