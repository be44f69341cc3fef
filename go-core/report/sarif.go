package report

import (
	"net/url"
	"strings"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// The parts of SARIF 2.1.0 that are used here:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool    sarifTool     `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Kind      string          `json:"kind"`
	Level     string          `json:"level"`
	Message   sarifMessage    `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

// sarifText makes text a message without placeholders, in which a reader would
// put something else: SARIF 2.1.0, 3.11.5.
var sarifText = strings.NewReplacer("{", "{{", "}", "}}")

// sarif writes a result for each policy, which is also the rule.
func (r Report) sarif() ([]byte, error) {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "policy-engine", Rules: []sarifRule{}}
	for i, check := range r.Checks {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{check.Policy, check.Type})
		result := sarifResult{check.Policy, i, "pass", "none", sarifMessage{sarifText.Replace(check.answer())}, r.locations(check)}
		if check.Error != "" {
			result.Kind, result.Level = "fail", "error"
		}
		run.Results = append(run.Results, result)
	}
	text, err := document.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
	return append(text, '\n'), err
}

func (r Report) locations(check Check) []sarifLocation {
	location := sarifLocation{Logical: []sarifLogical{{check.Type, "type"}}}
	if r.Input != "" {
		file := url.URL{Path: r.Input}
		location.Physical = &sarifPhysical{sarifArtifact{file.String()}}
	}
	return []sarifLocation{location}
}
