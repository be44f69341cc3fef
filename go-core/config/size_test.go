package config

import "testing"

// A size is a whole number with one of the units, and anything else is refused.
func TestSize(t *testing.T) {
	for text, want := range map[string]string{
		"512MiB": "512MiB", "1024MiB": "1GiB", "0": "0", "1536": "1536B", "3KiB": "3KiB", "7B": "7B", "2TiB": "2TiB",
	} {
		var size Size
		if err := size.Set(text); err != nil || size.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, size.String(), err, want)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5GiB", "512 MiB", "512M", "99999999999GiB", "18446744073709551616"} {
		if err := new(Size).Set(text); err == nil {
			t.Errorf("%q is taken for a size", text)
		}
	}
}
