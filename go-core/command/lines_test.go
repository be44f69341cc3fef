package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// The answers are in the order of the lines, however long each takes, and empty
// lines have none.
func TestRunLinesOrder(t *testing.T) {
	slow := &fake{name: "slow", execute: func(_ context.Context, input any) (any, error) {
		time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
		return input, nil
	}}
	var in, want strings.Builder
	for i := range 300 {
		fmt.Fprintf(&in, " {\"n\":%d}\r\n\n", i)
		fmt.Fprintf(&want, `{"results":[{"name":"slow","result":{"n":%d}},{"name":"echo","result":{"n":%d}}]}`+"\n", i, i)
	}
	got := invoke([]engine.Policy{slow, echoing("echo")}, in.String(), "run", "--input-format", "jsonl")
	got.expect(t, exitOK, want.String(), "")
}

// The last line may have no end, a policy that fails is in its document, and
// the exit code says so.
func TestRunLinesFailingPolicy(t *testing.T) {
	invoke([]engine.Policy{answering("bad", nil, errors.New("no"))}, "1\n2", "--input-format=jsonl").expect(t, exitPolicy,
		strings.Repeat(`{"results":[{"name":"bad","error":"no"}]}`+"\n", 2), "")
}

// A line that is not JSON ends the run after the answers to those before it.
func TestRunLinesRefusesInput(t *testing.T) {
	invoke([]engine.Policy{echoing("echo")}, "1\n\n[2,\n3\n", "run", "--input-format", "jsonl").expect(t, exitUsage,
		`{"results":[{"name":"echo","result":1}]}`+"\n", "policy-engine: input from standard input: line 3, column 4: unexpected end of JSON input\n")
}

// A byte order mark is left out before the first line, and there alone.
func TestRunLinesByteOrderMark(t *testing.T) {
	invoke([]engine.Policy{echoing("echo")}, "\ufeff1\r\n\ufeff2\n", "run", "--input-format", "jsonl").expect(t, exitUsage,
		`{"results":[{"name":"echo","result":1}]}`+"\n", "policy-engine: input from standard input: line 2, column 1: invalid character")
}

// An answer is written as soon as it is there, while the input goes on.
func TestRunLinesStreams(t *testing.T) {
	in, lines := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan int)
	go func() {
		done <- Main(Program{Policies: []engine.Policy{echoing("echo")}}, []string{"--input-format", "jsonl"}, Stdio{in, out, io.Discard})
	}()
	decoder := json.NewDecoder(answers)
	for i := range 3 {
		fmt.Fprintln(lines, i)
		var answer struct{ Results []struct{ Result int } }
		if err := decoder.Decode(&answer); err != nil || answer.Results[0].Result != i {
			t.Fatalf("answer %d = %+v, %v", i, answer, err)
		}
	}
	lines.Close()
	if code := <-done; code != exitOK {
		t.Errorf("exit code = %d", code)
	}
}

// A line that takes long holds back no answer before it: here it ends when that has
// been read, or else as a failure. The first waits for it to begin.
func TestRunLinesBesideSlowLine(t *testing.T) {
	begun, read := make(chan struct{}), make(chan struct{})
	policy := &fake{name: "p", execute: func(_ context.Context, input any) (any, error) {
		if input == json.Number("1") {
			<-begun
			return input, nil
		}
		close(begun)
		select {
		case <-read:
			return input, nil
		case <-time.After(5 * time.Second):
			return nil, errors.New("nobody has read the answer before")
		}
	}}
	answers, out := io.Pipe()
	go Main(Program{Policies: []engine.Policy{policy}}, []string{"--input-format", "jsonl"}, Stdio{strings.NewReader("1\n2\n"), out, io.Discard})
	decoder := json.NewDecoder(answers)
	for want := 1; want <= 2; want++ {
		var answer struct{ Results []struct{ Result int } }
		if err := decoder.Decode(&answer); err != nil || answer.Results[0].Result != want {
			t.Errorf("answer %d = %+v, %v", want, answer, err)
		}
		if want == 1 {
			close(read)
		}
	}
}

// A report for other programs is about one document.
func TestRunLinesFormat(t *testing.T) {
	invoke(nil, "", "run", "--input-format", "jsonl", "--format", "junit").expect(t, exitUsage, "", "--format junit does not go with")
}
