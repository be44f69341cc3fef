package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// maxHeader is how large the head of a request may be, in bytes.
const maxHeader = 64 << 10

// Serve answers requests from the listeners until ctx ends. Then /readyz says
// so, while requests are answered as before, for Options.ShutdownWait; after
// that no connection is made any more, and all that are there may finish, within
// Options.ShutdownGrace. The listeners are closed then; those of Listen lose no
// connection by it. The error is what is wrong with a listener, or that requests
// were cut off.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := s.httpServer(s, requests)
	server.ConnState = s.connections.changed
	failed := make(chan error, len(listeners))
	for _, each := range listeners {
		go func() { failed <- server.Serve(s.wrap(each)) }()
	}
	select {
	case err := <-failed:
		_ = server.Close() // what is wrong is known
		return err
	case <-ctx.Done():
		s.draining.Store(true)
		time.Sleep(s.options.ShutdownWait)
		s.stopListening(listeners, failed)
		return s.drain(server, cancel)
	}
}

// ServeDiagnostics answers requests to Diagnostics from the listener until ctx
// ends.
func (s *Server) ServeDiagnostics(ctx context.Context, l net.Listener) error {
	server, own := s.httpServer(s.Diagnostics(), ctx), new(connections)
	server.ConnState = own.changed
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	err := server.Serve(&listener{l, own, s.options.WriteTimeout})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Server) httpServer(handler http.Handler, requests context.Context) *http.Server {
	return &http.Server{
		Handler:                      handler,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            s.options.ReadTimeout,
		ReadTimeout:                  s.options.ReadTimeout,
		IdleTimeout:                  s.options.IdleTimeout,
		MaxHeaderBytes:               maxHeader,
		BaseContext:                  func(l net.Listener) context.Context { return withListener(requests, l) },
		ErrorLog:                     newComplaints(s.options.Log).logger(),
	}
}

// wrap returns the listener with our connections, and with TLS if there is any.
func (s *Server) wrap(l net.Listener) net.Listener {
	l = &listener{l, &s.connections, s.options.WriteTimeout}
	if s.options.Certificates != nil {
		return tls.NewListener(l, s.options.Certificates.serverConfig())
	}
	return l
}

// drain ends the server so that no request is lost that has reached it. Server's
// own Shutdown drops those that it has not read yet, and those on connections
// that it takes for idle, so that it comes last.
func (s *Server) drain(server *http.Server, cancel func()) error {
	ctx, done := context.WithTimeout(context.Background(), s.options.ShutdownGrace)
	defer done()
	settled := s.connections.settle(ctx, min(lastCall, s.options.ShutdownGrace/2))
	s.connections.hurried.Store(!settled)
	err := server.Shutdown(ctx)
	active := err != nil && s.connections.active.Load() > 0
	if active {
		cancel() // policies that heed their context return now
	}
	_ = server.Close() // connections without a request may be left
	switch {
	case active:
		return errors.New("requests were cut off: they were not finished when the time for shutting down was over")
	case s.connections.unsettled.Load() > 0:
		return errors.New("requests may have been cut off: connections were closed that had not been quiet for " + lastCall.String())
	}
	return nil
}
