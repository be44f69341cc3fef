package command

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func init() {
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
