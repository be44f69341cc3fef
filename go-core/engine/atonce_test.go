package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// meeting is a policy whose Init returns when those of all others are called, and
// whose Reload never does, for one of them.
type meeting struct {
	fake
	others *sync.WaitGroup
	fails  bool
	hangs  bool
	config atomic.Pointer[string]
}

func (m *meeting) Init(ctx context.Context) error {
	m.others.Done()
	m.others.Wait()
	if m.fails {
		return errors.New("no luck")
	}
	return nil
}

func (m *meeting) Reload(ctx context.Context, config []byte) error {
	if m.hangs {
		<-ctx.Done()
	}
	text := string(config)
	m.config.Store(&text)
	return ctx.Err()
}

func meetings(n int) (all []*meeting, policies []Policy) {
	var others sync.WaitGroup
	others.Add(n)
	for i := range n {
		m := &meeting{fake: fake{name: fmt.Sprint("meeting ", i)}, others: &others}
		all, policies = append(all, m), append(policies, m)
	}
	return all, policies
}

// As many policies as are allowed start at once, and those that fail are told of in
// their order.
func TestStartAtOnce(t *testing.T) {
	all, policies := meetings(5)
	all[1].fails, all[3].fails = true, true
	e, err := New(policies, Options{AtOnce: 5, StartTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var some *StartError
	if err := e.Start(t.Context()); !errors.As(err, &some) || !slices.Equal(some.Names, []string{"meeting 1", "meeting 3"}) {
		t.Errorf("Start = %v", err)
	}
	for i, p := range e.Policies() {
		if want := map[bool]State{true: Invalid, false: Ready}[all[i].fails]; p.Info().State != want {
			t.Errorf("%s is %s, want %s", p.Name(), p.Info().State, want)
		}
	}
}

// Without being told otherwise an engine starts one policy after the other, in order.
func TestStartInOrder(t *testing.T) {
	_, policies := meetings(2)
	e, err := New(policies, Options{StartTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err == nil || !strings.HasPrefix(err.Error(), `policy "meeting 0": no answer within 50ms`) || strings.Contains(err.Error(), "meeting 1") {
		t.Errorf("Start = %v", err)
	}
}

// A policy that hangs in Reload holds up no other policy's configuration.
func TestReloadAtOnce(t *testing.T) {
	all, policies := meetings(3)
	all[0].hangs = true
	e := started(t, Options{AtOnce: 3, StartTimeout: 5 * time.Second}, policies...)
	done := make(chan error, 1)
	configuration := map[string]json.RawMessage{}
	for _, m := range all {
		configuration[m.name] = json.RawMessage("1")
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { done <- e.Reload(ctx, configuration) }()
	for deadline := time.Now().Add(3 * time.Second); all[1].config.Load() == nil || all[2].config.Load() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the others have no configuration")
		}
	}
	stop()
	if err := <-done; err == nil || !strings.Contains(err.Error(), `policy "meeting 0"`) {
		t.Errorf("Reload = %v", err)
	}
}
