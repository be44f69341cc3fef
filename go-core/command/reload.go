package command

import (
	"context"
	"errors"
	"os"

	"github.com/policy-tasks/policy-tasks/go-core/systemd"
)

// reloadOn reads the configuration again whenever there is a signal. Once ctx has
// ended it waits for no policy.
func (s *service) reloadOn(ctx context.Context, hangUps <-chan os.Signal, in *Invocation) {
	for range hangUps {
		s.notify(systemd.Reloading(), "reading the configuration")
		err := s.reload(ctx, in)
		in.heedAgain()
		if err != nil {
			s.log.Error("the configuration was not taken over, or not all of it", "error", err)
		} else {
			s.log.Info("the configuration was read again")
		}
		s.notify(systemd.Ready, "serving")
	}
}

// reload reads what may change while the server runs: the tokens, the certificates,
// and the configuration of the policies; and it opens the file of the log of
// decisions again, which may have been moved away. Each stays as it was where the
// new one is wrong. The policies are last, since they take their time: nobody's
// token is good for longer because of that.
func (s *service) reload(ctx context.Context, in *Invocation) error {
	var errs []error
	if file := s.options.decisionFlags.file; file != nil {
		errs = append(errs, file.reopen())
	}
	if s.server.Tokens != nil {
		errs = append(errs, s.server.Tokens.Reload())
	}
	if s.server.Certificates != nil {
		errs = append(errs, s.server.Certificates.Reload())
	}
	if s.options.Config != "" {
		errs = append(errs, s.reloadFile(ctx, in))
	}
	return errors.Join(errs...)
}

// reloadFile reads the configuration file, and tells which settings are not as they
// are there.
func (s *service) reloadFile(ctx context.Context, in *Invocation) error {
	file, err := s.options.Read()
	if err != nil {
		return err
	}
	changed, err := in.changed()
	if err != nil {
		return err
	}
	if changed != nil {
		s.log.Warn("settings have changed that need a new process", "settings", changed)
	}
	return s.engine.Reload(ctx, file.Policies)
}
