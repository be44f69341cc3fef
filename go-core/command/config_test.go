package command

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// configurable is a policy that answers its configuration.
type configurable struct {
	fake
	config atomic.Pointer[string]
}

func (c *configurable) Reload(_ context.Context, config []byte) error {
	text := string(config)
	c.config.Store(&text)
	return nil
}

func (c *configurable) Execute(context.Context, any) (any, error) { return *c.config.Load(), nil }

// settingsFile returns the path of a configuration file with that text.
func settingsFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "engine.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A policy is given its configuration, and others may be configured that are
// not selected.
func TestConfigForPolicy(t *testing.T) {
	policies := func() []engine.Policy {
		return []engine.Policy{&configurable{fake: fake{name: "configured"}}, echoing("echo")}
	}
	path := settingsFile(t, `{"policies": {"configured": {"limit": 5}}, "policy": ["configured"]}`)
	want := `{"results": [{"name": "configured","result": "{\"limit\":5}"}]}`
	invoke(policies(), "", "run", "--config", path).compact().expect(t, exitOK, want, "")
	t.Setenv("POLICY_ENGINE_CONFIG", path)
	invoke(policies(), "").compact().expect(t, exitOK, want, "")
	t.Setenv("POLICY_ENGINE_POLICY", "") // is not set
	invoke(policies(), "").compact().expect(t, exitOK, want, "")
	invoke(policies(), "1", "--policy", "e*").compact().expect(t, exitOK, `{"results": [{"name": "echo","result": 1}]}`, "")
}

// Settings that are wrong end a command, wherever they are.
func TestConfigRefused(t *testing.T) {
	tests := []struct {
		name, text, message string
		args                []string
	}{
		{"key", `{"timeuot": "1s"}`, `unknown key "timeuot"; did you mean "timeout"?`, nil},
		{"policy", `{"policies": {"ehco": 1}}`, `configuration: there is no policy "ehco"; did you mean "echo"?`, nil},
		{"pattern", `{}`, `there is no policy "ehco"; did you mean "echo"?`, []string{"--policy", "ehco"}},
		{"format", `{"format": "yaml"}`, `"format": invalid value "yaml": it is none of json, text, github, junit, sarif`, nil},
		{"negative", `{"timeout": "-1s"}`, `"timeout": invalid value "-1s": it is not a duration`, nil},
		{"duration", `{}`, `invalid value "1" for flag --timeout: it is not a duration such as 500ms or 2s;`, []string{"--timeout", "1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"run", "--config", settingsFile(t, test.text)}, test.args...)
			invoke([]engine.Policy{echoing("echo")}, "1", args...).expect(t, exitUsage, "", test.message)
		})
	}
}

// A policy that does not answer in time is an error in the document.
func TestRunTimeout(t *testing.T) {
	hang := &fake{name: "hang", execute: func(context.Context, any) (any, error) { select {} }}
	start := time.Now()
	invoke([]engine.Policy{hang, echoing("good")}, "1", "--timeout", "20ms").compact().expect(t, exitPolicy,
		`{"results": [{"name": "hang","error": "no answer within 20ms"},{"name": "good","result": 1}]}`, "")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
