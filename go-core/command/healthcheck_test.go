package command

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

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
	for _, wrong := range []string{"x", "", ":", "127.0.0.1:"} {
		if code := check("", "--addr", wrong); code != exitUsage {
			t.Errorf("address %q: exit code %d", wrong, code)
		}
	}
	_ = d.cmd.Process.Signal(syscall.SIGTERM) // it runs
	d.await("stopping on signal: terminated")
	if code := check("", "--addr", addr); code != exitWrite {
		t.Errorf("stopping: exit code %d", code)
	}
}

// A server that speaks TLS is told from one that is not ready, whose answer is on
// the line of the message.
func TestHealthcheckMessages(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for server, want := range map[*httptest.Server]string{
		secure: "policy-engine: the server speaks TLS; give --tls-cert, or the --config that it has\n",
		plain:  "policy-engine: the server is not ready: 404 Not Found: 404 page not found\n",
	} {
		addr := server.Listener.Addr().String()
		invoke(nil, "", "healthcheck", "--addr", addr).expect(t, exitWrite, "", want)
	}
}
