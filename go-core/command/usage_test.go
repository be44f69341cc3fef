package command

import (
	"encoding/json"
	"maps"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Wrong arguments leave standard output empty and name what may be meant.
func TestUsageErrors(t *testing.T) {
	tests := []struct {
		args    []string
		message string
	}{
		{[]string{"lst"}, `policy-engine: unknown command "lst"; did you mean "list"?`},
		{[]string{"rum"}, `unknown command "rum"; did you mean "run"?`},
		{[]string{"foo"}, `unknown command "foo"; see "policy-engine help"`},
		{[]string{""}, `unknown command "";`},
		{[]string{"a\x1bb"}, `unknown command "a\x1bb";`},
		{[]string{"--version"}, `unknown flag "--version"; did you mean "version"?`},
		{[]string{"run", "--inptu=x"}, `unknown flag "--inptu"; did you mean "--input"?`},
		{[]string{"list", "-v"}, `unknown flag "--v"; see "policy-engine help"`},
		{[]string{"run", "--input"}, `flag needs an argument: --input;`},
		{[]string{"run", "--input="}, `--input: the value is empty; leave the setting out for its default`},
		{[]string{"run", "--config", ""}, `--config: the value is empty`},
		{[]string{"run", "--policy", ""}, `invalid value "" for flag --policy: the value is empty`},
		{[]string{"run", "--timeout", "-1s"}, `invalid value "-1s" for flag --timeout: it is not a duration such as 500ms or 2s;`},
		{[]string{"serve", "--timeout", "-1s"}, `for flag --timeout: it is not a duration`},
		{[]string{"serve", "--shutdown-wait", "-1s"}, `for flag --shutdown-wait: it is not a duration`},
		{[]string{"serve", "--shutdown-grace", "-1s"}, `for flag --shutdown-grace: it is not a duration`},
		{[]string{"bench", "--benchtime", "-1s"}, `for flag --benchtime: it is not a duration`},
		{[]string{"bench", "--count", "0"}, `--count 0: give 1 or more`},
		{[]string{"bench", "--count", "-1"}, `--count -1: give 1 or more`},
		{[]string{"run", "x"}, `surplus argument "x"`},
		{[]string{"--", "list"}, `surplus argument "list"`},
		{[]string{"-"}, `surplus argument "-"`},
		{[]string{"list", "x"}, `surplus argument "x"`},
		{[]string{"validate", "x"}, `surplus argument "x"`},
		{[]string{"version", "x"}, `surplus argument "x"`},
		{[]string{"help", "x"}, `surplus argument "x"`},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			invoke([]engine.Policy{echoing("echo")}, "", test.args...).expect(t, exitUsage, "", test.message)
		})
	}
}

// Help goes to standard output, from wherever it is asked for.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"run", "-h"}, {"list", "--help"}, {"help", "-h"}} {
		invoke(nil, "", args...).expect(t, exitOK, usage(), "")
	}
}

// The usage text names every command and every exit code, and every command
// can be suggested.
func TestUsageIsComplete(t *testing.T) {
	for _, command := range commands {
		name := command.Name
		if !strings.Contains(usage(), "\n  "+name+" ") {
			t.Errorf("the usage text lacks the command %s", name)
		}
		if got := suggestion(name); !strings.Contains(got, strconv.Quote(name)) {
			t.Errorf("the command %s is not suggested, but %s", name, got)
		}
	}
	for _, code := range []int{exitOK, exitWrite, exitUsage, exitPolicy, exitLoading, 130, 143} {
		if !strings.Contains(usage(), "\n  "+strconv.Itoa(code)+" ") {
			t.Errorf("the usage text lacks the exit code %d", code)
		}
	}
}

// Version prints an object that names the engine, Go and the platform.
func TestVersion(t *testing.T) {
	got := invoke([]engine.Policy{nil}, "", "version")
	var answer map[string]string
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil || got.code != exitOK {
		t.Fatalf("exit code = %d, error %v", got.code, err)
	}
	want := map[string]string{
		"name": "policy-engine", "go": runtime.Version(),
		"platform": runtime.GOOS + "/" + runtime.GOARCH, "module": answer["module"],
		// of no text, since this binary has no modules
		"policies": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}
	if !maps.Equal(answer, want) || len(answer) != 5 {
		t.Errorf("version = %v, want %v", answer, want)
	}
}
