package worker

import (
	"context"
	"sync"
	"time"
)

// A callContext is the context of a call in a worker. It ends when the engine
// says so, at the deadline as well, which saves a timer; and its channel is made
// when somebody asks for it.
type callContext struct {
	deadline time.Time // zero if there is none
	values   values

	mu   sync.Mutex
	done chan struct{}
	err  error
}

var _ context.Context = (*callContext)(nil)

func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

func (c *callContext) Value(key any) any {
	for i, each := range carried {
		if key == each {
			return c.values[i]
		}
	}
	return nil
}

func (c *callContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

func (c *callContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// end ends the context, for one of the reasons that package context has.
func (c *callContext) end(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = reason
	if c.done != nil {
		close(c.done)
	}
}
