package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/policy-tasks/policy-tasks/go-core/decision"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/logging"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// A trace parent is taken as W3C says, and what is not well-formed as none.
func TestParseTrace(t *testing.T) {
	tests := map[string]bool{
		parent:                               true,
		"cc" + parent[2:]:                    true,
		"cc" + parent[2:] + "-what-comes":    true,
		"cc" + parent[2:] + ".":              false,
		"":                                   false,
		"ff" + parent[2:]:                    false,
		parent + "-more":                     false,
		parent[:54]:                          false,
		strings.ToUpper(parent):              false,
		strings.Replace(parent, "-", "_", 1): false,
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01":    false,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01":    false,
		"00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01":    false,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\x00": false,
	}
	for text, want := range tests {
		got := parseTrace(http.Header{"Traceparent": {text}})
		if (got.id != "") != want || want && (got.id != parent[3:35] || got.span != parent[36:52]) {
			t.Errorf("parseTrace(%q) = %+v, want %v", text, got, want)
		}
	}
	if got := parseTrace(http.Header{"Traceparent": {parent, parent}}); got.id != "" {
		t.Error("two parents are as good as none")
	}
}

// A policy finds the trace in its context, and the log that of a failure.
func TestTrace(t *testing.T) {
	var out bytes.Buffer
	traced := &fake{"traced", func(ctx context.Context, input any) (any, error) {
		if input == true {
			panic("boom")
		}
		return []any{ctx.Value("traceparent"), ctx.Value("tracestate"), ctx.Value(1)}, nil
	}}
	s := serving(t, Options{Log: logging.New(&out, "json", nil)}, traced)
	path := "/v1/policies/traced/execute"
	s.ask("POST", path, `{"input": 1}`, "traceparent", parent, "tracestate", "a=b", "tracestate", "c=d,e=f").expect(t, 200, `{"result":["`+parent+`","a=b,c=d,e=f",null]}`)
	s.ask("POST", path, `{"input": 1}`, "traceparent", parent, "tracestate", "a=b").expect(t, 200, `{"result":["`+parent+`","a=b",null]}`)
	s.ask("POST", path, `{"input": 1}`).expect(t, 200, `{"result":[null,null,null]}`)
	got := s.ask("POST", path, `{"input": true}`, "traceparent", parent)
	got.expect(t, 500, "policy_panic")
	s.stop()
	<-s.done
	var line, envelope map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	_ = json.Unmarshal([]byte(got.body), &envelope) // expect has read it
	if line["trace_id"] != parent[3:35] || line["policy"] != "traced" || line["decision_id"] != envelope["error"].(map[string]any)["decision_id"] {
		t.Errorf("log = %v, answer = %s", line, got.body)
	}
}

// Each decision has one record, with the input as it was, on every route and
// however it ends.
func TestRecords(t *testing.T) {
	var out bytes.Buffer
	mask, _ := decision.ParseMask("/input/secret")
	log := decision.NewLog(&out, decision.Options{Masks: decision.Masks{mask}})
	e := newEngine(t, engine.Options{Timeout: 50 * time.Millisecond}, append(failing(), echoing("echo"))...)
	s := servingEngine(t, Options{Decisions: log}, e)
	got := s.ask("POST", echoPath, `{"input": {"n": 9007199254740993, "secret": 1}}`, "traceparent", parent)
	s.ask("POST", "/v1/policies/hang/execute", `{"input": 2}`).expect(t, 504, "policy_timeout")
	s.ask("POST", "/v1/policies/goexit/execute", `{"input": 3}`).expect(t, 500, "policy_goexit")
	s.ask("POST", "/v1/policies/panic/execute", `{"input": 4}`).expect(t, 500, "policy_panic")
	s.ask("POST", "/v1/execute", `{"input": 5, "policies": ["e*"]}`)
	s.ask("POST", echoPath, `{"inptu": 6}`).expect(t, 400, "bad_request")
	records := recordsOf(t, log, &out)
	if len(records) != 6 {
		t.Fatalf("%d records:\n%s", len(records), out.String())
	}
	first := records[0]
	if first.ID == "" || first.ID != got.header.Get("Decision-Id") || first.TraceID != parent[3:35] ||
		string(first.Input) != `{"n":9007199254740993}` || string(first.Result) != `{"n":9007199254740993,"secret":1}` || first.Outcome != "ok" {
		t.Errorf("record = %s", out.String())
	}
	for i, want := range []string{"ok 2", "timeout 2", "goexit 3", "panic 4"} {
		if got := records[i].Outcome + " " + string(records[i].Input); i > 0 && got != want {
			t.Errorf("record %d: %s, want %s", i, got, want)
		}
	}
}

// recordsOf returns what is in the log, which is closed.
func recordsOf(t *testing.T, log *decision.Log, out *bytes.Buffer) (records []decision.Record) {
	t.Helper()
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		var record decision.Record
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
	return records
}
