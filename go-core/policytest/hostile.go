package policytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// depth is how deeply hostile inputs are nested; encoding/json, and with
	// it the engine, takes 10,000 levels.
	depth = 5_000
	// width is how many elements, and characters, they have.
	width = 100_000
	// mostFailures is after how many inputs of one kind a check ends: most fail
	// in one place, and each that is slow takes a budget or more.
	mostFailures = 3
)

// A hostileInput is a value that Execute may fail on, with an error.
type hostileInput struct {
	name  string
	value any
}

// jsonInputs returns inputs that the engine may hand to a policy.
func jsonInputs() []hostileInput {
	wide := map[string]any{}
	for i := range width {
		wide[strconv.Itoa(i)] = nil
	}
	return []hostileInput{
		{"null", nil},
		{"a boolean", true},
		{"a negative number", json.Number("-1")},
		{"a fraction", json.Number("1.5")},
		{"a number of 400 digits", json.Number(strings.Repeat("9", 400))},
		{"a number beyond float64", json.Number("1e999999999")},
		{"an empty string", ""},
		{"a string with controls", "\x00\x1b[2J\u202e%s%d\n"},
		{"a huge string", strings.Repeat("a", width)},
		{"a huge string of brackets", strings.Repeat("(", width)},
		{"an empty array", []any{}},
		{"an array of nulls", make([]any, width)},
		{"an empty object", map[string]any{}},
		{"an object of many keys", wide},
		{"an object with an empty key", map[string]any{"": nil}},
		{"a deep array", deepArray()},
		{"a deep object", deepObject()},
	}
}

// oddInputs returns values of Go that are not what encoding/json decodes to.
// An engine other than go-core's may hand over any.
func oddInputs() []hostileInput {
	return []hostileInput{
		{"an int", 1},
		{"a NaN", math.NaN()},
		{"a float64", 1.5},
		{"bytes", []byte("text")},
		{"a slice of strings", []string{"text"}},
		{"a map of strings", map[string]string{"key": "text"}},
		{"a struct", struct{ Name string }{"text"}},
		{"a nil pointer", (*int)(nil)},
		{"a function", func() {}},
		{"a channel", make(chan int)},
		{"an error", errors.New("text")},
		{"a time", time.Time{}},
	}
}

func deepArray() any {
	var value any
	for range depth {
		value = []any{value}
	}
	return value
}

func deepObject() any {
	var value any
	for range depth {
		value = map[string]any{"key": value}
	}
	return value
}

func (k *kit) checkHostile(t *testing.T) {
	k.checkInputs(t, "JSON", jsonInputs(), true)
	k.checkInputs(t, "Go", oddInputs(), false)
	for _, c := range k.cases {
		inputs := variants(mustCopy(c.Input))
		for i, each := range inputs {
			inputs[i] = hostileInput{"the case with input" + each.name, mustCopy(each.value)}
		}
		k.checkInputs(t, c.Name, inputs, true)
	}
}

// checkInputs calls Execute with each of the inputs. It may answer with an
// error, but nothing worse; what it returns for values that are not JSON need
// not be JSON either.
func (k *kit) checkInputs(t *testing.T, name string, inputs []hostileInput, wantJSON bool) {
	if k.lost.Load() || len(inputs) == 0 {
		return
	}
	t.Run(name, func(t *testing.T) {
		failures := 0
		for _, input := range inputs {
			flaw := k.hostileFlaw(input.value, wantJSON)
			if flaw == "" {
				continue
			}
			t.Errorf("Execute of %s %s", input.name, flaw)
			if failures++; failures == mostFailures {
				t.Log("the inputs after these were not tried")
			}
			if failures == mostFailures || k.lost.Load() {
				return
			}
		}
	})
}

// hostileFlaw says what is wrong with the answer to a hostile input.
func (k *kit) hostileFlaw(input any, wantJSON bool) string {
	budget := k.budget(Case{})
	k.given = append(k.given, input)
	got := k.call(func() any { return input }, budget)
	switch {
	case got.flaw != "" && (wantJSON || got.result == nil):
		return got.flaw
	case got.took > budget:
		return fmt.Sprintf("took %v, over its budget of %v", got.took.Round(time.Millisecond), budget)
	}
	return ""
}
