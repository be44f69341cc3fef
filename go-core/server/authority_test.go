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
	"path/filepath"
	"testing"
	"time"
)

// An authority signs certificates for a test.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key, a.certificate = a.sign(authorityOf(1))
	return a
}

func authorityOf(serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
}

// renewed returns another certificate of the authority, with its name and its key.
func (a *authority) renewed() *x509.Certificate {
	a.t.Helper()
	return a.certify(authorityOf(100), authorityOf(100), &a.key.PublicKey, a.key)
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
	return key, a.certify(template, parent, &key.PublicKey, signer)
}

func (a *authority) certify(template, parent *x509.Certificate, key *ecdsa.PublicKey, signer *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return certificate
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
