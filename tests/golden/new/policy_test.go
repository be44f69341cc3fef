package allowlist

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

const casesFile = "testdata/policytest/Policy.json"

// A testCase is an input with the result, or a part of the error, that is
// expected of it.
type testCase struct {
	Name   string
	Input  any
	Result any
	Error  string
	Budget string // `policy-tasks test` sees that it is kept
}

// Every case in testdata has the answer that is expected of it, whatever else
// is asked at the same time. `policy-tasks test` reads the same file.
func TestCases(t *testing.T) {
	policy, err := newPolicy()
	if err != nil {
		t.Fatal(err)
	}
	if err := policy.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range readCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			result, err := policy.Execute(t.Context(), c.Input)
			switch {
			case c.Error != "" && err == nil:
				t.Errorf("Execute() = %v, want an error with %q", result, c.Error)
			case c.Error != "" && !strings.Contains(err.Error(), c.Error):
				t.Errorf("Execute() returned the error %q, want one with %q", err, c.Error)
			case c.Error == "" && err != nil:
				t.Errorf("Execute() returned the error %q, want %v", err, c.Result)
			case c.Error == "" && !reflect.DeepEqual(asJSON(t, result), c.Result):
				t.Errorf("Execute() = %v, want %v", result, c.Result)
			}
		})
	}
}

// newPolicy makes the policy that is tested. Once there is a constructor, such
// as New, the engine calls that: call it here, too.
func newPolicy() (*Policy, error) { return new(Policy), nil }

func readCases(t *testing.T) (cases []testCase) {
	text, err := os.ReadFile(casesFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(text, &cases); err != nil {
		t.Fatalf("%s: %v", casesFile, err)
	}
	return cases
}

// asJSON returns the value as whoever asks the engine reads it.
func asJSON(t *testing.T, value any) (read any) {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// decode keeps every digit of a number, as the engine does, and refuses a key
// that it does not know.
func decode(text []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}
