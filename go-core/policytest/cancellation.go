package policytest

import (
	"context"
	"testing"
	"time"
)

// checkCancellation makes calls whose context is cancelled before they begin,
// and shortly after.
func (k *kit) checkCancellation(t *testing.T) {
	for _, c := range append([]Case{{Name: "null"}}, k.cases...) {
		t.Run(c.Name, func(t *testing.T) {
			for what, after := range map[string]time.Duration{"before the call": 0, "during the call": time.Millisecond} {
				if took, flaw := k.cancelled(c, after); flaw != "" {
					t.Errorf("Execute(%s), cancelled %s, %s", show(c.Input), what, flaw)
				} else if took > after+Grace*slowdown {
					t.Errorf("Execute(%s), cancelled %s, took %v more, over the %v that it has: return when ctx.Done() is closed, also while waiting",
						show(c.Input), what, (took - after).Round(time.Millisecond), Grace*slowdown)
				}
			}
		})
		if k.lost.Load() {
			return
		}
	}
}

// cancelled returns how long a call takes whose context is cancelled after
// some time, the shortest of several. It fails where the call does not return;
// how else it may fail is for other checks to tell.
func (k *kit) cancelled(c Case, after time.Duration) (took time.Duration, flaw string) {
	for i := range attempts {
		ctx, cancel := context.WithCancel(context.Background())
		if after == 0 {
			cancel()
		}
		timer := time.AfterFunc(after, cancel)
		got := k.execute(ctx, k.policy, k.handed(c), k.budget(c))
		timer.Stop()
		cancel()
		if k.lost.Load() {
			return 0, got.flaw
		}
		if i == 0 || got.took < took {
			took = got.took
		}
		if took <= after+Grace*slowdown {
			break
		}
	}
	return took, ""
}
