package engine

import (
	"context"
	"testing"
	"time"
)

// closing is a policy whose Close does what it says.
type closing struct {
	fake
	close func() error
}

func (c *closing) Close(context.Context) error { return c.close() }

// Policies that hang in Close have the time that Close is given together, and
// keep no other policy from being closed.
func TestCloseHangs(t *testing.T) {
	closed := make(chan struct{}, 1)
	hang := func() error { select {} }
	e := started(t, Options{},
		&closing{fake{name: "first"}, func() error { closed <- struct{}{}; return nil }},
		&closing{fake{name: "second"}, hang}, &closing{fake{name: "third"}, hang})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := e.Close(ctx)
	if want := "policy \"third\": no answer within 50ms\npolicy \"second\": no answer within 50ms"; err == nil || err.Error() != want {
		t.Errorf("Close = %v, want %s", err, want)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
	select {
	case <-closed:
	default:
		t.Error("the first policy was not closed")
	}
}
