package engine

import (
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/metrics"
)

// No metric has the name of a counter without its _total: for OpenMetrics the two are
// one family.
func TestMetricNames(t *testing.T) {
	registry := metrics.NewRegistry()
	started(t, Options{Metrics: registry}, &fake{name: "fake"})
	var text strings.Builder
	if _, err := registry.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	families := map[string]bool{}
	for line := range strings.Lines(text.String()) {
		if words := strings.Fields(line); words[1] == "TYPE" {
			families[words[2]] = true
		}
	}
	for name := range families {
		if short, ok := strings.CutSuffix(name, "_total"); ok && families[short] {
			t.Errorf("%s and %s are both there", short, name)
		}
	}
	if len(families) < 8 {
		t.Errorf("families = %v", families)
	}
}
