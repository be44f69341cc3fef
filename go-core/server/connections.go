package server

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Connections is what is known of all of them together.
type connections struct {
	open      atomic.Int64
	active    atomic.Int64  // have a request that is not answered
	reads     atomic.Uint64 // have brought something
	hurried   atomic.Bool   // they are closed before they have settled
	unsettled atomic.Int64  // were closed so, and may have had a request
}

// changed is told of each change of a connection.
func (c *connections) changed(changed net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
	if of := ours(changed); of != nil {
		if state == http.StateNew || state == http.StateIdle {
			of.idleSince.Store(int64(time.Since(epoch)))
			of.answering.Store(false)
			of.asking.Store(false)
		}
		was := of.active.Swap(state == http.StateActive)
		if is := state == http.StateActive; is && !was {
			c.active.Add(1)
		} else if was && !is {
			c.active.Add(-1)
		}
	}
}

// ours returns the connection that we have made, which may be below TLS.
func ours(c net.Conn) *connection {
	if over, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = over.NetConn()
	}
	of, _ := c.(*connection)
	return of
}

// settle waits until there are no connections, or until none of them has a
// request or has brought anything for as long as given, and reports whether it is so.
// It gives up when ctx ends.
func (c *connections) settle(ctx context.Context, quiet time.Duration) bool {
	reads, since := c.reads.Load(), time.Now()
	for c.open.Load() > 0 && ctx.Err() == nil && time.Since(since) < quiet {
		time.Sleep(time.Millisecond)
		if now := c.reads.Load(); now != reads || c.active.Load() > 0 {
			reads, since = now, time.Now()
		}
	}
	return c.open.Load() == 0 || ctx.Err() == nil
}
