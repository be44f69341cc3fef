package engine

import "testing"

// A pattern matches names with / as it does others, and a name matches itself,
// whatever it would mean as a pattern.
func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"*", "team/rbac", true},
		{"team*", "team/rbac", true},
		{"team/*", "team/rbac/v2", true},
		{"team?rbac", "team/rbac", true},
		{`team\/rbac`, "team/rbac", true},
		{"team[/.]rbac", "team/rbac", true},
		{"team/*", "teams", false},
		{"*/rbac", "rbac", false},
		{"rbac-*", "rbac-a", true},
		{"[a", "[a", true},
	}
	for _, test := range tests {
		if got, err := Match(test.pattern, test.name); got != test.want || err != nil {
			t.Errorf("Match(%q, %q) = %v, %v", test.pattern, test.name, got, err)
		}
	}
	if _, err := Match("[a", "a"); err == nil {
		t.Error("[a is taken for a pattern")
	}
}

// Selecting every policy by a pattern leaves none out.
func TestSelectAll(t *testing.T) {
	e, err := New([]Policy{&fake{name: "a"}, &fake{name: "team/rbac"}}, Options{Select: []string{"*"}})
	if err != nil || len(e.Policies()) != 2 {
		t.Errorf("New = %v, %v", e, err)
	}
}
