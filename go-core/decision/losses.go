package decision

import (
	"log/slog"
	"sync"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// quiet is how much time there is between two messages about losses, and how long
// there has to be none before they are told to be over.
const quiet = 10 * time.Second

// losses counts the records that are not in the log, and tells of them.
type losses struct {
	dropped, failed *metrics.Counter
	log             *slog.Logger

	mu  sync.Mutex
	now spell
}

// A spell is the losses since there were none. The zero value is none.
type spell struct {
	dropped, failed int
	err             error     // the last of the writer
	last            time.Time // that something was lost
	told            time.Time // that it was said
}

func newLosses(r *metrics.Registry, log *slog.Logger) *losses {
	return &losses{
		dropped: r.Counter("policy_decision_log_dropped_total", "Decisions that are not in the log, since there was no room.").With(),
		failed:  r.Counter("policy_decision_log_failed_total", "Decisions that could not be written to the log.").With(),
		log:     log,
	}
}

// add counts what was lost, and says so unless that was said shortly before.
func (l *losses) add(dropped, failed int, err error) {
	l.dropped.Add(uint64(dropped))
	l.failed.Add(uint64(failed))
	if spell, due := l.extend(dropped, failed, err); due {
		l.log.Error("decisions are missing from their log", spell.attributes()...)
	}
}

// extend adds to the spell, and reports whether it is due to be told.
func (l *losses) extend(dropped, failed int, err error) (spell, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now.dropped, l.now.failed, l.now.last = l.now.dropped+dropped, l.now.failed+failed, time.Now()
	if err != nil {
		l.now.err = err
	}
	due := l.now.last.Sub(l.now.told) >= quiet
	if due {
		l.now.told = l.now.last
	}
	return l.now, due
}

// written is told of records that were written, and says that all is well when nothing
// was lost for a while: without a record nobody knows.
func (l *losses) written() {
	if spell, over := l.end(); over {
		l.log.Info("all decisions are logged again", spell.attributes()...)
	}
}

// end ends the spell if it is over.
func (l *losses) end() (ended spell, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	over = !l.now.last.IsZero() && time.Since(l.now.last) >= quiet
	if over {
		ended, l.now = l.now, spell{}
	}
	return ended, over
}

func (s spell) attributes() []any {
	attributes := []any{"dropped", s.dropped, "failed", s.failed}
	if s.err != nil {
		attributes = append(attributes, "error", s.err)
	}
	return attributes
}
