package allowlist

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

// A testCase is an input with the result, or a part of the error, that is
// expected of it.
type testCase struct {
	Name   string
	Input  any
	Result any
	Error  string
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
			if c.Error != "" {
				if err == nil || !strings.Contains(err.Error(), c.Error) {
					t.Errorf("Execute() = %v, %v, want an error with %q", result, err, c.Error)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(asJSON(t, result), c.Result) {
				t.Errorf("Execute() = %v, %v, want %v", result, err, c.Result)
			}
		})
	}
}

// newPolicy makes the policy that is tested. Once there is a constructor, such
// as New, the engine calls that: call it here, too.
func newPolicy() (*Policy, error) { return new(Policy), nil }

func readCases(t *testing.T) (cases []testCase) {
	text, err := os.ReadFile("testdata/policytest/Policy.json")
	if err != nil {
		t.Fatal(err)
	}
	decode(t, text, &cases)
	return cases
}

// asJSON returns the value as whoever asks the engine reads it.
func asJSON(t *testing.T, value any) (read any) {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	decode(t, text, &read)
	return read
}

// decode keeps every digit of a number, as the engine does.
func decode(t *testing.T, text []byte, target any) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		t.Fatal(err)
	}
}
