package policytest_test

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/policytest"
)

var cases = []policytest.Case{
	{Name: "ann may", Input: map[string]any{"user": "ann"}, Result: map[string]any{"allowed": true, "limit": 10.0}},
	{Name: "bob may not", Input: map[string]any{"user": "bob"}, Result: map[string]any{"allowed": false, "limit": 10}},
}

// Policies of every kind that keep the contract pass.
func TestGoodPolicies(t *testing.T) {
	t.Run("pointer", func(t *testing.T) { policytest.Run(t, new(good), cases...) })
	t.Run("value", func(t *testing.T) { policytest.Run(t, byValue{}, cases...) })
	t.Run("nil map", func(t *testing.T) { policytest.Run(t, table(nil), cases...) })
	t.Run("waiting", func(t *testing.T) { policytest.Run(t, new(waiting), cases...) })
	t.Run("without cases", func(t *testing.T) { policytest.Run(t, new(good)) })
	t.Run("an expected error", func(t *testing.T) {
		policytest.Run(t, new(good), policytest.Case{Input: "text", Error: "an object", Budget: 100 * time.Millisecond})
	})
	t.Run("from a file", func(t *testing.T) {
		policytest.Run(t, new(good), policytest.ReadCases(t, "testdata/policytest/good.json")...)
	})
}

// A subject is a policy that Run has to refuse, with a message of this check.
type subject struct {
	name    string
	policy  policytest.Policy
	cases   []policytest.Case
	check   string
	message string
}

var subjects = []subject{
	{"nil", nil, nil, "", "the policy is nil"},
	{"nil pointer", (*good)(nil), nil, "", "the policy is a nil pointer, of type *policytest_test.good: give Run new(T)"},
	{"fields set", &configured{limit: "1"}, nil, "", "Run takes &policytest_test.configured{}, with no field set; where a constructor makes the policy, give RunNew that"},
	{"fields set in a value", byValue{new(good)}, nil, "", "Run takes policytest_test.byValue{}, with no field set"},
	{"one name twice", new(good), []policytest.Case{{Name: "a"}, {Name: "a"}}, "", `two cases have the name "a"`},
	{"input that is not JSON", new(good), []policytest.Case{{Input: make(chan int)}}, "", `the input of case "case 1" is not JSON`},
	{"nameless", new(nameless), cases, "Contract/Name", "Name() is empty"},
	{"control in the name", new(controlName), cases, "Contract/Name", `Name() contains a control character: "a\nb"`},
	{"counting name", new(countingName), cases, "Contract/Name", `is "name 2", and was "name 1": it has to be a constant`},
	{"panicking name", new(panickingName), cases, "Contract/Name", "Name() panics: no name yet (subjects_test.go:"},
	{"name of the input", new(nameOfInput), cases, "State/Name", `Name() is "called: true" after Execute, and "called: false" before`},
	{"invalid", new(invalid), cases, "Contract/Validate", `the error "there is no table": the engine would not execute this policy`},
	{"needs fields", new(needsFields), cases, "Contract/Validate", "Validate() panics: assignment to entry in nil map (subjects_test.go:"},
	{"unstarted", new(unstarted), cases, "Contract/Validate", `Init() returned the error "no database": the engine would not`},
	{"starts forever", new(startsForever), cases, "Contract/Validate", "Init() has not returned after"},
	{"unstopped", new(unstopped), cases, "Close", `Close() returned the error "cannot flush"`},
	{"new versions", new(newVersions), cases, "Contract/Constants", `Version() is "v2", and was "v1": it has to be a constant`},
	{"wrong schema", new(wrongSchema), cases, "Contract/Constants", "InputSchema() is not JSON, and would be left out: an object"},
	{"late", new(late), []policytest.Case{{Input: 1, Error: "an object"}}, "Cases/case_1", "over its budget of"},
	{
		"wrong answer", new(wrongAnswer), cases, "Cases/bob_may_not",
		`Execute({"user":"bob"}) returned {"allowed":true,"limit":10}, want {"allowed":false,"limit":10}`,
	},
	{
		"no error", new(good), []policytest.Case{{Input: map[string]any{}, Error: "no user"}}, "Cases/case_1",
		`returned {"allowed":false,"limit":10}, want an error with "no user"`,
	},
	{
		"another error", new(good), []policytest.Case{{Input: 1, Error: "no user"}}, "Cases/case_1",
		`returned the error "want an object", want one with "no user"`,
	},
	{"unexpected error", new(good), []policytest.Case{{Input: 1}}, "Cases/case_1", `returned the error "want an object", want null`},
	{
		"slow", new(slow), []policytest.Case{{Input: 1, Error: "an object", Budget: 5 * time.Millisecond}}, "Cases/case_1",
		"over its budget of",
	},
	{"endless", new(endless), cases[:1], "Cases/ann_may", "has not returned after"},
	{"endless without cases", new(endless), nil, "Hostile/JSON", "Execute of null has not returned after"},
	{"leaving", new(leaving), cases, "Cases/ann_may", "ended its goroutine with runtime.Goexit"},
	{
		"trusting", new(trusting), cases, "Hostile/ann_may",
		`Execute of the case with input["user"] = null panics: interface conversion: interface {} is nil, not string (flawed_test.go:`,
	},
	{"slow when hostile", new(slowWhenHostile), cases, "Hostile/JSON", "the inputs after these were not tried"},
	{"not JSON", new(notJSON), cases, "Hostile/JSON", "Execute of null returned a result that is not JSON: json: unsupported type: func()"},
	{"counting", new(counting), cases, "State/Order", `Execute returned the error "the quota is used up", want {"allowed":`},
	{"global", new(global), cases, "State/Order", `Execute returned the error "not after bob", want {"allowed":true,"limit":10}: it keeps something`},
	{"shared result", new(sharedResult), cases, "State/Result", `the result was {"allowed":true,"limit":10} when Execute returned it, and is {"allowed":false`},
	{"keeps its input", new(keepsInput), cases, "State/Input", "it keeps its input"},
	{"writes later", new(writesLater), cases, "State/Input", `"user":"written later"} now: it may not be written to any more`},
	{"unsafe together", new(unsafeTogether), cases, "Concurrency", "it is not safe for concurrent use"},
	{"deaf", new(deaf), cases[:1], "Cancellation/null", "over the 500ms that it has: return when ctx.Done() is closed"},
}

