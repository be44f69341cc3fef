package report

import (
	"encoding/xml"
	"fmt"
	"time"
)

type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Class     string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure,omitempty"`
	SystemOut string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
}

// junit writes a test suite with a test case for each policy.
func (r Report) junit() ([]byte, error) {
	suite := junitSuite{Name: "policy-engine " + r.Command, Tests: len(r.Checks), Failures: r.failures()}
	var total time.Duration
	for _, check := range r.Checks {
		one := junitCase{Name: check.Policy, Class: check.Type, Time: seconds(check.Duration), SystemOut: string(check.Result)}
		if check.Error != "" {
			one.Failure = &junitFailure{check.Error, check.Outcome}
		}
		total += check.Duration
		suite.Cases = append(suite.Cases, one)
	}
	suite.Time = seconds(total)
	text, err := xml.MarshalIndent(junitSuites{Suite: suite}, "", "  ")
	return fmt.Appendf(nil, "%s%s\n", xml.Header, text), err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
