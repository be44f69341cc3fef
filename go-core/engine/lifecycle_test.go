package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// whole is a policy with every optional method; it writes down what is called.
type whole struct {
	fake
	calls  []string
	errors map[string]error
}

func (w *whole) called(method string) error {
	w.calls = append(w.calls, method)
	return w.errors[method]
}

func (w *whole) Version() string             { return "1.2.3" }
func (w *whole) Describe() string            { return "decides" }
func (w *whole) InputSchema() string         { return `{"type":"object"}` }
func (w *whole) Timeout() time.Duration      { return time.Minute }
func (w *whole) Init(context.Context) error  { return w.called("Init") }
func (w *whole) Validate() error             { return w.called("Validate") }
func (w *whole) Close(context.Context) error { return w.called("Close") }
func (w *whole) Reload(_ context.Context, config []byte) error {
	return w.called("Reload " + string(config))
}

func configured(text string) map[string]json.RawMessage {
	return map[string]json.RawMessage{"whole": json.RawMessage(text)}
}

// A policy's methods are called in order, each once, and Reload with its
// configuration.
func TestLifecycle(t *testing.T) {
	policy := &whole{fake: fake{name: "whole"}}
	e, err := New([]Policy{policy}, Options{Configuration: configured("1")})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		e.Start(t.Context()), e.Reload(t.Context(), configured("2")), e.Close(t.Context()), e.Close(t.Context()),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if want := []string{"Init", "Reload 1", "Validate", "Reload 2", "Close"}; !slices.Equal(policy.calls, want) {
		t.Errorf("calls = %q, want %q", policy.calls, want)
	}
}

// What a policy says of itself is in its Info.
func TestInfo(t *testing.T) {
	e := started(t, Options{Timeout: time.Second}, &whole{fake: fake{name: "whole"}}, &fake{name: "bare"})
	text, err := json.Marshal([]Info{e.Policies()[0].Info(), e.Policies()[1].Info()})
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/policy-tasks/policy-tasks/go-core"
	want := `[{"name":"whole","package":"` + module + `/engine","type":"whole","module":"` + module +
		`","version":"1.2.3","description":"decides","timeout":"1m0s","input_schema":{"type":"object"},"state":"ready"},` +
		`{"name":"bare","package":"` + module + `/engine","type":"fake","module":"` + module + `","timeout":"1s","state":"ready"}]`
	if string(text) != want {
		t.Errorf("Info = %s\nwant %s", text, want)
	}
}

// Configuration is refused for what is not there, or takes none.
func TestConfigurationRefused(t *testing.T) {
	tests := []struct{ name, want string }{
		{"whoel", `configuration: there is no policy "whoel"; did you mean "whole"?`},
		{"bare", `policy "bare": there is configuration for it, and it has no Reload method`},
	}
	for _, test := range tests {
		config := map[string]json.RawMessage{test.name: json.RawMessage("1")}
		e, err := New([]Policy{&whole{fake: fake{name: "whole"}}, &fake{name: "bare"}}, Options{Configuration: config})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Start(t.Context()); err == nil || err.Error() != test.want {
			t.Errorf("Start = %v, want %s", err, test.want)
		}
	}
}

// Policies are selected by name and by pattern, in registration order.
func TestSelect(t *testing.T) {
	policies := []Policy{&fake{name: "rbac-b"}, &fake{name: "quota"}, &fake{name: "rbac-a"}, &fake{name: "[x"}}
	tests := []struct {
		patterns []string
		want     string
	}{
		{nil, "rbac-b quota rbac-a [x"},
		{[]string{"rbac-*"}, "rbac-b rbac-a"},
		{[]string{"rbac-a", "quota"}, "quota rbac-a"},
		{[]string{"[x"}, "[x"},
		{[]string{"qouta"}, `there is no policy "qouta"; did you mean "quota"?`},
		{[]string{"[z"}, `"[z" is not a pattern for names of policies: syntax error in pattern`},
	}
	for _, test := range tests {
		e, err := New(policies, Options{Select: test.patterns})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			var names []string
			for _, p := range e.Policies() {
				names = append(names, p.Name())
			}
			got = strings.Join(names, " ")
		}
		if got != test.want {
			t.Errorf("Select %q: %s, want %s", test.patterns, got, test.want)
		}
	}
}

// A policy belongs to the module with the longest path, and what is known of
// that in several places is put together.
func TestModuleOf(t *testing.T) {
	modules := []Module{
		{Path: "a.b/c", Digest: "sha256:1"}, {Path: "a.b/c/d", Digest: "sha256:2"}, {Path: "a.b/c/d", Version: "v1", Digest: "h1:3"},
	}
	for path, want := range map[string]Module{
		"a.b/c":     modules[0],
		"a.b/c/x":   modules[0],
		"a.b/cd":    {},
		"a.b/c/d/e": {Path: "a.b/c/d", Version: "v1", Digest: "sha256:2"},
	} {
		if got := moduleOf(path, modules); got != want {
			t.Errorf("moduleOf(%s) = %+v, want %+v", path, got, want)
		}
	}
}
