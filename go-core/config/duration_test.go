package config

import "testing"

// A duration is what Go writes, with a unit, and anything else is refused, a
// negative one included.
func TestDuration(t *testing.T) {
	for text, want := range map[string]string{"500ms": "500ms", "90s": "1m30s", "0": "0s", "-0s": "0s", "1h0.5s": "1h0m0.5s"} {
		var duration Duration
		if err := duration.Set(text); err != nil || duration.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, &duration, err, want)
		}
	}
	for _, text := range []string{"", "1", "soon", "-1s", "-1ns", "1 s", "9999999h"} {
		if err := new(Duration).Set(text); err == nil {
			t.Errorf("%q is taken for a duration", text)
		}
	}
}
