package server

import (
	"context"
	"net"
	"time"
)

// Listen returns a socket at the TCP address that Serve can close without a
// connection being lost. That of net.Listen is one of multipath TCP, to which
// Linux can attach no filter.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	return config.Listen(ctx, "tcp", address)
}

// handshake is how long a client has to finish a connection that the kernel
// has answered: the way to it and back.
const handshake = 200 * time.Millisecond

// lastCall is how long connections that were kept alive have to make a request
// that may be on its way. Its answer says that it is the last.
const lastCall = time.Second

// stopListening closes the listeners, once those connections are taken that
// clients have, or are about to: a close would reset them.
func (s *Server) stopListening(listeners []net.Listener, ended <-chan error) {
	if !s.options.SharedListeners {
		for _, each := range listeners {
			refuse(each)
		}
		time.Sleep(min(handshake, s.options.ShutdownGrace/2))
	}
	defer time.AfterFunc(lastCall, func() { closeAll(listeners) }).Stop() // however many come
	for _, each := range listeners {
		empty(each)
	}
	for range listeners {
		<-ended
	}
}

// empty has Accept return no more than the connections that wait there by now.
func empty(l net.Listener) {
	if waiting, ok := l.(interface{ SetDeadline(time.Time) error }); ok {
		_ = waiting.SetDeadline(epoch) // see listener.Accept
		return
	}
	_ = l.Close() // whoever waits for it is told
}

func closeAll(listeners []net.Listener) {
	for _, each := range listeners {
		_ = each.Close() // it may be closed by now
	}
}
