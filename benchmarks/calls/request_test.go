package calls

import "fmt"

// A request is what the policy is asked, decoded and as JSON, and what it has
// to answer.
type request struct {
	input   any
	text    []byte
	allowed bool
}

// The first is measured; the next three complete the table of OPA's
// documentation.
var requests = []request{
	newRequest("alice", "write", "server123", true),
	newRequest("alice", "read", "server123", true),
	newRequest("bob", "read", "database456", true),
	newRequest("bob", "read", "server123", false),
	newRequest("carol", "read", "server123", false),
	{input: map[string]any{}, text: []byte("{}")},
}

func newRequest(user, action, object string, allowed bool) request {
	return request{
		input:   map[string]any{"user": user, "action": action, "object": object},
		text:    fmt.Appendf(nil, `{"user":%q,"action":%q,"object":%q}`, user, action, object),
		allowed: allowed,
	}
}

// decision returns the decision in a policy's result.
func decision(result any, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	allowed, ok := result.(bool)
	if !ok {
		return false, fmt.Errorf("the result is %T, not bool", result)
	}
	return allowed, nil
}

// textDecision returns the decision in a policy's result as JSON.
func textDecision(text []byte, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	switch string(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("the result is %q, not a boolean", text)
}
