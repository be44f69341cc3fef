package command

import (
	"flag"

	"github.com/policy-tasks/policy-tasks/go-core/server"
)

// securityFlags say who may ask a server, and how it shows who it is.
type securityFlags struct {
	tokenFile, cert, key, clientCA string
}

func (f *securityFlags) declare(flags *flag.FlagSet) {
	flags.StringVar(&f.tokenFile, "token-file", "", "ask for a bearer token that is in this `FILE`, one on a line")
	flags.StringVar(&f.cert, "tls-cert", "", "speak TLS with the certificate in this `FILE`, in PEM")
	flags.StringVar(&f.key, "tls-key", "", "the certificate's private key, in this `FILE`")
	flags.StringVar(&f.clientCA, "tls-client-ca", "", "ask for a certificate of an authority in this `FILE`, in PEM")
}

// read reads the files.
func (f *securityFlags) read(options *server.Options) (err error) {
	if (f.cert == "") != (f.key == "") {
		return fail(exitUsage, "--tls-cert and --tls-key are of use together only")
	}
	if f.clientCA != "" && f.cert == "" {
		return fail(exitUsage, "--tls-client-ca is of use with --tls-cert and --tls-key only")
	}
	if f.tokenFile != "" {
		if options.Tokens, err = server.ReadTokens(f.tokenFile); err != nil {
			return fail(exitUsage, "--token-file: %v", err)
		}
	}
	if f.cert != "" {
		if options.Certificates, err = server.ReadCertificates(f.cert, f.key, f.clientCA); err != nil {
			return fail(exitUsage, "TLS: %v", err)
		}
	}
	return nil
}
