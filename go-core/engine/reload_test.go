package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// logBuffer is a log that is read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// stubborn is a policy whose Reload takes its time whatever its context says, and is
// not to be called while it goes on.
type stubborn struct {
	fake
	free   chan struct{} // one for each Reload that may return
	going  atomic.Int32
	most   atomic.Int32
	config atomic.Pointer[string]
}

func (s *stubborn) Reload(_ context.Context, config []byte) error {
	s.most.Store(max(s.most.Load(), s.going.Add(1)))
	defer s.going.Add(-1)
	<-s.free
	text := string(config)
	s.config.Store(&text)
	return nil
}

// While a Reload that was given up goes on there is no other one, so that no earlier
// configuration takes the place of a later one; that it has returned is told.
func TestReloadAfterGivenUp(t *testing.T) {
	policy := &stubborn{fake: fake{name: "fake"}, free: make(chan struct{})}
	var log logBuffer
	e := started(t, Options{StartTimeout: 50 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))}, policy)
	reload := func(text, want string) {
		t.Helper()
		err := e.Reload(t.Context(), map[string]json.RawMessage{"fake": json.RawMessage(text)})
		if got := fmt.Sprint(err); !strings.Contains(got, want) {
			t.Errorf("Reload of %s = %s, want %s", text, got, want)
		}
	}
	reload("1", "no answer within 50ms")
	reload("2", "an earlier configuration is still being taken over")
	policy.free <- struct{}{}
	for !strings.Contains(log.String(), "a Reload that was given up has returned\" policy=fake taken_over=true") {
		time.Sleep(time.Millisecond)
	}
	time.AfterFunc(10*time.Millisecond, func() { policy.free <- struct{}{} })
	reload("3", "<nil>")
	if got := *policy.config.Load(); got != "3" || policy.most.Load() != 1 {
		t.Errorf("configuration %s is in force after %d Reloads at once, want 3 after one", got, policy.most.Load())
	}
	reload("4", "no answer within 50ms")
	time.AfterFunc(10*time.Millisecond, func() { policy.free <- struct{}{}; policy.free <- struct{}{} })
	reload("5", "<nil>") // which has waited for the one before
	if got := *policy.config.Load(); got != "5" {
		t.Errorf("configuration %s is in force, want 5", got)
	}
}

// A Reload that is interrupted is no error of the policy's for the log.
func TestReloadInterrupted(t *testing.T) {
	policy := &stubborn{fake: fake{name: "fake"}, free: make(chan struct{})}
	var log logBuffer
	e := started(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, policy)
	for range 2 { // the second one waits for the first
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, stop)
		if err := e.Reload(ctx, map[string]json.RawMessage{"fake": json.RawMessage("1")}); err == nil || err.Error() != `policy "fake": interrupted` {
			t.Errorf("Reload = %v", err)
		}
	}
	policy.free <- struct{}{}
	if log.String() != "" {
		t.Errorf("log:\n%s", log.String())
	}
}
