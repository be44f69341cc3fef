package policytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// A Case is an input and what Execute has to make of it.
type Case struct {
	// Name is that of the subtest. Names of one Run differ.
	Name string
	// Input is a value that JSON can hold. Execute gets a copy made of its
	// JSON, as the engine would make it: numbers are json.Number.
	Input any
	// Result is the expected result. The two are compared as JSON, numbers
	// by their value.
	Result any
	// Error, when it is not empty, is a part of the message of the error that
	// is expected instead of a result.
	Error string
	// Budget is how long the call may take; 0 means the policy's Timeout,
	// or the constant Budget.
	Budget time.Duration
}

// unsteady is what else a different answer to the same input may mean.
const unsteady = "where its answer depends on the time or on chance, take them from the input, or leave it out of the cases"

// noCases is why checks that compare answers are left out.
const noCases = "there are no cases"

// A fileCase is a Case as a file has it.
type fileCase struct {
	Name   string          `json:"name"`
	Input  json.RawMessage `json:"input"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
	Budget string          `json:"budget"`
}

// ReadCases returns the cases in a file, a JSON array of objects such as
//
//	{"name": "ann may", "input": {"user": "ann"}, "result": {"allowed": true}, "budget": "5ms"}
//
// with "error" in place of "result" where an error is expected. The test fails
// at once if the file is anything else, or empty.
func ReadCases(t testing.TB, file string) []Case {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("policytest: the cases cannot be read: %v", err)
	}
	cases, err := parseCases(text)
	if err != nil {
		t.Fatalf("policytest: %s: %v", file, err)
	}
	return cases
}

func parseCases(text []byte) ([]Case, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var read []fileCase
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("want a JSON array of cases: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one JSON array, found text after it")
	}
	if len(read) == 0 {
		return nil, errors.New("want a case or more, found none")
	}
	cases := make([]Case, len(read))
	for i, each := range read {
		var err error
		if cases[i], err = each.parse(); err != nil {
			return nil, fmt.Errorf("case %d (%q): %w", i+1, each.Name, err)
		}
	}
	return cases, nil
}

// parse returns the case, or what is wrong with it.
func (c fileCase) parse() (parsed Case, err error) {
	parsed = Case{Name: c.Name, Input: c.Input, Error: c.Error}
	switch {
	case c.Name == "":
		return parsed, errors.New(`it has no "name"`)
	case c.Input == nil:
		return parsed, errors.New(`it has no "input"; null is one`)
	case (c.Result == nil) == (c.Error == ""):
		return parsed, errors.New(`want either a "result" or an "error"`)
	}
	if c.Result != nil {
		parsed.Result = c.Result
	}
	if c.Budget != "" {
		parsed.Budget, err = time.ParseDuration(c.Budget)
		if err != nil || parsed.Budget <= 0 {
			return parsed, fmt.Errorf(`want a "budget" such as "5ms", found %q`, c.Budget)
		}
	}
	return parsed, nil
}

// nameCases fails the test for cases that cannot be told apart or given to a
// policy, and gives a name to those that have none.
func (k *kit) nameCases(t *testing.T) {
	t.Helper()
	named := make([]Case, len(k.cases))
	taken := map[string]bool{}
	for i, c := range k.cases {
		if c.Name == "" {
			c.Name = fmt.Sprintf("case %d", i+1)
		}
		if taken[c.Name] {
			t.Fatalf("policytest: two cases have the name %q", c.Name)
		}
		taken[c.Name] = true
		for what, value := range map[string]any{"input": c.Input, "result": c.Result} {
			if _, err := copyOf(value); err != nil {
				t.Fatalf("policytest: the %s of case %q is not JSON: %v", what, c.Name, err)
			}
		}
		named[i] = c
	}
	k.cases = named
}

// checkCases has each case answered by the policy, on its own.
func (k *kit) checkCases(t *testing.T) {
	if len(k.cases) == 0 {
		t.Skip(noCases)
	}
	for _, c := range k.cases {
		t.Run(c.Name, func(t *testing.T) {
			if flaw := k.flawOf(c, k.call(func() any { return k.handed(c) }, k.budget(c))); flaw != "" {
				k.failed[c.Name] = true
				t.Errorf("Execute(%s) %s", show(c.Input), flaw)
			}
		})
	}
}

// flawOf says what is wrong with an answer to the case; nothing if it is as
// expected, and in time.
func (k *kit) flawOf(c Case, got answer) string {
	if flaw := c.answerFlaw(got); flaw != "" {
		return flaw
	}
	if got.took > k.budget(c) {
		return fmt.Sprintf("took %v, over its budget of %v", got.took.Round(time.Microsecond), k.budget(c))
	}
	return ""
}

// answerFlaw is flawOf for a call whose time does not matter.
func (c Case) answerFlaw(got answer) string {
	switch {
	case got.flaw != "":
		return got.flaw
	case c.Error == "" && got.err != "":
		return fmt.Sprintf("returned %v, want %s", got, show(c.Result))
	case c.Error != "" && got.err == "":
		return fmt.Sprintf("returned %v, want an error with %q", got, c.Error)
	case c.Error != "" && !strings.Contains(got.err, c.Error):
		return fmt.Sprintf("returned %v, want one with %q", got, c.Error)
	case c.Error == "" && !sameJSON(got.text, c.Result):
		return fmt.Sprintf("returned %v, want %s", got, show(c.Result))
	}
	return ""
}
