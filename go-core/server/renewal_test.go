package server

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
)

// A client whose authority has a new certificate for its name and key has access over
// a connection that is older than that, which is kept.
func TestAuthorityIsRenewed(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		trusted := newAuthority(t)
		s, ca := guarded(t, trusted, Options{})
		ask := s.keeping(trusted, trusted.issue(3), http2)
		ask().expect(t, 200, `{"result":1}`)
		writeFile(t, ca, encoded("CERTIFICATE", trusted.renewed().Raw))
		if err := s.options.Certificates.Reload(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			ask().expect(t, 200, `{"result":1}`)
		}
		if open := s.connections.open.Load(); open != 1 {
			t.Errorf("%d connections are open", open)
		}
	}
}

// A client that keeps its TLS session has access once its authority is trusted, though
// it had no certificate to show before.
func TestSessionWithoutCertificate(t *testing.T) {
	trusted, other := newAuthority(t), newAuthority(t)
	other.certificate = other.certify(otherName(), otherName(), &other.key.PublicKey, other.key)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s, ca := guarded(t, trusted, Options{})
		client := trusted.client(trusted.issue(3))
		config := client.Transport.(*http.Transport).TLSClientConfig
		config.ClientSessionCache, config.MaxVersion = tls.NewLRUClientSessionCache(1), version
		ask := func() answer {
			request, _ := http.NewRequest("POST", "https://"+s.addr+echoPath, strings.NewReader(`{"input": 1}`))
			return s.send(client, request)
		}
		for _, each := range []struct {
			authority *authority
			status    int
			want      string
		}{{other, 401, "unauthorized"}, {trusted, 200, `{"result":1}`}} {
			writeFile(t, ca, encoded("CERTIFICATE", each.authority.certificate.Raw))
			if err := s.options.Certificates.Reload(); err != nil {
				t.Fatal(err)
			}
			ask().expect(t, each.status, each.want)
		}
	}
}

// otherName is of an authority whose name leads clients to show it nothing.
func otherName() *x509.Certificate {
	template := authorityOf(1)
	template.Subject.CommonName = "other"
	return template
}
