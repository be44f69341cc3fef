package command

import (
	"context"
	"crypto/tls"
	"flag"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// patienceForHealth is how long a server may take to say how it is.
const patienceForHealth = 5 * time.Second

type healthDocument struct {
	Status string `json:"status"`
	URL    string `json:"url"`
}

type healthOptions struct {
	addressFlags
	config, cert string
}

// healthcheckFlags is the command that asks a server on this machine whether it
// is ready. It has those flags of serve that say where that is.
func healthcheckFlags(flags *flag.FlagSet) Action {
	var o healthOptions
	o.declare(flags)
	flags.StringVar(&o.config, "config", "", "the configuration `FILE` of the server")
	flags.StringVar(&o.cert, "tls-cert", "", "the certificate `FILE` of the server, if it speaks TLS")
	return o.check
}

func (o *healthOptions) check(ctx context.Context, in *Invocation) (int, error) {
	url, err := o.url()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, patienceForHealth)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fail(exitUsage, "%v", err)
	}
	// The certificate is one for the names that others know the server by,
	// and nothing is told to this one.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Do(request)
	if err != nil {
		return 0, fail(exitWrite, "the server is not reached: %v", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, notReady(answer)
	}
	return exitOK, in.writeDocument(healthDocument{"ready", url})
}

// notReady says why, and what to do where the server speaks TLS.
func notReady(answer *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // what has come is better than nothing
	why := strings.TrimSpace(string(text))
	if answer.StatusCode == http.StatusBadRequest && strings.Contains(why, "HTTPS") { // net/http's own words
		return fail(exitWrite, "the server speaks TLS; give --tls-cert, or the --config that it has")
	}
	return fail(exitWrite, "the server is not ready: %s: %s", answer.Status, why)
}

// url returns where the server says whether it is ready.
func (o *healthOptions) url() (string, error) {
	scheme, name, address := "http", "--diagnostic-addr", o.diagnosticAddr
	if address == "" {
		name, address = "--addr", o.addr
		if o.cert != "" {
			scheme = "https"
		}
	}
	host, port, err := splitAddress(name, address)
	if err != nil {
		return "", err
	}
	switch host { // all addresses of this machine
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/readyz", nil
}
