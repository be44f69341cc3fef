package command

import (
	"encoding/json"
	"flag"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/build"
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
		{[]string{"list", "-v"}, `unknown flag "-v"; see "policy-engine help list"`},
		{[]string{"run", "--count", "2"}, `unknown flag "--count"; see "policy-engine help run"`},
		{[]string{"run", "--input"}, `flag needs an argument: --input; see "policy-engine help run"`},
		{[]string{"run", "--input="}, `--input: the value is empty; leave the setting out for its default`},
		{[]string{"run", "--config", ""}, `--config: the value is empty`},
		{[]string{"run", "--policy", ""}, `invalid value "" for flag --policy: the value is empty`},
		{[]string{"run", "--timeout", "-1s"}, `invalid value "-1s" for flag --timeout: it is not a duration such as 500ms or 2s;`},
		{[]string{"bench", "--timeout", "-1s"}, `for flag --timeout: it is not a duration`},
		{[]string{"bench", "--benchtime", "-1s"}, `for flag --benchtime: it is not a duration`},
		{[]string{"bench", "--count", "0"}, `--count 0: give 1 or more`},
		{[]string{"bench", "--count", "-1"}, `--count -1: give 1 or more`},
		{[]string{"run", "x"}, `surplus argument "x"`},
		{[]string{"--", "list"}, `surplus argument "list"`},
		{[]string{"-"}, `surplus argument "-"`},
		{[]string{"list", "x"}, `surplus argument "x"`},
		{[]string{"validate", "x"}, `surplus argument "x"`},
		{[]string{"version", "x"}, `surplus argument "x"`},
		{[]string{"help", "x"}, `unknown command "x"`},
		{[]string{"help", "list", "x"}, `surplus argument "x"; see "policy-engine help help"`},
		{[]string{"--help", "list", "run"}, `surplus argument "run"`},
		{[]string{"help", "help", "help"}, `surplus argument "help"`},
		{[]string{"help", "--addr"}, `unknown flag "--addr"`},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			invoke([]engine.Policy{echoing("echo")}, "", test.args...).expect(t, exitUsage, "", test.message)
		})
	}
}

// Help goes to standard output: the overview, or the flags of one command.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"-help"}, {"--help"}} {
		invoke(nil, "", args...).expect(t, exitOK, usage(), "")
	}
	for _, command := range commands {
		for _, args := range [][]string{{"help", command.Name}, {"--help", command.Name}, {command.Name, "-h"}, {command.Name, "--help"}} {
			invoke(nil, "", args...).expect(t, exitOK, command.usage(), "")
		}
	}
}

// What help says of a command has each of its flags, and no other, on one line
// with its default.
func TestCommandUsage(t *testing.T) {
	for _, command := range commands {
		var want, got []string
		flagsOf(command).VisitAll(func(f *flag.Flag) { want = append(want, f.Name) })
		for _, line := range regexp.MustCompile(`(?m)^  --([a-z-]+) .*[^ ]$`).FindAllStringSubmatch(command.usage(), -1) {
			got = append(got, line[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", command.Name, got, want)
		}
	}
	if got := invoke(nil, "", "help", "help").out; !strings.HasPrefix(got, "Usage: policy-engine help [COMMAND]\n") {
		t.Errorf("help of help is\n%s", got)
	}
	got := invoke(nil, "", "serve", "--help").out
	for _, line := range []string{
		`Usage: policy-engine serve \[FLAGS\]`, `  --addr HOST:PORT  .* \(default 127.0.0.1:8080\)`, `  --ui  .*[^)]`,
		`  --isolate none\|process  .* \(default none\)`, `  --shutdown-grace DURATION  .* \(default 10s\)`, `  --config FILE  .*[^)]`,
	} {
		if !regexp.MustCompile("(?m)^" + line + "$").MatchString(got) {
			t.Errorf("no %s in\n%s", line, got)
		}
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

// Version prints an object that names the engine, the build, Go and the platform.
// Of policies from nobody knows where there is no digest.
func TestVersion(t *testing.T) {
	got := invoke([]engine.Policy{nil}, "", "version")
	var answer map[string]string
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil || got.code != exitOK {
		t.Fatalf("exit code = %d, error %v", got.code, err)
	}
	want := map[string]string{
		"name": "policy-engine", "go": runtime.Version(),
		"platform": runtime.GOOS + "/" + runtime.GOARCH, "module": answer["module"],
		"version": build.Version, "build": build.Digest(),
	}
	if !maps.Equal(answer, want) || len(answer) != 6 {
		t.Errorf("version = %v, want %v", answer, want)
	}
}
