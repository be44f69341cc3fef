package document

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// read reads and decodes a document.
func read(text string) error {
	document, err := Read(strings.NewReader(text))
	if err == nil {
		_, err = Decode(document, MaxDepth)
	}
	return err
}

// What is not one JSON document is refused, with the place of the fault.
func TestReadRefuses(t *testing.T) {
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
			err := read(test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("error = %v, want %s", err, test.want)
			}
		})
	}
}

// Escaped surrogate pairs and escaped backslashes are text like any other.
func TestReadAcceptsEscapes(t *testing.T) {
	for _, text := range []string{`"\ud83d\ude00"`, `"\\ud800"`, `"\\\\ud800\n\u0041"`, `"\ufffd"`} {
		if err := read(text); err != nil {
			t.Errorf("read(%s): %v", text, err)
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
func TestReadLimit(t *testing.T) {
	_, err := Read(spaces{})
	if err == nil || err.Error() != "larger than the limit of 64 MiB" {
		t.Errorf("error = %v, want the size limit", err)
	}
}

// An error of the reader is the error of Read.
func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
}
