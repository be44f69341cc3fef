package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// What is not one JSON document is refused, with the place of the fault.
func TestReadInputRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"not JSON", "yes", "line 1, column 1: invalid character 'y' looking for beginning of value"},
		{"second line", "{\n  \"a\": x\n}", "line 2, column 8: invalid character 'x' looking for beginning of value"},
		{"columns are characters", `["äöü" x]`, "line 1, column 8: invalid character 'x' after array element"},
		{"typographic quote", "{“a”: 1}", "line 1, column 2: invalid character '“' looking for beginning of object key string"},
		{"unfinished", "[1,\n", "line 2, column 1: unexpected end of JSON input"},
		{"second document", "{}\n{}", "line 2, column 1: invalid character '{' after top-level value"},
		{"control character", "\"a\x01\"", `line 1, column 3: invalid character '\x01' in string literal`},
		{"second byte order mark", "\ufeff\ufeff1", `line 1, column 1: invalid character '\ufeff' looking for beginning of value`},
		{"invalid UTF-8", "[\"ok\",\n\"a\xffb\"]", "line 2, column 3: invalid UTF-8"},
		{"UTF-16", "\xff\xfe1\x00", "line 1, column 1: invalid UTF-8"},
		{"high surrogate", `["\\ud800","\ud800x"]`, "line 1, column 13: half a surrogate pair"},
		{"low surrogate", `"\udc00\ud800"`, "line 1, column 2: half a surrogate pair"},
		{"surrogate at the end", `"\uD800"`, "line 1, column 2: half a surrogate pair"},
		{"depth", strings.Repeat("[", 100_000), "line 1, column 10001: nested too deeply"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := readInput(strings.NewReader(test.text))
			if err == nil || err.Error() != test.want {
				t.Errorf("error = %v, want %s", err, test.want)
			}
		})
	}
}

// Input that is wrong leaves standard output empty.
func TestRunRefusesInput(t *testing.T) {
	tests := []struct {
		name, stdin string
		args        []string
		message     string
	}{
		{"not JSON", "yes", nil, "policy-engine: input from standard input: line 1, column 1: "},
		{"no file", "", []string{"--input", "/no\x1b/file"}, `policy-engine: input from /no\x1b/file: no such file`},
		{"directory", "", []string{"--input", t.TempDir()}, ": is a directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			invoke([]Policy{echoing("echo")}, test.stdin, test.args...).expect(t, exitUsage, "", test.message)
		})
	}
}

// Escaped surrogate pairs and escaped backslashes are text like any other.
func TestReadInputAcceptsEscapes(t *testing.T) {
	for _, text := range []string{`"\ud83d\ude00"`, `"\\ud800"`, `"\\\\ud800\n\u0041"`, `"\ufffd"`} {
		if _, err := readInput(strings.NewReader(text)); err != nil {
			t.Errorf("readInput(%s): %v", text, err)
		}
	}
}

// spaces is an endless reader of white space.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// An input without end is refused at the size limit.
func TestReadInputLimit(t *testing.T) {
	_, err := readInput(spaces{})
	if err == nil || err.Error() != "larger than the limit of 64 MiB" {
		t.Errorf("error = %v, want the size limit", err)
	}
}

// An error of the reader is the error of readInput.
func TestReadInputError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := readInput(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
}

// Whatever the bytes are, the reader either refuses them or returns a text
// that decodes, to the same value each time, and without loss.
func FuzzReadInput(f *testing.F) {
	for _, seed := range []string{
		"", " \n", "null", "\ufeff{}", `{"a":[1,2.50,-3e400,"é\n"],"b":{"c":true}}`, `"\ud83d\ude00\\"`,
		`"\ud800"`, "\xff", "[1,", "1 2", "{“a”:1}", "\"\x00\"", strings.Repeat("[", 10_001),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := readInput(bytes.NewReader(data))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		first, err := text.decode()
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		second, _ := text.decode()
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("decoded to %#v and then to %#v", first, second)
		}
		again, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		third, err := inputText(again).decode()
		if err != nil || !reflect.DeepEqual(first, third) {
			t.Fatalf("%#v became %#v, error %v", first, third, err)
		}
	})
}
