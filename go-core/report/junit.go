package report

import (
	"encoding/xml"
	"fmt"
	"time"
)

// The parts used here of the XML that JUnit's readers share. It has no standard;
// this is as the schema of Jenkins's xUnit plugin, junit-10.xsd, has it.
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
		one := junitCase{Name: check.Policy, Class: check.Type, SystemOut: string(check.Result)}
		one.Time = fmt.Sprintf("%.6f", check.Duration.Seconds())
		if check.Error != "" {
			one.Failure = &junitFailure{check.Error, check.Outcome}
		}
		total += check.Duration
		suite.Cases = append(suite.Cases, one)
	}
	suite.Time = fmt.Sprintf("%.3f", total.Seconds()) // the schema allows a suite no more digits
	text, err := xml.MarshalIndent(junitSuites{Suite: suite}, "", "  ")
	return fmt.Appendf(nil, "%s%s\n", xml.Header, text), err
}
