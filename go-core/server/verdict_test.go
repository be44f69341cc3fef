package server

import (
	"bytes"
	"strings"
	"testing"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
)

// A result that is refused as a verdict is one in the decision log and in the metrics,
// and a verdict has its result in the log, as the policy gave it.
func TestRefusedVerdictsAreTold(t *testing.T) {
	var out bytes.Buffer
	log := decision.NewLog(&out, decision.Options{})
	s := serving(t, Options{Decisions: log}, answering("p", "yes"),
		answering("q", map[string]any{"allowed": true, "headers": map[string]any{"a": 1}}), answering("r", map[string]any{"allowed": false}))
	asked := [][2]string{
		{reviewPath, reviewed}, {"/v1/policies/q/envoy/", ""}, {"/v1/policies/r/kubernetes", reviewed}, {"/v1/policies/r/envoy/", ""},
		{"/v1/policies/p/execute", `{"input": 1}`},
	}
	for _, each := range asked {
		s.ask("POST", each[0], each[1])
	}
	metrics := s.ask("GET", "/metrics", "").body
	records := recordsOf(t, log, &out)
	if len(records) != len(asked) {
		t.Fatalf("%d records:\n%s", len(records), out.String())
	}
	for i, record := range records {
		want := []string{"bad_result ", "bad_result ", `ok {"allowed":false}`, `ok {"allowed":false}`, `ok "yes"`}[i]
		if got := record.Outcome + " " + string(record.Result); got != want || (record.Error == "") == (record.Outcome != "ok") {
			t.Errorf("%s: record %s, %q; want %s", asked[i][0], got, record.Error, want)
		}
	}
	for name, count := range map[string]string{"p": "1", "q": "1", "r": "0"} {
		if want := `policy_bad_verdicts_total{policy="` + name + `"} ` + count + "\n"; !strings.Contains(metrics, want) {
			t.Errorf("no %q in\n%s", want, metrics)
		}
	}
}
