//go:build unix

package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/build"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func init() {
	processPolicies["exit"] = []engine.Policy{echoing("echo"), &fake{name: "exit", execute: func(context.Context, any) (any, error) {
		fmt.Println("printed")
		os.Exit(5)
		return nil, nil
	}}}
}

// With --isolate process a policy may end its process, and the others answer.
// Without, it ends all.
func TestIsolate(t *testing.T) {
	tests := []struct {
		args          []string
		code          int
		out, messages string
	}{
		{[]string{"run", "--isolate", "process"}, exitPolicy,
			`{"results": [{"name": "echo","result": 1},{"name": "exit","error": "its process has ended: exit status 5"}]}`, "exit: printed\n"},
		{[]string{"run", "--isolate", "none"}, 5, "", "printed\n"},
		{[]string{"validate", "--isolate", "process"}, exitOK,
			`{"results": [{"name": "echo","valid": true},{"name": "exit","valid": true}]}`, ""},
		{[]string{"run", "--isolate", "container"}, exitUsage, "", `invalid value "container" for flag --isolate: it is none of none, process`},
		{[]string{"run", "--isolate", "process", "--isolate-memory", "64MiB"}, exitUsage, "", "--isolate-memory 64MiB is too little for a process to start; give 128MiB or more"},
		{[]string{"run", "--isolate-memory", "much"}, exitUsage, "", `invalid value "much" for flag --isolate-memory: it is not a size such as 512MiB or 2GiB`},
		{[]string{"worker", "echo", "0"}, exitUsage, "", "a worker is started by the engine, not by hand"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			cmd := process(t, "exit", test.args...)
			var out, messages strings.Builder
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("1"), &out, &messages
			_ = cmd.Run() // the exit code is checked below
			got := invocation{out.String(), messages.String(), cmd.ProcessState.ExitCode()}
			got.compact().expect(t, test.code, test.out, test.messages)
		})
	}
}

// Policies in processes of their own are told of like others: the log of decisions
// and the metrics have the same build, version and digest.
func TestIsolatedIsTraced(t *testing.T) {
	var logs, metrics []string
	for _, where := range []string{"none", "process"} {
		decisions := filepath.Join(t.TempDir(), "decisions.jsonl")
		d := startDaemonOf(t, "exit", "--isolate", where, "--decision-log", decisions)
		d.ask("echo")
		if built := d.await("built"); built["build"] != build.Digest() || built["version"] != build.Version || built["digest"] != build.Policies([]byte(processModules)) {
			t.Errorf("the log has %v", built)
		}
		lines := regexp.MustCompile(`(?m)^policy_(engine_build_)?info.*$`).FindAllString(d.get("/metrics"), -1)
		if code := d.end(); code != exitOK {
			t.Errorf("exit code = %d", code)
		}
		text, err := os.ReadFile(decisions)
		if err != nil {
			t.Fatal(err)
		}
		own := regexp.MustCompile(`"id":"[^"]*","time":"[^"]*",|"duration_ns":\d+`)
		logs, metrics = append(logs, own.ReplaceAllString(string(text), "")), append(metrics, strings.Join(lines, "\n"))
	}
	want := `{"policy":"echo","version":"v1.2.3","digest":"sha256:abc","build":"` + build.Digest() + `","input":1,"result":1,"outcome":"ok",}` + "\n"
	if logs[0] != want || logs[1] != want {
		t.Errorf("decisions: %q, want %q", logs, want)
	}
	if metrics[0] != metrics[1] || !strings.Contains(metrics[0], `build="`+build.Digest()) || !strings.Contains(metrics[0], `policy="echo",version="v1.2.3"`) {
		t.Errorf("metrics: %q", metrics)
	}
}

// A server whose policy ends its process again and again loses no request for
// another, and shows which one is down.
func TestServeIsolated(t *testing.T) {
	d := daemonOf(t, process(t, "exit", "serve", "--addr", "127.0.0.1:0", "--isolate", "process"))
	d.url = "http://" + d.await("listening")["addr"].(string)
	stop := make(chan struct{})
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for {
				if got := d.ask("echo"); got != "{\"result\":1}\n" {
					t.Errorf("the good policy has answered %s", got)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for i := range 5 {
		if got := d.ask("exit"); i == 0 && !strings.Contains(got, "its process has ended: exit status 5") || !strings.Contains(got, `"code":"policy_`) {
			t.Errorf("the policy that exits: %s", got)
		}
	}
	d.await("the policy's worker is started again")
	close(stop)
	running.Wait()
	if code := d.end(); code != exitOK {
		t.Errorf("exit code = %d", code)
	}
}
