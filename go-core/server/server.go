// Package server answers over HTTP what the policies of an engine decide.
//
//	listener, err := server.Listen(ctx, "127.0.0.1:8080")
//	err = server.New(e, server.Options{}).Serve(ctx, listener)
//
// Every failure is answered with one JSON object, {"error": {"code", "message"}}, and
// none with anything that could be taken for a decision. docs/server.md has the
// routes, the codes, and the limits.
package server

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// Options is how a server works. The zero value is usable.
type Options struct {
	// MaxBody is the size of the largest body of a request, in bytes; 0 means
	// 8 MiB, since a review of Kubernetes holds up to two objects of 1.5 MiB
	// each, and more when they are escaped.
	MaxBody int

	// MaxDepth is how many arrays and objects of a request may lie within
	// each other; 0 means 1000.
	MaxDepth int

	// Concurrency is how many requests may be decoded and executed at once, over
	// all policies; 0 means 4096. How many for each policy, the engine limits.
	Concurrency int

	// ReadTimeout is how long a request may take to arrive, its head and its
	// body together; 0 means 10 seconds.
	ReadTimeout time.Duration

	// WriteTimeout is how long a client may take to read 256 KiB of an answer,
	// for which it has half of that at least; 0 means 10 seconds.
	WriteTimeout time.Duration

	// IdleTimeout is how long a connection may wait for its next request; 0
	// means 2 minutes.
	IdleTimeout time.Duration

	// ShutdownWait is how long a server that is told to stop goes on as
	// before, but for /readyz, so that load balancers notice.
	ShutdownWait time.Duration

	// ShutdownGrace is how long the requests that are there after that may
	// take; 0 means 10 seconds, and less that they are cut off at once.
	ShutdownGrace time.Duration

	// SharedListeners says that other processes have the listeners as well, and
	// may go on with them: they are left as they are when this server stops.
	// Otherwise no connection is made over them any more.
	SharedListeners bool

	// Tokens, if there are any, are what a request has to show as a bearer
	// token, whichever of them.
	Tokens *Tokens

	// Certificates make the server speak TLS.
	Certificates *Certificates

	// Page has the server show a page for people at /ui/, to which / leads.
	Page bool

	// Digest is that of the policies' sources, for /v1/status, see
	// build.Policies; empty where nobody knows it.
	Digest string

	// Decisions, if it is there, has a record of every decision.
	Decisions *decision.Log

	// Metrics is what /metrics shows and where the server counts; nil means
	// a registry of its own.
	Metrics *metrics.Registry

	// Log is where the server tells of requests that failed for a reason
	// that is not the client's; nil means nowhere.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.MaxBody = cmp.Or(o.MaxBody, 8<<20)
	o.MaxDepth = cmp.Or(o.MaxDepth, 1000)
	o.Concurrency = cmp.Or(o.Concurrency, 4096)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 10*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 10*time.Second)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 2*time.Minute)
	o.ShutdownGrace = cmp.Or(o.ShutdownGrace, 10*time.Second)
	if o.Metrics == nil {
		o.Metrics = metrics.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// A Server is the HTTP side of an engine. Its methods are safe for concurrent
// use.
type Server struct {
	options     Options
	engine      *engine.Engine
	routes      routes
	origins     http.CrossOriginProtection
	openAPI     func() []byte // made when it is asked for
	started     time.Time
	exchanges   sync.Pool
	executing   atomic.Int32
	connections connections
	badVerdicts metrics.Counters
	draining    atomic.Bool
}

// New returns a server for the engine, which may be started before or after.
func New(e *engine.Engine, options Options) *Server {
	s := &Server{options: options.withDefaults(), engine: e, started: time.Now()}
	s.openAPI = sync.OnceValue(func() []byte { return openAPIFor(e) })
	s.exchanges.New = func() any { return newExchange(s) }
	s.routes = s.newRoutes()
	s.badVerdicts = s.options.Metrics.Counter("policy_bad_verdicts_total", "Results that are no verdict, and deny.", "policy")
	for _, p := range e.Policies() {
		s.badVerdicts.With(p.Name())
	}
	s.options.Metrics.Gauge("http_requests_executing", "Requests that policies are working on.").
		Set(func() float64 { return float64(s.executing.Load()) })
	return s
}

// ServeHTTP answers one request. It goes by RequestURI, which is what the client
// has sent, and not by URL.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(&s.routes, w, r) }

func (s *Server) serve(routes *routes, w http.ResponseWriter, r *http.Request) {
	x := s.exchanges.Get().(*exchange)
	x.begin(w, r)
	defer x.end()
	route, name, wrong := routes.find(r.Method, pathOf(r))
	x.route, x.name = route, name
	if wrong == nil {
		wrong = s.admit(x)
	}
	if wrong != nil {
		x.refuse(wrong)
	} else {
		route.handle(x)
	}
	x.returned = true
}

// admit says whether a request may be made by who makes it.
func (s *Server) admit(x *exchange) *problem {
	if !x.route.open {
		if !s.options.Certificates.admit(x.r.TLS, x.start) {
			return &problem{status: http.StatusUnauthorized, code: "unauthorized", message: "show a certificate that the server trusts", close: true}
		}
		if !s.options.Tokens.admit(x.r.Header["Authorization"]) {
			return &problem{status: http.StatusUnauthorized, code: "unauthorized", message: "show a bearer token that the server knows", scheme: "Bearer"}
		}
	}
	if x.route.anyOrigin {
		return nil
	}
	return s.fromOtherPage(x)
}
