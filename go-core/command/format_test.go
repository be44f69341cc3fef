package command

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

func twoPolicies() []engine.Policy {
	return []engine.Policy{echoing("a, b:\n%"), answering("bad", nil, errors.New("no \x1b[31m<way>\r\n::error\x00"))}
}

// Text is a line for each policy, of which none can be forged.
func TestRunText(t *testing.T) {
	invoke(twoPolicies()[1:], `{"x":1}`, "run", "--format", "text").expect(t, exitPolicy,
		`bad: error: no \x1b[31m<way>\r\n::error\x00`+"\n", "")
	invoke([]engine.Policy{echoing("a")}, `{"x": "<"}`, "run", "--format=text").expect(t, exitOK, "a: {\"x\":\"<\"}\n", "")
}

// Annotations for GitHub name the input, cannot be forged, and have nothing that does
// not print.
func TestRunGitHub(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a,b.json")
	if err := os.WriteFile(path, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := strings.ReplaceAll(path, ",", "%2C")
	invoke(twoPolicies()[1:], "", "run", "--format", "github", "--input", path).expect(t, exitPolicy,
		"::error file="+file+",title=policy bad::no \\x1b[31m<way>%0D%0A::error\\x00\n", "")
	invoke([]engine.Policy{echoing("good")}, "1", "validate", "--format", "github").expect(t, exitOK,
		"::notice title=policy good::valid\n", "")
}

// JUnit's XML has a test case for each policy, whatever it answers.
func TestRunJUnit(t *testing.T) {
	got := invoke([]engine.Policy{echoing("good"), twoPolicies()[1]}, "1", "run", "--format", "junit")
	var suites struct {
		Suite struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Out     string `xml:"system-out"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Type    string `xml:"type,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(got.out), &suites); err != nil || got.code != exitPolicy {
		t.Fatalf("exit code %d, %v:\n%s", got.code, err, got.out)
	}
	suite := suites.Suite
	if suite.Tests != 2 || suite.Failures != 1 || len(suite.Cases) != 2 || suite.Cases[0].Out != "1" || suite.Cases[0].Failure != nil {
		t.Errorf("suite = %+v", suite)
	}
	if failure := suite.Cases[1].Failure; failure == nil || failure.Type != "error" || !strings.HasPrefix(failure.Message, "no ") {
		t.Errorf("failure = %+v", failure)
	}
}

// A test case has the time that its call took, also where it failed.
func TestRunJUnitTime(t *testing.T) {
	slow := &fake{name: "slow", execute: func(context.Context, any) (any, error) {
		time.Sleep(20 * time.Millisecond)
		return nil, errors.New("no")
	}}
	got := invoke([]engine.Policy{slow}, "", "run", "--format", "junit")
	var suites struct {
		Case struct {
			Time float64 `xml:"time,attr"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal([]byte(got.out), &suites); err != nil || suites.Case.Time < 0.02 {
		t.Errorf("it took %v s, %v:\n%s", suites.Case.Time, err, got.out)
	}
}

// SARIF has a rule and a result for each policy.
func TestRunSARIF(t *testing.T) {
	got := invoke([]engine.Policy{echoing("good"), twoPolicies()[1]}, "1", "run", "--format", "sarif")
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID, Kind, Level string
				Message             struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal([]byte(got.out), &log); err != nil || got.code != exitPolicy || log.Version != "2.1.0" {
		t.Fatalf("exit code %d, %v:\n%s", got.code, err, got.out)
	}
	run := log.Runs[0]
	if len(run.Tool.Driver.Rules) != 2 || len(run.Results) != 2 || run.Results[0].Kind != "pass" || run.Results[0].Message.Text != "1" ||
		run.Results[1].RuleID != "bad" || run.Results[1].Level != "error" {
		t.Errorf("run = %+v", run)
	}
}

// A brace in a message of SARIF is no placeholder.
func TestRunSARIFBraces(t *testing.T) {
	got := invoke([]engine.Policy{echoing("good")}, `{"x":"{0}"}`, "run", "--format", "sarif")
	if !strings.Contains(got.out, `"text":"{{\"x\":\"{{0}}\"}}"`) {
		t.Errorf("the report is\n%s", got.out)
	}
}

// The list for people has a line for each policy.
func TestListText(t *testing.T) {
	invoke([]engine.Policy{&fake{name: "ab"}}, "", "list", "--format", "text").expect(t, exitOK,
		"NAME  VERSION  TYPE                                                       DESCRIPTION\n"+
			"ab             "+thisPackage+".fake\n", "")
}
