// Package report writes what policies answered in the formats that people and
// other programs read.
package report

import (
	"encoding/json"
	"time"
)

// A Report is the answers of policies to one question.
type Report struct {
	Command string // what was asked for: run or validate
	Input   string // the file with the input, if it is one
	Checks  []Check
}

// A Check is the answer of one policy.
type Check struct {
	Policy   string
	Type     string          // import path and name of its type
	Result   json.RawMessage // if there is one
	Error    string          // empty when all is well
	Outcome  string          // what kind of error it is
	Duration time.Duration
}

// Formats are the formats, by their names.
var Formats = map[string]func(Report) ([]byte, error){
	"text":   Report.text,
	"github": Report.github,
	"junit":  Report.junit,
	"sarif":  Report.sarif,
}

// failures returns how many of the checks failed.
func (r Report) failures() int {
	n := 0
	for _, check := range r.Checks {
		if check.Error != "" {
			n++
		}
	}
	return n
}

// answer returns what the policy answered as one line.
func (c Check) answer() string {
	switch {
	case c.Error != "":
		return c.Error
	case c.Result != nil:
		return string(c.Result)
	}
	return "valid"
}
