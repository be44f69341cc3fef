package command

import (
	"context"
	"errors"
	"os"

	"github.com/policy-tasks/policy-tasks/go-core/systemd"
)

// reloadOn reads again what may change while the server runs, whenever there is a
// signal. Policies take their time over their configuration: one waits for another,
// the newest one counts of those that wait, and nobody's token is good for longer
// because of that. Once ctx has ended no policy is waited for.
func (s *service) reloadOn(ctx context.Context, hangUps <-chan os.Signal, in *Invocation) {
	configurations := make(chan error, 1) // with what was wrong with the rest
	go s.reloadPolicies(ctx, configurations, in)
	for range hangUps {
		s.reloading(+1)
		err := s.reopen()
		s.complain(err)
		select {
		case <-configurations: // the file is read later, as it is then
			s.reloading(-1)
		default:
		}
		configurations <- err
	}
}

// reloadPolicies reads the configuration of the policies again, once for each that
// is told.
func (s *service) reloadPolicies(ctx context.Context, configurations <-chan error, in *Invocation) {
	for failed := range configurations {
		err := s.reloadFile(ctx, in)
		in.heedAgain()
		if ctx.Err() != nil {
			return // nobody is served any more
		}
		s.complain(err)
		if err == nil && failed == nil {
			s.log.Info("the configuration was read again")
		}
		s.reloading(-1)
	}
}

// complain tells what is wrong with a configuration, if anything is.
func (s *service) complain(err error) {
	if err != nil {
		s.log.Error("the configuration was not taken over, or not all of it", "error", err)
	}
}

// reloading notes that so many reloads more are going on, and tells who has started
// this process of each, and when the last has ended.
func (s *service) reloading(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reloads += more
	if more > 0 {
		s.notify(systemd.Reloading(), "reading the configuration")
	} else if s.reloads == 0 {
		s.notify(systemd.Ready, "serving")
	}
}

// reopen reads the tokens and the certificates, and opens the file of the log of
// decisions again, which may have been moved away. Each stays as it was where the new
// one is wrong.
func (s *service) reopen() error {
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
	return errors.Join(errs...)
}

// reloadFile reads the configuration file, if there is one, has the policies take over
// theirs, and tells which settings are not as they are there.
func (s *service) reloadFile(ctx context.Context, in *Invocation) error {
	if s.options.Config == "" {
		return nil
	}
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
