package nearest

import "testing"

// The distance of two words is the number of letters to change.
func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "run", 3}, {"run", "", 3}, {"run", "run", 0},
		{"run", "ruin", 1}, {"kitten", "sitting", 3}, {"inptu", "input", 2},
	}
	for _, test := range tests {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
