package command

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func init() {
	processPolicies["thorough reload"] = []engine.Policy{echoing("echo"), &thorough{configurable{fake: fake{name: "thorough"}}}}
	processPolicies["slow reload"] = []engine.Policy{echoing("echo"), &slowReload{fake{name: "slow"}}}
}

// slowReload is a policy whose Reload never returns, but for the first configuration.
type slowReload struct{ fake }

func (*slowReload) Reload(_ context.Context, config []byte) error {
	if string(config) == "1" {
		return nil
	}
	fmt.Println("reloading")
	select {}
}

// A token is revoked on SIGHUP before a policy is given its configuration, which may
// take its time, and though other files are wrong; nor has the end to wait for that.
func TestReloadTokensFirst(t *testing.T) {
	folder := t.TempDir()
	tokens, config, decisions := filepath.Join(folder, "tokens"), filepath.Join(folder, "config"), filepath.Join(folder, "decisions")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(tokens, "old")
	write(config, `{"policies": {"slow": 1}}`)
	d := startDaemonOf(t, "slow reload", "--token-file", tokens, "--config", config, "--decision-log", decisions)
	if code := d.status("old"); code != http.StatusOK {
		t.Errorf("status = %d", code)
	}
	write(tokens, "new")
	write(config, `{"policies": {"slow": 2}}`)
	if err := os.Remove(decisions); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(decisions, 0o700); err != nil {
		t.Fatal(err)
	}
	d.hangUp("reloading")
	if before, now := d.status("old"), d.status("new"); before != http.StatusUnauthorized || now != http.StatusOK {
		t.Errorf("status = %d with the old token, %d with the new one", before, now)
	}
	start := time.Now()
	d.endWell()
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// thorough is a policy whose Reload takes a second and more, but for the first configuration.
type thorough struct{ configurable }

func (p *thorough) Reload(ctx context.Context, config []byte) error {
	fmt.Println("reloading " + string(config))
	if string(config) != "1" {
		time.Sleep(1500 * time.Millisecond)
	}
	return p.configurable.Reload(ctx, config)
}

// A SIGHUP that comes while a policy takes over its configuration has the tokens read
// at once. The configuration waits for the one before, and the newest is the next one.
func TestReloadWhileReloading(t *testing.T) {
	folder := t.TempDir()
	tokens, config := filepath.Join(folder, "tokens"), filepath.Join(folder, "config")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(tokens, "old")
	write(config, `{"policies": {"thorough": 1}}`)
	d := startDaemonOf(t, "thorough reload", "--token-file", tokens, "--config", config)
	write(config, `{"policies": {"thorough": 2}}`)
	d.hangUp("reloading 2")
	start := time.Now()
	for n, token := range []string{"new", "newest"} {
		write(tokens, token)
		write(config, fmt.Sprintf(`{"policies": {"thorough": %d}}`, 3+n))
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for d.status(token) != http.StatusOK {
			time.Sleep(time.Millisecond)
		}
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("the tokens were read after %v", took)
	}
	d.await("the configuration was read again")
	if next := <-d.log; next["msg"] != "reloading 4" {
		t.Errorf("then came %v, want the newest configuration", next)
	}
	d.await("the configuration was read again")
	d.endWell()
}

// A policy that is interrupted by the end is no error: stopped is the last word.
func TestReloadStopped(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(`{"policies": {"thorough": 2}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDaemonOf(t, "thorough reload", "--config", config)
	d.hangUp("reloading 2")
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for line := range d.log {
		if line["level"] == "ERROR" {
			t.Errorf("log: %v", line)
		}
	}
	if err := d.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// status asks with the token, and returns the status of the answer.
func (d *daemon) status(token string) int {
	d.t.Helper()
	request, err := http.NewRequest("POST", d.url+"/v1/policies/echo/execute", strings.NewReader(`{"input": 1}`))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}
