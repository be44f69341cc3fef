package server

import (
	"bytes"
	"net"
	"net/http"
	"net/http/pprof"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// metrics answers with the metrics in Prometheus's text format.
func (s *Server) metrics(x *exchange) {
	var text bytes.Buffer
	_, _ = s.options.Metrics.WriteTo(&text) // a buffer takes all
	x.w.Header().Set("Content-Type", metrics.ContentType)
	x.status, x.out = http.StatusOK, text.Bytes()
	x.send()
}

// Diagnostics returns a handler for a listener of its own, with /livez, /readyz,
// /metrics and /v1/status without a token or a certificate, and /debug/pprof/
// for requests from this machine.
func (s *Server) Diagnostics() http.Handler {
	profiles := http.NewServeMux()
	profiles.HandleFunc("/debug/pprof/", pprof.Index)
	profiles.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	profiles.HandleFunc("/debug/pprof/profile", pprof.Profile)
	profiles.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	profiles.HandleFunc("/debug/pprof/trace", pprof.Trace)
	routes := routes{fixed: map[string]*route{}, other: s.routes.other}
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/v1/status"} {
		shared := *s.routes.fixed[path]
		shared.open = true
		routes.fixed[path] = &shared
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := profiles.Handler(r)
		switch {
		case pattern == "" || !fromThisMachine(r):
			s.serve(&routes, w, r)
		case isOtherSite(r) || !isThisMachine(r.Host):
			forbidden("pages of other origins may not ask for profiles, and the header Host is to be localhost or an IP address").write(w)
		default:
			profiles.ServeHTTP(w, r)
		}
	})
}

func fromThisMachine(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}
