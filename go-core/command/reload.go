package command

import (
	"context"
	"errors"
	"os"

	"github.com/policy-tasks/policy-tasks/go-core/systemd"
)

// reloadOn reads the configuration again whenever there is a signal.
func (s *service) reloadOn(hangUps <-chan os.Signal, in *Invocation) {
	for range hangUps {
		s.notify(systemd.Reloading(), "reading the configuration")
		err := s.reload()
		in.heedAgain()
		if err != nil {
			s.log.Error("the configuration was not taken over, or not all of it", "error", err)
		} else {
			s.log.Info("the configuration was read again")
		}
		s.notify(systemd.Ready, "serving")
	}
}

// reload reads what may change while the server runs: the configuration of the
// policies, the tokens, and the certificates. Each stays as it was where the
// new one is wrong.
func (s *service) reload() error {
	var errs []error
	if s.options.Config != "" {
		file, err := s.options.Read()
		if err == nil {
			err = s.engine.Reload(context.Background(), file.Policies)
		}
		errs = append(errs, err)
	}
	if s.server.Tokens != nil {
		errs = append(errs, s.server.Tokens.Reload())
	}
	if s.server.Certificates != nil {
		errs = append(errs, s.server.Certificates.Reload())
	}
	return errors.Join(errs...)
}
