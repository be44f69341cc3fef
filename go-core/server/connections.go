package server

import (
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Connections is how many there are.
type connections struct{ open atomic.Int64 }

// changed is told of each change of a connection.
func (c *connections) changed(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}

// awaitNone waits until there are none, at most as long as given.
func (c *connections) awaitNone(most time.Duration) {
	for deadline := time.Now().Add(most); c.open.Load() > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}
