package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// fromOtherPage says why a request may not be made by the page in a browser that
// may have sent it.
func (s *Server) fromOtherPage(x *exchange) *problem {
	if s.origins.Check(x.r) != nil {
		return forbidden("pages of other origins may not ask this server")
	}
	if s.needsNothing(x.route) && isRebound(x.r) {
		return rebound(x.route)
	}
	return nil
}

// rebound says what is to be done. What is open is so with tokens and TLS, too.
func rebound(r *route) *problem {
	message := "the header Host is not this machine's, as when a page has its own name lead here: ask for localhost or an IP address, or have a proxy set it so"
	if !r.open {
		message += "; or start the server with --token-file or --tls-cert"
	}
	return forbidden(message)
}

func forbidden(message string) *problem {
	return &problem{status: http.StatusForbidden, code: "forbidden", message: message}
}

// needsNothing reports whether a client has nothing to show, so that it is enough
// to reach the server.
func (s *Server) needsNothing(r *route) bool {
	return r.open || s.options.Tokens == nil && !s.options.Certificates.asked()
}

// isRebound reports whether a request to this machine alone goes by the name of
// another. A page whose name its owner has lead to 127.0.0.1 (DNS rebinding) is of
// one origin with the server for the browser; that name in Host is all there is to
// see. With TLS the certificate would have to be one for the name, here or at a
// proxy: browsers send Sec-Fetch-Site only there, and pages cannot.
func isRebound(r *http.Request) bool {
	return r.TLS == nil && !isThisMachine(r.Host) && r.Header["Sec-Fetch-Site"] == nil && r.Context().Value(loopbackKey{}) != nil
}

// isThisMachine reports whether nobody else can have the host for a name of his:
// https://www.rfc-editor.org/rfc/rfc6761#section-6.3 has localhost.
func isThisMachine(host string) bool {
	of := url.URL{Host: host}
	name := strings.TrimSuffix(strings.ToLower(of.Hostname()), ".") // which says that the name is a whole one
	if name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// A loopbackKey is that of contexts of requests from a listener that only this
// machine can reach over TCP. Browsers do not reach one over a Unix socket.
type loopbackKey struct{}

func withListener(ctx context.Context, l net.Listener) context.Context {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return context.WithValue(ctx, loopbackKey{}, true)
	}
	return ctx
}

// isOtherSite reports whether a browser says that a page of another origin has
// sent the request, whatever its method is.
func isOtherSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return true
}
