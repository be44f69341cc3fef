package decision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/build"
)

// written returns what a log with these masks writes of the records.
func written(t *testing.T, masks []string, records ...*Record) string {
	t.Helper()
	var parsed Masks
	for _, text := range masks {
		mask, err := ParseMask(text)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, mask)
	}
	var out bytes.Buffer
	log := NewLog(&out, Options{Records: len(records), Masks: parsed})
	for _, r := range records {
		if !log.Add(r) {
			t.Fatal("there was no room")
		}
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A record is a line of JSON, which names the build that has decided.
func TestLog(t *testing.T) {
	r := &Record{
		ID: "1", Time: time.Unix(0, 0).UTC(), Policy: "p", Version: "v1", Digest: "d", Input: json.RawMessage(`{"n":9007199254740993}`),
		Result: json.RawMessage("null"), Outcome: "ok", Duration: time.Microsecond, TraceID: "t",
	}
	want := `{"id":"1","time":"1970-01-01T00:00:00Z","policy":"p","version":"v1","digest":"d","build":"` + build.Digest() + `","input":{"n":9007199254740993},` +
		`"result":null,"outcome":"ok","duration_ns":1000,"trace_id":"t"}` + "\n"
	if got := written(t, nil, r); got != want {
		t.Errorf("log = %s, want %s", got, want)
	}
}

// What the masks name is not in the log, and the record says what was there.
func TestMasks(t *testing.T) {
	tests := []struct{ masks, input, want string }{
		{"/input/password", `{"password":"x","user":"u"}`, `"input":{"user":"u"},"erased":["/input/password"]`},
		{"/input/none", `{"user":"u"}`, `"input":{"user":"u"}`},
		{"/input", `{"user":"u"}`, `"erased":["/input"]`},
		{"/input/a~1b/c~0d", `{"a/b":{"c~d":1}}`, `"input":{"a/b":{}},"erased":["/input/a~1b/c~0d"]`},
		{"/input/~01", `{"~1":1,"/":2}`, `"input":{"/":2},"erased":["/input/~01"]`},
		{"/input/0/k", `[{"k":1},{"k":2}]`, `"input":[{},{"k":2}],"erased":["/input/0/k"]`},
		{"/input/*/k", `[{"k":1},{"k":2}]`, `"input":[{},{}],"erased":["/input/*/k"]`},
		{"/input/*", `[1,{"a":2}]`, `"input":[null,null],"erased":["/input/*"]`},
		{"/input/*", `{"a":1,"b":2}`, `"input":{},"erased":["/input/*"]`},
		{"/input/a/b", `{"a":"text"}`, `"input":{"a":"text"}`},
		{"/input/a", `{"a":`, `"erased":["/input"]`},
		{"/result/a", `1`, `"input":1`},
		{"/input/user/password", `{"user":{"password":"x"},"user":{"id":1}}`, `"input":{"user":{"id":1}}`},
		{"/input/user/password", `{"user":{"password":"x"},"user":1}`, `"input":{"user":1}`},
		{"/input/*/k", `[{"k":1,"k":2}]`, `"input":[{}],"erased":["/input/*/k"]`},
	}
	for _, test := range tests {
		got := written(t, []string{test.masks}, &Record{Input: json.RawMessage(test.input)})
		got = regexp.MustCompile(`"(id|policy|time|outcome|build)":"[^"]*",?|"duration_ns":0,?`).ReplaceAllString(got, "")
		if got = strings.Trim(got, "{,}\n"); got != strings.Trim(test.want, "{}") {
			t.Errorf("%s of %s: %s, want %s", test.masks, test.input, got, test.want)
		}
	}
}

// What was taken out is told in one order: first that of the input.
func TestErasedOrder(t *testing.T) {
	for range 20 {
		got := written(t, []string{"/result", "/input"}, &Record{Input: json.RawMessage("1"), Result: json.RawMessage("2")})
		if !strings.Contains(got, `"erased":["/input","/result"]`) {
			t.Fatalf("log = %s", got)
		}
	}
}

// The text of an error may have what the input had, and is taken out as a whole, if
// there is any.
func TestErrorMask(t *testing.T) {
	got := written(t, []string{"/error"}, &Record{Error: "no user alice", Outcome: "error"}, &Record{Outcome: "ok", Result: json.RawMessage("1")})
	failed, answered, _ := strings.Cut(got, "\n")
	if strings.Contains(failed, "alice") || !strings.Contains(failed, `"outcome":"error"`) || !strings.Contains(failed, `"erased":["/error"]`) {
		t.Errorf("the record of an error is %s", failed)
	}
	if !strings.Contains(answered, `"result":1`) || strings.Contains(answered, "erased") {
		t.Errorf("the record of an answer is %s", answered)
	}
}

// What is not a mask is refused.
func TestParseMaskRefuses(t *testing.T) {
	for _, text := range []string{"", "/", "input", "input/a", "/inputs", "/error/a", "/errors", "/input/~2", "/input/~", "/input/~~10", "/input/~~0", "/input/~/a"} {
		if _, err := ParseMask(text); err == nil {
			t.Errorf("ParseMask(%q) = nil, want an error", text)
		}
	}
}

// blocked is a writer that waits, and then fails once.
type blocked struct {
	release chan struct{}
	bytes.Buffer
	failed bool
}

func (b *blocked) Write(text []byte) (int, error) {
	<-b.release
	if !b.failed {
		b.failed = true
		return 0, errors.New("disk full")
	}
	return b.Buffer.Write(text)
}

// A slow writer holds nobody up: what there is no room for is dropped and
// counted. An error of the writer is counted, and the log goes on.
func TestLogDrops(t *testing.T) {
	out := &blocked{release: make(chan struct{})}
	log := NewLog(out, Options{Records: 2})
	accepted := 0
	for range 10 {
		if log.Add(&Record{}) {
			accepted++
		}
	}
	if accepted < 2 || accepted > 3 || log.Dropped() != uint64(10-accepted) {
		t.Errorf("%d were accepted, %d dropped", accepted, log.Dropped())
	}
	soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := log.Close(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close = %v, want it to give up", err)
	}
	close(out.release)
	if err := log.Close(t.Context()); err == nil || err.Error() != "disk full" {
		t.Errorf("Close = %v, want the error of the writer", err)
	}
	if log.Add(&Record{}) {
		t.Error("a closed log accepted a record")
	}
	if lost := log.Failed(); lost == 0 || int(lost)+strings.Count(out.String(), "\n") != accepted {
		t.Errorf("%d records were lost, %d written, of %d", lost, strings.Count(out.String(), "\n"), accepted)
	}
}

// torn is a writer that writes only a part of what it is given first.
type torn struct {
	bytes.Buffer
	failed bool
}

func (w *torn) Write(text []byte) (int, error) {
	if w.failed {
		return w.Buffer.Write(text)
	}
	w.failed = true
	n, _ := w.Buffer.Write(text[:5]) // which cannot fail
	return n, errors.New("disk full")
}

// After a record of which a part was written the next is a line of its own.
func TestLogTorn(t *testing.T) {
	out := &torn{}
	log := NewLog(out, Options{Records: 1})
	log.Add(&Record{ID: "1"})
	for log.Failed() == 0 {
		time.Sleep(time.Millisecond)
	}
	log.Add(&Record{ID: "2"})
	if err := log.Close(t.Context()); err == nil || err.Error() != "disk full" {
		t.Errorf("Close = %v, want the error of the writer", err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || lines[0] != `{"id"` || !strings.HasPrefix(lines[1], `{"id":"2"`) || !json.Valid([]byte(lines[1])) {
		t.Errorf("lines = %q, want a part of one record, and a record", lines)
	}
}

// Identifiers are different.
func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		seen[NewID()] = true
	}
	if len(seen) != 1000 || len(NewID()) != 32 {
		t.Errorf("%d different identifiers, such as %s", len(seen), NewID())
	}
}
