package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// With tokens, all but the probes ask for one of them, and a file that is read
// again counts from then on.
func TestTokens(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "tokens"), "old token\n\n new \n")
	tokens, err := ReadTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	s := serving(t, Options{Tokens: tokens}, echoing("echo"))
	tests := []struct {
		header string
		status int
	}{
		{"", 401}, {"Bearer", 401}, {"Bearer ", 401}, {"Bearer wrong", 401}, {"new", 401}, {"Basic new", 401}, {"Bearer old", 401},
		{"Bearer new", 200}, {"bearer  new", 200}, {"Bearer old token", 200},
	}
	for _, test := range tests {
		want := `{"result":1}`
		if test.status == 401 {
			want = "unauthorized"
		}
		s.ask("POST", echoPath, `{"input": 1}`, "Authorization", test.header).expect(t, test.status, want)
	}
	for _, path := range []string{"/metrics", "/openapi.json", "/v1/policies", "/v1/status", "/v1/policies/echo/kubernetes", "/v1/policies/echo/envoy/"} {
		method := "GET"
		if strings.HasSuffix(path, "kubernetes") {
			method = "POST"
		}
		s.ask(method, path, "").expect(t, 401, "unauthorized")
	}
	s.ask("GET", "/livez", "").expect(t, 200, `{"status":"ok"}`)
	s.ask("GET", "/readyz", "").expect(t, 200, `{"status":"ready"}`)
	writeFile(t, path, " \n")
	if err := tokens.Reload(); err == nil {
		t.Error("a file without a token was taken over")
	}
	s.ask("POST", echoPath, `{"input": 1}`, "Authorization", "Bearer new").expect(t, 200, `{"result":1}`)
	writeFile(t, path, "newer")
	if err := tokens.Reload(); err != nil {
		t.Error(err)
	}
	s.ask("POST", echoPath, `{"input": 1}`, "Authorization", "Bearer new").expect(t, 401, "unauthorized")
	s.ask("POST", echoPath, `{"input": 1}`, "Authorization", "Bearer newer").expect(t, 200, `{"result":1}`)
}

// An authority signs certificates for a test.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key, a.certificate = a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign returns a new key and a certificate for it, which signs itself when
// there is no other.
func (a *authority) sign(template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return key, certificate
}

// issue returns a certificate for a server on this machine, or for a client.
func (a *authority) issue(serial int64) tls.Certificate {
	return a.issueUntil(serial, time.Now().Add(time.Hour))
}

func (a *authority) issueUntil(serial int64, end time.Time) tls.Certificate {
	key, certificate := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: end, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key, Leaf: certificate}
}

func encoded(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// write writes a certificate and its key, and returns their files.
func (a *authority) write(folder string, c tls.Certificate) (cert, key string) {
	a.t.Helper()
	der, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		a.t.Fatal(err)
	}
	cert = writeFile(a.t, filepath.Join(folder, "cert.pem"), encoded("CERTIFICATE", c.Certificate[0]))
	return cert, writeFile(a.t, filepath.Join(folder, "key.pem"), encoded("EC PRIVATE KEY", der))
}

// client returns a client that trusts the authority and shows the certificates.
func (a *authority) client(shown ...tls.Certificate) *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool, Certificates: shown},
		ForceAttemptHTTP2: true,
		DisableKeepAlives: true,
	}}
}

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
	ask(trusted.client(), "POST", echoPath).expect(t, 401, "unauthorized")
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