const subjectVariable = "POLICYTEST_SUBJECT"

// Every kind of flaw fails the check that is for it, with a message that says
// what is wrong. Each is tried in a process of its own.
func TestFlawedPolicies(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			if s.name == "deaf" && raceDetector {
				t.Skip("its wait is too short for the race detector's allowance")
			}
			if s.name == "starts forever" {
				skipWait(t)
			}
			t.Parallel()
			output, failed := try(s.name)
			if !failed {
				t.Fatalf("Run passed:\n%s", output)
			}
			if s.check != "" && !strings.Contains(output, "--- FAIL: TestSubject/"+s.check) {
				t.Errorf("the check %s did not fail:\n%s", s.check, output)
			}
			if !strings.Contains(output, s.message) && !raceTold(output) {
				t.Errorf("no message has %q:\n%s", s.message, output)
			}
		})
	}
}

// skipWait skips a test that waits for a start, for which the race detector's
// allowance is most of a minute.
func skipWait(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("it waits for most of a minute under the race detector")
	}
}

// Under the race detector a policy that only happens to give the right answers
// fails too.
func TestRacyPolicy(t *testing.T) {
	output, failed := try("racy")
	if failed != raceDetector || raceTold(output) != raceDetector {
		t.Errorf("failed is %v, with the race detector %v:\n%s", failed, raceDetector, output)
	}
}

// A flaw of one case is told once, not by every check that uses the case.
func TestFlawIsToldOnce(t *testing.T) {
	output, _ := try("wrong answer")
	if count := strings.Count(output, "bob"); count != 2 { // the subtest's name and the message
		t.Errorf("bob is told of %d times:\n%s", count, output)
	}
}

// TestSubject is what the other tests run in a process of its own.
func TestSubject(t *testing.T) {
	name := os.Getenv(subjectVariable)
	if name == oneName {
		policytest.RunEngine(t, making(new(good)), making(new(byValue)), making(new(wrongAnswer)))
		return
	}
	if construct, ok := badConstructors[name]; ok {
		policytest.RunNew(t, construct, cases...)
		return
	}
	all := append(slices.Clone(subjects), subject{name: "racy", policy: new(racy), cases: cases})
	i := slices.IndexFunc(all, func(s subject) bool { return s.name == name })
	if i < 0 {
		t.Skip("run by the other tests")
	}
	policytest.Run(t, all[i].policy, all[i].cases...)
}

func try(subject string) (output string, failed bool) {
	command := exec.Command(os.Args[0], "-test.run=^TestSubject$", "-test.timeout=2m")
	command.Env = append(os.Environ(), subjectVariable+"="+subject)
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	failed = command.Run() != nil
	return both.String(), failed
}

// raceTold reports whether the race detector has spoken, which it may do
// before a check does.
func raceTold(output string) bool { return strings.Contains(output, "WARNING: DATA RACE") }
