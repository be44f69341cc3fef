package policytest

import (
	"context"
	"slices"
	"testing"
	"time"
)

// settling is how long what a policy left running after a call has to write
// into what it should no longer write to.
const settling = 20 * time.Millisecond

func (k *kit) checkState(t *testing.T) {
	if len(k.cases) == 0 {
		t.Skip(noCases)
	}
	cases := k.sound()
	if len(cases) == 0 {
		t.Skip("there are no cases with the expected answer")
	}
	policy := k.another(t)
	first := k.answers(policy, cases)
	t.Run("Order", func(t *testing.T) { k.checkOrder(t, cases) })
	t.Run("Result", func(t *testing.T) { checkKept(t, cases, first) })
	t.Run("Input", func(t *testing.T) { k.checkInput(t, policy, cases, first) })
	t.Run("Name", func(t *testing.T) {
		if was, is := k.name(t, k.besides()), k.name(t, policy); was != is {
			t.Errorf("Name() is %q after Execute, and %q before: it has to be a constant", is, was)
		}
	})
}

// answers has one value answer all cases in their order.
func (k *kit) answers(policy Policy, cases []Case) []answer {
	answers := make([]answer, len(cases))
	for i, c := range cases {
		answers[i] = k.execute(context.Background(), policy, k.handed(c), k.budget(c))
		answers[i].after = fullText(answers[i].input)
	}
	return answers
}

// checkOrder has two values of the type answer the cases, one in their order
// and one in the opposite, so that whatever they share has been through other
// calls each time.
func (k *kit) checkOrder(t *testing.T, cases []Case) {
	backward := slices.Clone(cases)
	slices.Reverse(backward)
	for _, round := range []struct {
		policy Policy
		cases  []Case
		after  string
	}{
		{k.another(t), cases, "in the order of the cases"},
		{k.another(t), backward, "in another value and the opposite order"},
		{k.policy, backward, "in the value that all checks have called"},
	} {
		for i, got := range k.answers(round.policy, round.cases) {
			if flaw := round.cases[i].answerFlaw(got); flaw != "" {
				t.Errorf("case %q %s: Execute %s: it keeps something between calls; %s",
					round.cases[i].Name, round.after, flaw, unsteady)
			}
		}
	}
}

// checkKept looks at results again after other calls were made.
func checkKept(t *testing.T, cases []Case, answers []answer) {
	time.Sleep(settling)
	for i, got := range answers {
		if got.flaw != "" || got.err != "" {
			continue
		}
		if now := fullText(got.result); now != string(got.text) {
			t.Errorf("case %q: the result was %v when Execute returned it, and is %s now: each call has to return a value of its own",
				cases[i].Name, got, shorten(now))
		}
	}
}

// checkInput looks at the inputs again, and then writes into them, as whoever
// owns them may.
func (k *kit) checkInput(t *testing.T, policy Policy, cases []Case, answers []answer) {
	for i, got := range answers {
		if now := fullText(got.input); now != got.after {
			t.Errorf("case %q: the input was %s when Execute returned, and is %s now: it may not be written to any more",
				cases[i].Name, shorten(got.after), shorten(now))
		}
	}
	for _, input := range k.given {
		spoil(input)
	}
	k.given = nil
	for i, got := range k.answers(policy, cases) {
		if flaw := cases[i].answerFlaw(got); flaw != "" {
			t.Errorf("case %q, after the inputs of earlier calls were changed: Execute %s: it keeps its input", cases[i].Name, flaw)
		}
	}
}
