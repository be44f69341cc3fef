package command

import (
	"context"
	"flag"
	"fmt"
	"net"

	"github.com/policy-tasks/policy-tasks/go-core/server"
	"github.com/policy-tasks/policy-tasks/go-core/systemd"
)

// defaultAddr is on this machine alone.
const defaultAddr = "127.0.0.1:8080"

// addressFlags say where a server listens.
type addressFlags struct {
	addr, diagnosticAddr string
}

func (f *addressFlags) declare(flags *flag.FlagSet) {
	flags.StringVar(&f.addr, "addr", defaultAddr, "the server's address, `HOST:PORT`; 0.0.0.0:8080 is reached from other machines too")
	flags.StringVar(&f.diagnosticAddr, "diagnostic-addr", "", "a second address, `HOST:PORT`, for health, metrics and profiles, without tokens and TLS")
}

// listeners are the sockets of a server.
type listeners struct {
	main, diagnostic net.Listener // of which the second may be nil
	given            bool         // by the process that started this one, which may have it too
}

// listen returns the sockets: those that the process was started with, first
// the server's and then that for diagnostics, else new ones.
func (f *addressFlags) listen() (l listeners, err error) {
	given, err := systemd.Listeners()
	if err != nil {
		return l, fail(exitUsage, "%v", err)
	}
	if len(given) > 0 {
		l.main, l.given = given[0], true
	} else if l.main, err = listenOn("--addr", f.addr); err != nil {
		return l, err
	}
	if len(given) > 1 {
		l.diagnostic = given[1]
	} else if f.diagnosticAddr != "" {
		l.diagnostic, err = listenOn("--diagnostic-addr", f.diagnosticAddr)
	}
	return l, err
}

func listenOn(name, address string) (net.Listener, error) {
	if _, _, err := splitAddress(name, address); err != nil {
		return nil, err
	}
	l, err := server.Listen(context.Background(), address)
	if err != nil {
		return nil, fail(exitUsage, "%s: %v; give a HOST:PORT that is free", name, err)
	}
	return l, nil
}

// splitAddress returns the two parts of an address. Without a port, for which
// package net takes any, it is wrong; without a host, it is all of them.
func splitAddress(name, address string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(address)
	if err == nil && port == "" {
		err = &net.AddrError{Err: "missing port in address", Addr: address}
	}
	if err != nil {
		return "", "", fail(exitUsage, "%s: %v; give a HOST:PORT", name, err)
	}
	return host, port, nil
}

// pageURL returns where a browser on this machine finds the page.
func pageURL(address *net.TCPAddr, tls bool) string {
	host, scheme := address.String(), "http"
	if address.IP.IsUnspecified() {
		host = fmt.Sprintf("localhost:%d", address.Port)
	}
	if tls {
		scheme = "https"
	}
	return scheme + "://" + host + "/ui/"
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback() // a Unix socket is on this machine
}
