package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// Certificates are what a server shows to its clients, and the authorities whose
// certificates it asks of them, if there are any. They come from files in PEM.
type Certificates struct {
	certFile, keyFile, clientCAFile string
	config                          atomic.Pointer[tls.Config]
}

// ReadCertificates reads the files. That of the clients' authorities may be "".
func ReadCertificates(certFile, keyFile, clientCAFile string) (*Certificates, error) {
	c := &Certificates{certFile: certFile, keyFile: keyFile, clientCAFile: clientCAFile}
	return c, c.Reload()
}

// Reload reads the files again. On an error all stays as it is.
func (c *Certificates) Reload() error {
	certificate, err := readKeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("the certificate cannot be used: %w", err)
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{certificate},
	}
	if c.clientCAFile != "" {
		// Those who ask for /livez and /readyz have no certificate.
		config.ClientAuth = tls.VerifyClientCertIfGiven
		// A client without a certificate would go on without one in its session.
		config.SessionTicketsDisabled = true
		if config.ClientCAs, err = readAuthorities(c.clientCAFile); err != nil {
			return err
		}
	}
	c.config.Store(config)
	return nil
}

func readKeyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := document.ReadFile(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := document.ReadFile(keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

func readAuthorities(path string) (*x509.CertPool, error) {
	text, err := document.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the authorities of clients cannot be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("there is no certificate in " + path + "; it is to have those of the clients' authorities in PEM")
	}
	return pool, nil
}

// serverConfig returns the configuration of a listener: each connection gets the
// certificates as they are then.
func (c *Certificates) serverConfig() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"h2", "http/1.1"},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.config.Load(), nil },
	}
}

// asked reports whether clients have to show a certificate.
func (c *Certificates) asked() bool { return c != nil && c.config.Load().ClientCAs != nil }

// admit reports whether the client has shown a certificate that holds now, of an
// authority that is trusted now: a connection may be older than both.
func (c *Certificates) admit(state *tls.ConnectionState, now time.Time) bool {
	if !c.asked() {
		return true
	}
	if state == nil {
		return false
	}
	trusted := x509.VerifyOptions{
		Roots: c.config.Load().ClientCAs, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	return slices.ContainsFunc(state.VerifiedChains, func(chain []*x509.Certificate) bool {
		return isCurrent(chain, trusted) || isRenewed(chain, trusted)
	})
}

// isCurrent reports whether a chain that was verified once is good as it is. Its
// signatures are, so that no more is to be known of it than its dates, and that it
// ends at an authority: to verify one of those is a look into the pool.
func isCurrent(chain []*x509.Certificate, trusted x509.VerifyOptions) bool {
	for _, each := range chain {
		if trusted.CurrentTime.Before(each.NotBefore) || trusted.CurrentTime.After(each.NotAfter) {
			return false
		}
	}
	trusted.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} // of the authority itself
	_, err := chain[len(chain)-1].Verify(trusted)
	return err == nil
}

// isRenewed reports whether the certificate at the start of the chain is good with
// others above it, as in a new handshake: an authority may have a new certificate for
// its key.
func isRenewed(chain []*x509.Certificate, trusted x509.VerifyOptions) bool {
	trusted.Intermediates = x509.NewCertPool()
	for _, each := range chain[1:] {
		trusted.Intermediates.AddCert(each)
	}
	_, err := chain[0].Verify(trusted)
	return err == nil
}
