package engine

import (
	"fmt"

	"github.com/policy-tasks/policy-tasks/go-core/nearest"
)

// choose returns those of the policies that one of the patterns names, in their
// own order; all of them when there are no patterns.
func choose(policies []loadedPolicy, patterns []string) ([]loadedPolicy, error) {
	if len(patterns) == 0 {
		return policies, nil
	}
	var problems []string
	chosen := make([]bool, len(policies))
	for _, pattern := range patterns {
		if problem := mark(chosen, policies, pattern); problem != "" {
			problems = append(problems, problem)
		}
	}
	if problems != nil {
		return nil, &SelectError{problems}
	}
	var taken []loadedPolicy
	for i, policy := range policies {
		if chosen[i] {
			taken = append(taken, policy)
		}
	}
	return taken, nil
}

// mark marks the policies that the pattern names, and says what is wrong when
// there are none.
func mark(chosen []bool, policies []loadedPolicy, pattern string) (problem string) {
	found := false
	for i, policy := range policies {
		matches, err := Match(pattern, policy.name)
		if err != nil {
			problem = fmt.Sprintf("%q is not a pattern for names of policies: %v", pattern, err)
		}
		if matches {
			chosen[i], found = true, true
		}
	}
	if found {
		return ""
	}
	if problem != "" {
		return problem
	}
	return unknown(pattern, namesOf(policies))
}

// unknown says that there is no policy of that name.
func unknown(name string, names []string) string {
	if meant := nearest.Word(name, names); meant != "" {
		return fmt.Sprintf("there is no policy %q; did you mean %q?", name, meant)
	}
	return fmt.Sprintf("there is no policy %q; the command list shows those that are there", name)
}

func namesOf(policies []loadedPolicy) []string {
	names := make([]string, len(policies))
	for i, policy := range policies {
		names[i] = policy.name
	}
	return names
}
