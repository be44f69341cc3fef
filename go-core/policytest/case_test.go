package policytest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A file of cases gives them with all their digits.
func TestParseCases(t *testing.T) {
	cases, err := parseCases([]byte(`[
		{"name": "a", "input": {"n": 9007199254740993}, "result": null},
		{"name": "b", "input": null, "error": "no", "budget": "5ms"}
	]`))
	if err != nil || len(cases) != 2 {
		t.Fatalf("parseCases() = %v, %v", cases, err)
	}
	if got := show(cases[0].Input); got != `{"n":9007199254740993}` {
		t.Errorf("the input is %s", got)
	}
	if got := cases[1]; got.Name != "b" || got.Error != "no" || got.Budget != 5*time.Millisecond {
		t.Errorf("the second case is %+v", got)
	}
}

// What is no list of cases is refused, and the message says where and why.
func TestParseCasesRefuses(t *testing.T) {
	tests := []struct{ text, message string }{
		{``, "want a JSON array of cases: EOF"},
		{`{}`, "want a JSON array of cases: json: cannot unmarshal object"},
		{`[`, "want a JSON array of cases: unexpected EOF"},
		{`null`, "want a case or more, found none"},
		{`[]`, "want a case or more, found none"},
		{`[{"name": "a", "input": 1, "result": 1}] 2`, "found text after it"},
		{`[{"name": "a", "input": 1, "reslut": 1}]`, `unknown field "reslut"`},
		{`[{"input": 1, "result": 1}]`, `case 1 (""): it has no "name"`},
		{`[{"name": "a", "result": 1}]`, `case 1 ("a"): it has no "input"; null is one`},
		{`[{"name": "a", "input": 1}]`, `want either a "result" or an "error"`},
		{`[{"name": "a", "input": 1, "result": 1, "error": "no"}]`, `want either a "result" or an "error"`},
		{`[{"name": "a", "input": 1, "result": 1, "budget": "5"}]`, `want a "budget" such as "5ms", found "5"`},
		{`[{"name": "a", "input": 1, "result": 1, "budget": "-5ms"}]`, `want a "budget" such as "5ms", found "-5ms"`},
	}
	for _, test := range tests {
		if _, err := parseCases([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.message) {
			t.Errorf("parseCases(%s) = %v, want %q", test.text, err, test.message)
		}
	}
}

// Any text is cases that can be given to a policy, or refused.
func FuzzParseCases(f *testing.F) {
	f.Add([]byte(`[{"name": "a", "input": {"n": [1, 2.5]}, "result": "text", "budget": "5ms"}]`))
	f.Add([]byte(`[{"name": "a", "input": null, "error": "no"}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		cases, err := parseCases(text)
		for _, c := range cases {
			if _, flaw := copyOf(c.Input); err == nil && flaw != nil {
				t.Errorf("the input of %+v is not JSON: %v", c, flaw)
			}
			if !sameJSON([]byte(fullText(c.Result)), c.Result) {
				t.Errorf("the result of %+v is not the same as itself", c)
			}
		}
	})
}

// Results are compared by what they mean, to the last digit.
func TestSameJSON(t *testing.T) {
	tests := []struct {
		text string
		want any
		same bool
	}{
		{`{"b": 1, "a": [true, null]}`, map[string]any{"a": []any{true, nil}, "b": 1}, true},
		{`1`, 1.0, true},
		{`1`, json.Number("1.0"), true},
		{`1e2`, 100, true},
		{`9007199254740993`, json.Number("9007199254740992"), false},
		{`0.1`, 0.2, false},
		{`"1"`, 1, false},
		{`null`, false, false},
		{`[1]`, []int{1, 2}, false},
		{`{"a": 1}`, map[string]int{"b": 1}, false},
		{`{`, nil, false},
	}
	for _, test := range tests {
		if got := sameJSON([]byte(test.text), test.want); got != test.same {
			t.Errorf("sameJSON(%s, %#v) = %v", test.text, test.want, got)
		}
	}
}

// Each part of an input is put to the test, also below others.
func TestVariants(t *testing.T) {
	names := map[string]string{}
	for _, each := range variants(mustCopy(map[string]any{"users": []any{"ann"}, "n": 1})) {
		names[each.name] = fullText(each.value)
	}
	for name, want := range map[string]string{
		` = null`:                ``,
		` without "n"`:           `{"users":["ann"]}`,
		`["n"] = "text"`:         `{"n":"text","users":["ann"]}`,
		`["users"][0] = []`:      `{"n":1,"users":[[]]}`,
		`["users"] = -1`:         `{"n":1,"users":-1}`,
		`["users"][0] = 1e400`:   `{"n":1,"users":[1e400]}`,
		`["users"] without "n"`:  ``,
		`["users"][0] = "other"`: ``,
	} {
		if got := names[name]; got != want {
			t.Errorf("the variant%s is %q, want %q", name, got, want)
		}
	}
	if got := len(variants(mustCopy(make([]int, 1000)))); got != mostVariants {
		t.Errorf("a long list has %d variants, want %d", got, mostVariants)
	}
}
