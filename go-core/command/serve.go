package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/build"
	"github.com/policy-tasks/policy-tasks/go-core/config"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/metrics"
	"github.com/policy-tasks/policy-tasks/go-core/server"
	"github.com/policy-tasks/policy-tasks/go-core/systemd"
)

type serveOptions struct {
	PolicyFlags
	addressFlags
	securityFlags
	decisionFlags
	page          bool
	timeout       time.Duration
	shutdownWait  time.Duration
	shutdownGrace time.Duration
}

// serveFlags is the command that answers over HTTP what the policies decide.
func serveFlags(flags *flag.FlagSet) Action {
	var o serveOptions
	o.PolicyFlags.Declare(flags)
	o.addressFlags.declare(flags)
	o.securityFlags.declare(flags)
	o.decisionFlags.declare(flags)
	config.BoolVar(flags, &o.page, "ui", false, "show a page for people at /ui/")
	declareTimeout(flags, &o.timeout, time.Second)
	config.DurationVar(flags, &o.shutdownWait, "shutdown-wait", 0, "when told to stop, go on as before for this `DURATION`, but for /readyz")
	config.DurationVar(flags, &o.shutdownGrace, "shutdown-grace", 10*time.Second, "after --shutdown-wait, let requests finish for this `DURATION`")
	return o.serve
}

// A service is what a serve command has made from its flags.
type service struct {
	options  *serveOptions
	log      *slog.Logger
	notifier systemd.Notifier
	engine   *engine.Engine
	server   server.Options

	mu      sync.Mutex
	reloads int // that are going on, or wait
}

func (o *serveOptions) serve(ctx context.Context, in *Invocation) (int, error) {
	s := &service{options: o, log: in.log.Load(), notifier: systemd.TakeNotifier()}
	hangUps := make(chan os.Signal, 1)
	in.heed(hangUps, syscall.SIGHUP) // which would end the process
	defer signal.Stop(hangUps)
	defer context.AfterFunc(ctx, func() { s.notify(systemd.Stopping, "stopping") })()
	if err := s.prepare(in); err != nil {
		return 0, err
	}
	defer s.close(in)
	return exitOK, s.run(ctx, in, hangUps)
}

// prepare makes all that can fail for a reason that is the user's to repair.
func (s *service) prepare(in *Invocation) (err error) {
	registry := metrics.NewRegistry()
	metrics.Process(registry)
	s.server = server.Options{
		ShutdownWait: s.options.shutdownWait, ShutdownGrace: cmp.Or(s.options.shutdownGrace, -1), // 0 would be the default
		Page: s.options.page, Digest: build.Policies(in.Program.Modules), Metrics: registry, Log: s.log,
	}
	if err = s.options.securityFlags.read(&s.server); err != nil {
		return err
	}
	if s.engine, err = s.options.Engine(in, engine.Options{Timeout: s.options.timeout, Metrics: registry, Log: s.log}); err != nil {
		return err
	}
	s.server.Decisions, err = s.options.decisionFlags.open(in, registry)
	return err
}

// run serves until ctx ends.
func (s *service) run(ctx context.Context, in *Invocation, hangUps <-chan os.Signal) error {
	l, err := s.options.addressFlags.listen()
	if err != nil {
		return err
	}
	in.ExtendGrace(s.options.shutdownWait, s.options.shutdownGrace, 2*closing, grace) // from now on clients may wait
	s.server.SharedListeners = l.given
	served := server.New(s.engine, s.server)
	diagnosed := s.diagnose(served, l)
	defer diagnosed()
	if err := s.start(ctx, in); err != nil {
		return err
	}
	reloading, stopReloading := context.WithCancel(context.Background())
	defer stopReloading() // when nobody is served any more
	go s.reloadOn(reloading, hangUps, in)
	s.announce(l)
	defer s.tellBuild()()
	if err := served.Serve(ctx, l.main); err != nil {
		return fail(exitWrite, "%v", err)
	}
	s.log.Info("stopped")
	return nil
}

// diagnose serves the listener for diagnostics, if there is one, and returns
// what ends that: it goes on while requests are finished.
func (s *service) diagnose(served *server.Server, l listeners) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	if l.diagnostic != nil {
		go func() {
			if err := served.ServeDiagnostics(ctx, l.diagnostic); err != nil {
				s.log.Error("diagnostics ended", "error", err)
			}
		}()
	}
	return cancel
}

// start starts the policies. Where one is invalid, nothing is served: whoever
// replaces a server with this one keeps the other.
func (s *service) start(ctx context.Context, in *Invocation) error {
	err := s.engine.Start(ctx)
	in.heedAgain()
	var invalid *engine.StartError
	if !errors.As(err, &invalid) {
		return asFailure(err)
	}
	failed := &failure{code: exitPolicy}
	for i, name := range invalid.Names {
		failed.problems = append(failed.problems, fmt.Sprintf("policy %q: %s", name, invalid.Errors[i].Message))
	}
	return failed
}

// announce tells that the server is about to answer, and who can ask it.
func (s *service) announce(l listeners) {
	address, public := l.main.Addr().String(), !isLoopback(l.main.Addr())
	s.log.Info("listening", "addr", address, "policies", len(s.engine.Policies()), "tls", s.server.Certificates != nil)
	if known := s.server.Tokens != nil || s.options.clientCA != ""; public && !known {
		s.log.Warn("whoever reaches the address may ask: --token-file, or --tls-client-ca, say who may", "addr", address)
	} else if !public && !l.given { // who gave the socket knows where it is
		s.log.Info("only this machine can reach the address: --addr 0.0.0.0:PORT lets others in, and docker run -p needs it", "addr", address)
	}
	if l.diagnostic != nil {
		s.log.Info("diagnostics", "addr", l.diagnostic.Addr().String())
	}
	if tcp, ok := l.main.Addr().(*net.TCPAddr); ok && s.options.page {
		s.log.Info("the page is there for browsers", "url", pageURL(tcp, s.server.Certificates != nil))
	}
	s.notify(systemd.Ready, "serving on "+address)
}

// tellBuild begins to tell which build this is, in the log and the metrics, and
// returns what waits until that is told: the binary has to be read for it, in the
// first milliseconds in which there are answers.
func (s *service) tellBuild() (wait func()) {
	var telling sync.WaitGroup
	telling.Go(func() {
		metrics.Build(s.server.Metrics, s.server.Digest)
		s.log.Info("built", "version", build.Version, "build", build.Digest(), "digest", s.server.Digest)
	})
	return telling.Wait
}

func (s *service) notify(state, status string) {
	if err := s.notifier.Notify(state, status); err != nil {
		s.log.Warn("NOTIFY_SOCKET cannot be told", "state", state, "error", err)
	}
}

// close closes the policies and the log of decisions. The log does not wait
// longer for the policies than they may take.
func (s *service) close(in *Invocation) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		in.close(s.engine)
	}()
	select {
	case <-closed:
	case <-time.After(closing):
	}
	s.closeDecisions()
	<-closed
}
