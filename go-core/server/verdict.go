package server

import (
	"github.com/policy-tasks/policy-tasks/go-core/document"
	"github.com/policy-tasks/policy-tasks/go-core/engine"
)

// A verdict is a result of a policy as those understand it who ask whether
// something is allowed.
type verdict struct {
	allowed bool
	details map[string]any // what else the result says, if it is an object
}

// verdict returns the verdict in the text of a result: true, or an object whose
// "allowed" or "allow" is true, allows. Nothing else does, and what is neither
// that nor the same with false is no verdict.
func (x *exchange) verdict() (verdict, error) {
	result, err := document.Decode(x.out, document.MaxDepth)
	if err != nil {
		return verdict{}, noVerdict(err.Error())
	}
	switch result := result.(type) {
	case bool:
		return verdict{allowed: result}, nil
	case map[string]any:
		return objectVerdict(result)
	}
	return verdict{}, noVerdict(`it is neither true, false, nor an object`)
}

func objectVerdict(result map[string]any) (verdict, error) {
	found, all := false, true
	for _, key := range []string{"allowed", "allow"} {
		value, there := result[key]
		if !there {
			continue
		}
		allows, ok := value.(bool)
		if !ok {
			return verdict{}, noVerdict(`its "` + key + `" is neither true nor false`)
		}
		found, all = true, all && allows
	}
	if !found {
		return verdict{}, noVerdict(`it has no "allowed"`)
	}
	return verdict{all, result}, nil
}

func noVerdict(why string) error {
	return &engine.Error{Outcome: engine.BadResult, Message: "the policy's result is no verdict: " + why}
}
