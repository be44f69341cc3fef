package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// Records that wait take no more memory than they may, whatever the writer does, and
// what they took is free again once they are written; a large one waits alone.
func TestLogBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &blocked{release: make(chan struct{}), failed: true}
		log := NewLog(out, Options{Bytes: 1 << 20})
		large := func(size int) *Record { return &Record{Input: json.RawMessage(`"` + strings.Repeat("x", size) + `"`)} }
		if !log.Add(large(2 << 20)) {
			t.Error("a large record has no room though nothing waits")
		}
		synctest.Wait() // it is being written
		if log.Add(large(1)) {
			t.Error("there is room beside one that is too large")
		}
		close(out.release)
		synctest.Wait()
		out.release = make(chan struct{})
		accepted := 0
		for range 100 {
			if log.Add(large(90 << 10)) {
				accepted++
			}
		}
		if accepted != 10 || log.Dropped() != 91 {
			t.Errorf("%d records of 90 KiB have room in 1 MiB, %d were dropped", accepted, log.Dropped())
		}
		close(out.release)
		if err := log.Close(t.Context()); err != nil || strings.Count(out.String(), "\n") != 1+accepted {
			t.Errorf("%d records were written, %v", strings.Count(out.String(), "\n"), err)
		}
		if taken := log.taken.Load(); taken != 0 {
			t.Errorf("%d bytes are still taken", taken)
		}
	})
}

// A record that cannot be encoded takes none of the others with it.
func TestLogNotJSON(t *testing.T) {
	out := &blocked{release: make(chan struct{}), failed: true}
	log := NewLog(out, Options{})
	for _, input := range []string{"1", "2", "{", "{"} { // the last two wait together with the second
		log.Add(&Record{Input: json.RawMessage(input)})
	}
	close(out.release)
	if err := log.Close(t.Context()); err == nil || log.Failed() != 2 {
		t.Errorf("Close = %v, %d have failed, want 2", err, log.Failed())
	}
	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, `"input":2`) {
		t.Errorf("log = %s", got)
	}
}

// told is what a log tells about itself: each message on a line.
func told(text *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// shaky is a writer that fails, or waits, for as long as it is told to.
type shaky struct {
	bytes.Buffer
	err  error
	wait chan struct{}
}

func (s *shaky) Write(text []byte) (int, error) {
	if s.wait != nil {
		<-s.wait
	}
	if s.err != nil {
		return 0, s.err
	}
	return s.Buffer.Write(text)
}

// The first decision that is lost is told at once, the others every ten seconds, and
// the end when there was none for as long.
func TestLogTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		out := &shaky{err: errors.New("disk full")}
		log := NewLog(out, Options{Records: 1, Log: told(&text)})
		expect := func(want string) {
			t.Helper()
			if got := text.String(); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
			text.Reset()
		}
		add := func(n int) {
			for range n {
				log.Add(&Record{})
				synctest.Wait()
			}
		}
		add(1)
		expect("level=ERROR msg=\"decisions are missing from their log\" dropped=0 failed=1 error=\"disk full\"\n")
		add(5)
		expect("")
		time.Sleep(quiet)
		out.err, out.wait = nil, make(chan struct{})
		add(4) // one is being written, one waits
		expect("level=ERROR msg=\"decisions are missing from their log\" dropped=1 failed=6 error=\"disk full\"\n")
		close(out.wait)
		synctest.Wait()
		expect("")
		time.Sleep(quiet)
		add(1)
		expect("level=INFO msg=\"all decisions are logged again\" dropped=2 failed=6 error=\"disk full\"\n")
		add(1)
		expect("")
		_ = log.Close(t.Context()) // its error is the one that was told
	})
}

// That losses are over is told under load as well, when others always wait.
func TestLogTellsUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		out := &shaky{err: errors.New("disk full")}
		log := NewLog(out, Options{Records: 2 * batchSize, Log: told(&text)})
		log.Add(&Record{})
		synctest.Wait()
		time.Sleep(quiet)
		out.err, out.wait = nil, make(chan struct{})
		large := json.RawMessage(`"` + strings.Repeat("x", batchSize) + `"`)
		for range 3 {
			log.Add(&Record{Input: large})
		}
		out.wait <- struct{}{} // the first is written, and two wait
		synctest.Wait()
		if got := text.String(); !strings.Contains(got, "all decisions are logged again") {
			t.Errorf("told %s", got)
		}
		close(out.wait)
		_ = log.Close(t.Context()) // its error is the one that was told
	})
}

// Of a batch of which a part was written only the rest counts as lost, and the line
// that was torn ends before the next one, however often the writer fails between,
// and at the end.
func TestLogTornBatch(t *testing.T) {
	var out bytes.Buffer
	fails := true
	keep := 0
	log := &Log{losses: newLosses(metrics.NewRegistry(), slog.New(slog.DiscardHandler)), out: writer(func(text []byte) (int, error) {
		if !fails {
			return out.Write(text)
		}
		n, _ := out.Write(text[:keep]) // which cannot fail
		return n, errors.New("disk full")
	})}
	b := batch{}
	for range 3 {
		log.encode(&b, &Record{})
	}
	keep = len(b.text)/3 + 5
	log.flush(&b)
	keep = 0
	log.encode(&b, &Record{})
	log.flush(&b)
	if log.Failed() != 3 {
		t.Errorf("%d have failed, want 3", log.Failed())
	}
	fails = false
	log.flush(&b)
	if lines := strings.Split(out.String(), "\n"); len(lines) != 3 || lines[1] != `{"id"` || lines[2] != "" {
		t.Errorf("lines = %q, want a record, a part of one, and nothing", lines)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(text []byte) (int, error) { return w(text) }
