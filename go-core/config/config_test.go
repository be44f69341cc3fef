package config

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// settings are the flags of a command.
type settings struct {
	flags   *flag.FlagSet
	addr    string
	timeout time.Duration
	ui      bool
	mask    Strings
}

func newSettings() *settings {
	s := &settings{flags: flag.NewFlagSet("serve", flag.ContinueOnError)}
	s.flags.SetOutput(io.Discard)
	s.flags.StringVar(&s.addr, "addr", "default", "")
	DurationVar(s.flags, &s.timeout, "shutdown-wait", time.Second, "")
	BoolVar(s.flags, &s.ui, "ui", false, "")
	s.flags.Var(&s.mask, "mask", "")
	return s
}

var known = []string{"addr", "mask", "other", "shutdown-wait", "ui"}

// fill fills the settings from all places.
func (s *settings) fill(t *testing.T, args []string, environment map[string]string, text string) error {
	t.Helper()
	if err := s.flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	file, err := Parse([]byte(text), known)
	if err != nil {
		return err
	}
	lookup := func(name string) (string, bool) { value, ok := environment[name]; return value, ok }
	return Fill(s.flags, lookup, file)
}

// The command line counts more than the environment, and that more than the
// file.
func TestFillOrder(t *testing.T) {
	s := newSettings()
	environment := map[string]string{
		"POLICY_ENGINE_ADDR": "environment", "POLICY_ENGINE_SHUTDOWN_WAIT": "2s", "POLICY_ENGINE_PORT": "tcp://10.0.0.1:80",
	}
	text := `{"addr": "file", "shutdown-wait": "3s", "ui": true, "mask": ["/a", "/b,c"], "other": 1}`
	if err := s.fill(t, []string{"--addr", "argument"}, environment, text); err != nil {
		t.Fatal(err)
	}
	if s.addr != "argument" || s.timeout != 2*time.Second || !s.ui || !slices.Equal(s.mask, []string{"/a", "/b,c"}) {
		t.Errorf("addr %q, shutdown-wait %v, ui %v, mask %q", s.addr, s.timeout, s.ui, s.mask)
	}
}

// A variable for a flag that may be repeated holds a list.
func TestFillList(t *testing.T) {
	s := newSettings()
	if err := s.fill(t, nil, map[string]string{"POLICY_ENGINE_MASK": "/a,/b"}, `{"mask": "/c"}`); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.mask, []string{"/a", "/b"}) {
		t.Errorf("mask = %q, want that of the environment", s.mask)
	}
}

// A variable that is empty is none: the file counts, and no setting is turned off.
func TestFillEmptyVariable(t *testing.T) {
	s := newSettings()
	environment := map[string]string{"POLICY_ENGINE_ADDR": "", "POLICY_ENGINE_SHUTDOWN_WAIT": "", "POLICY_ENGINE_MASK": ""}
	if err := s.fill(t, nil, environment, `{"addr": "file", "mask": ["/a"]}`); err != nil {
		t.Fatal(err)
	}
	if s.addr != "file" || s.timeout != time.Second || !slices.Equal(s.mask, []string{"/a"}) {
		t.Errorf("addr %q, shutdown-wait %v, mask %q", s.addr, s.timeout, s.mask)
	}
}

// What cannot be set is refused, and the message says where it comes from.
func TestFillRefuses(t *testing.T) {
	tests := []struct {
		name, variable, text, want string
	}{
		{"variable", "soon", `{}`, `POLICY_ENGINE_SHUTDOWN_WAIT: invalid value "soon": it is not a duration such as 500ms or 2s`},
		{"value", "", `{"shutdown-wait": 5}`, `: "shutdown-wait": invalid value "5": it is not a duration such as 500ms or 2s`},
		{"negative", "-1s", `{}`, `POLICY_ENGINE_SHUTDOWN_WAIT: invalid value "-1s": it is not a duration such as 500ms or 2s`},
		{"neither true nor false", "", `{"ui": "yes"}`, `: "ui": invalid value "yes": it is neither true nor false`},
		{"list", "", `{"addr": ["a", "b"]}`, `: "addr" takes one value, not a list`},
		{"unknown key", "", `{"shutdown-wiat": "1s"}`, `unknown key "shutdown-wiat"; did you mean "shutdown-wait"?`},
		{"misspelt policies", "", `{"polices": {}}`, `unknown key "polices"; did you mean "policies"?`},
		{"strange key", "", `{"x": 1}`, `unknown key "x"`},
		{"empty", "", `{"addr": ""}`, `"addr": the value is empty; leave the setting out for its default`},
		{"empty list", "", `{"addr": []}`, `"addr": the value is empty; leave the setting out for its default`},
		{"empty list for a list", "", `{"mask": []}`, `"mask": the value is empty; leave the setting out for its default`},
		{"list of nothing", "", `{"mask": ["/a", ""]}`, `"mask": the value is empty; leave the setting out for its default`},
		{"empty, for another command", "", `{"other": []}`, `"other": the value is empty; leave the setting out for its default`},
		{"object", "", `{"addr": {}}`, `"addr": the value is neither text, a number, true, false, nor a list of texts`},
		{"list of numbers", "", `{"mask": [1]}`, `"mask": a list holds something that is not text`},
		{"policies", "", `{"policies": []}`, `"policies" is not a JSON object`},
		{"not an object", "", `[]`, "it is not a JSON object"},
		{"not JSON", "", `{"addr": }`, "line 1, column 10: invalid character '}' looking for beginning of value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			environment := map[string]string{}
			if test.variable != "" {
				environment["POLICY_ENGINE_SHUTDOWN_WAIT"] = test.variable
			}
			if err := newSettings().fill(t, nil, environment, test.text); err == nil || err.Error() != test.want {
				t.Errorf("error = %v, want %s", err, test.want)
			}
		})
	}
}

// Read keeps the digits of what is for the policies, leaves a byte order mark
// out, and names the file.
func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "engine.json")
	if err := os.WriteFile(path, []byte("\ufeff"+`{"policies": {"quota": {"limit": 9007199254740993}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Read(path, known)
	if got := string(file.Policies["quota"]); err != nil || got != `{"limit":9007199254740993}` {
		t.Errorf("Read = %s, %v", got, err)
	}
	_, err = Read(path+"x", known)
	if want := "configuration file " + path + "x: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// Whatever the file holds, it is refused with a message, or everything in it
// can be given to flags.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `{"addr":"a"}`, `{"mask":["/a"],"ui":true}`, `{"policies":{"a":{"b":1}}}`, `[`, `{"shutdown-wait":1e3}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse(text, known)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without a message")
			}
			return
		}
		for name, config := range file.Policies {
			if !json.Valid(config) {
				t.Fatalf("policies.%s = %s", name, config)
			}
		}
		s := newSettings()
		err = Fill(s.flags, func(string) (string, bool) { return "", false }, file)
		if err != nil && !strings.HasPrefix(err.Error(), ": ") {
			t.Fatalf("error without a place: %v", err)
		}
	})
}
