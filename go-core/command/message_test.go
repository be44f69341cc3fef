package command

import (
	"bytes"
	"testing"
)

// A message is one line of printable text whatever a policy puts into it.
func TestComplainEscapes(t *testing.T) {
	tests := []struct{ message, want string }{
		{"plain ä “text” \\n", "policy-engine: plain ä “text” \\n\n"},
		{"a\npolicy-engine: b\r", `policy-engine: a\npolicy-engine: b\r` + "\n"},
		{"\x1b[31m\x07\u009b\u202e", `policy-engine: \x1b[31m\a\u009b\u202e` + "\n"},
		{"\xff", "policy-engine: \ufffd\n"},
	}
	for _, test := range tests {
		var written bytes.Buffer
		complain(&written, test.message)
		if written.String() != test.want {
			t.Errorf("complain(%q) wrote %q, want %q", test.message, written.String(), test.want)
		}
	}
}

// A stack keeps its lines and its indentation.
func TestComplainStack(t *testing.T) {
	var written bytes.Buffer
	complainStack(&written, "f()\n\tfile\x1b.go:1\n")
	if want := "\tf()\n\t\tfile\\x1b.go:1\n"; written.String() != want {
		t.Errorf("complainStack wrote %q, want %q", written.String(), want)
	}
}
