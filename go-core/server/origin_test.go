package server

import (
	"net"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Pages of other origins may not ask, even where the browser asks nobody for
// leave.
func TestOtherOrigins(t *testing.T) {
	s := serving(t, Options{}, answering("echo", true))
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://other"}} {
		s.ask("POST", echoPath, `{"input": 1}`, headers...).expect(t, 403, "forbidden")
		s.ask("POST", "/v1/policies/echo/envoy/x", "", headers...).expect(t, 200, "")
	}
	s.ask("POST", echoPath, `{"input": 1}`, "Origin", "http://"+s.addr).expect(t, 200, `{"result":true}`)
}

// as returns the answer to a request that goes by a name of the server.
func (s *site) as(t *testing.T, host, method, path, headers string) answer {
	t.Helper()
	const body = `{"input": 1}`
	return parsed(t, s.raw(t, method+" "+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+headers+"Connection: close\r\nContent-Length: 12\r\n\r\n"+body))
}

// A page that has its own name lead to this machine may not ask, whatever the
// method; the names of this machine are good, with any port.
func TestRebinding(t *testing.T) {
	s := serving(t, Options{Page: true}, echoing("echo"))
	for _, host := range []string{"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "evillocalhost", "evil.example.", "localhost.."} {
		for _, path := range []string{"/v1/policies", "/v1/status", "/metrics", "/openapi.json"} {
			s.as(t, host, "GET", path, "").expect(t, 403, "forbidden")
		}
	}
	got := s.as(t, "evil.example", "POST", echoPath, "Origin: http://evil.example\r\n")
	got.expect(t, 403, "forbidden")
	if !strings.Contains(got.body, "--token-file") {
		t.Errorf("it does not say what to do: %s", got.body)
	}
	for _, host := range []string{"localhost", "localhost.", "a.localhost.:80", "127.0.0.1.", "LocalHost:1", "a.localhost:80", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "10.1.2.3", ""} {
		s.as(t, host, "POST", echoPath, "").expect(t, 200, `{"result":1}`)
	}
}

// Who has something else to go by may use any name: probes, files of the page, Envoy,
// clients with a token, pages of a proxy with TLS, listeners that are not for this
// machine alone.
func TestOtherNames(t *testing.T) {
	s := serving(t, Options{Page: true}, answering("echo", true))
	const host = "policies.example"
	for _, path := range []string{"/livez", "/readyz", "/ui/", "/ui/main.js", "/v1/policies/echo/envoy/x"} {
		if got := s.as(t, host, "GET", path, ""); got.status != 200 {
			t.Errorf("%s: status %d, %s", path, got.status, got.body)
		}
	}
	s.as(t, host, "POST", echoPath, "Sec-Fetch-Site: same-origin\r\nOrigin: https://"+host+"\r\n").expect(t, 200, `{"result":true}`)
	s.as(t, host, "POST", echoPath, "Sec-Fetch-Site: cross-site\r\nOrigin: https://"+host+"\r\n").expect(t, 403, "forbidden")
	tokens, err := ReadTokens(writeFile(t, t.TempDir()+"/tokens", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	known := serving(t, Options{Tokens: tokens}, answering("echo", true))
	known.as(t, host, "POST", echoPath, "Authorization: Bearer secret\r\n").expect(t, 200, `{"result":true}`)
	public, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	open := servingOn(t, public, Options{}, newEngine(t, engine.Options{}, answering("echo", true)))
	open.as(t, host, "POST", echoPath, "").expect(t, 200, `{"result":true}`)
}

// Profiles, which cost time, and what else is for diagnostics are not for pages in a
// browser.
func TestDiagnosticsForPages(t *testing.T) {
	s := serving(t, Options{}, echoing("echo"))
	l := listening(t, "tcp")
	go s.ServeDiagnostics(t.Context(), l) // the error is that of another test
	d := &site{Server: s.Server, t: t, addr: l.Addr().String()}
	for _, from := range []string{"cross-site", "same-site"} {
		d.ask("GET", "/debug/pprof/goroutine", "", "Sec-Fetch-Site", from).expect(t, 403, "forbidden")
	}
	for _, path := range []string{"/debug/pprof/cmdline", "/metrics", "/v1/status"} {
		got := d.as(t, "evil.example", "GET", path, "")
		got.expect(t, 403, "forbidden")
		if strings.Contains(got.body, "--token-file") {
			t.Errorf("%s: it says what does not help: %s", path, got.body)
		}
	}
	for _, from := range []string{"none", "same-origin"} {
		if got := d.ask("GET", "/debug/pprof/goroutine", "", "Sec-Fetch-Site", from); got.status != 200 {
			t.Errorf("%s: status %d", from, got.status)
		}
	}
	d.as(t, "evil.example", "GET", "/livez", "").expect(t, 200, `{"status":"ok"}`)
}
