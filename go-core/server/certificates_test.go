package server

import (
	"crypto/tls"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// Over TLS the server speaks HTTP/2, asks for certificates of its authority for
// all but the probes, and takes new files over for connections to come.
func TestCertificates(t *testing.T) {
	trusted, other := newAuthority(t), newAuthority(t)
	folder := t.TempDir()
	cert, key := trusted.write(folder, trusted.issue(2))
	ca := writeFile(t, filepath.Join(folder, "ca.pem"), encoded("CERTIFICATE", trusted.certificate.Raw))
	certificates, err := ReadCertificates(cert, key, ca)
	if err != nil {
		t.Fatal(err)
	}
	s := serving(t, Options{Certificates: certificates}, append(failing(), echoing("echo"))...)
	ask := func(client *http.Client, method, path string) answer {
		request, _ := http.NewRequest(method, "https://"+s.addr+path, strings.NewReader(`{"input": 1}`))
		return s.send(client, request)
	}
	known := trusted.client(trusted.issue(3))
	ask(known, "POST", echoPath).expect(t, 200, `{"result":1}`)
	unknown := ask(trusted.client(), "POST", echoPath)
	unknown.expect(t, 401, "unauthorized")
	if asked := unknown.header.Get("Www-Authenticate"); asked != "" { // no header can have a certificate
		t.Errorf("Www-Authenticate = %q", asked)
	}
	ask(trusted.client(), "GET", "/readyz").expect(t, 200, `{"status":"ready"}`)
	request, _ := http.NewRequest("GET", "https://"+s.addr+"/readyz", nil)
	if got, err := trusted.client(other.issue(4)).Do(request); err == nil {
		got.Body.Close()
		if got.StatusCode != 401 {
			t.Errorf("a certificate of another authority: status %d", got.StatusCode)
		}
	}
	for name, want := range map[string]string{"panic": "policy_panic", "goexit": "policy_goexit", "hang": "policy_timeout"} {
		if got := ask(known, "POST", "/v1/policies/"+name+"/execute"); got.code(t) != want {
			t.Errorf("HTTP/2, %s: %s", name, got.body)
		}
	}
	got, err := known.Get("https://" + s.addr + "/livez")
	if err != nil || got.ProtoMajor != 2 || got.TLS.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	got.Body.Close()
	trusted.write(folder, trusted.issue(5))
	if err := certificates.Reload(); err != nil {
		t.Fatal(err)
	}
	if got, err = known.Get("https://" + s.addr + "/livez"); err != nil || got.TLS.PeerCertificates[0].SerialNumber.Int64() != 5 {
		t.Fatalf("%v, %v", got, err)
	}
	got.Body.Close()
	writeFile(t, cert, "broken")
	if certificates.Reload() == nil {
		t.Error("a broken certificate was taken over")
	}
	ask(known, "POST", echoPath).expect(t, 200, `{"result":1}`)
	parsed(t, s.raw(t, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")).expect(t, 400, "bad_request")
}

// guarded returns a server that asks for certificates of the authority, and the
// file that has that.
func guarded(t *testing.T, trusted *authority, options Options, policies ...engine.Policy) (s *site, ca string) {
	t.Helper()
	folder := t.TempDir()
	cert, key := trusted.write(folder, trusted.issue(2))
	ca = writeFile(t, filepath.Join(folder, "ca.pem"), encoded("CERTIFICATE", trusted.certificate.Raw))
	certificates, err := ReadCertificates(cert, key, ca)
	if err != nil {
		t.Fatal(err)
	}
	options.Certificates = certificates
	return serving(t, options, append(policies, echoing("echo"))...), ca
}

// keeping returns what asks over one connection, which it keeps, and shows the
// certificate there.
func (s *site) keeping(trusted *authority, shown tls.Certificate, http2 bool) (ask func() answer) {
	client := trusted.client(shown)
	transport := client.Transport.(*http.Transport)
	transport.DisableKeepAlives, transport.ForceAttemptHTTP2 = false, http2
	s.t.Cleanup(transport.CloseIdleConnections)
	return func() answer {
		request, _ := http.NewRequest("POST", "https://"+s.addr+echoPath, strings.NewReader(`{"input": 1}`))
		return s.send(client, request)
	}
}

// A client whose authority is no longer trusted has no access over a connection
// that is older than that, which is closed.
func TestAuthorityIsTakenBack(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		trusted, next := newAuthority(t), newAuthority(t)
		s, ca := guarded(t, trusted, Options{})
		ask := s.keeping(trusted, trusted.issue(3), http2)
		ask().expect(t, 200, `{"result":1}`)
		if err := s.options.Certificates.Reload(); err != nil {
			t.Fatal(err)
		}
		ask().expect(t, 200, `{"result":1}`)
		writeFile(t, ca, encoded("CERTIFICATE", next.certificate.Raw))
		if err := s.options.Certificates.Reload(); err != nil {
			t.Fatal(err)
		}
		ask().expect(t, 401, "unauthorized")
		s.expectNoConnections(t)
	}
}

// A client whose certificate has expired has no access over a connection that
// is older than that.
func TestCertificateExpires(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		trusted := newAuthority(t)
		s, _ := guarded(t, trusted, Options{})
		end := time.Now().Add(2 * time.Second).Truncate(time.Second) // as certificates have it
		ask := s.keeping(trusted, trusted.issueUntil(3, end), http2)
		ask().expect(t, 200, `{"result":1}`)
		time.Sleep(time.Until(end.Add(50 * time.Millisecond)))
		ask().expect(t, 401, "unauthorized")
		s.expectNoConnections(t)
	}
}

// expectNoConnections fails the test unless all connections are closed soon.
func (s *site) expectNoConnections(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); s.connections.open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is kept")
		}
	}
}
