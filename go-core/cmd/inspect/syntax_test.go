package main

import (
	"strings"
	"testing"
)

// A fault is in the way where a package that may have a policy has it or
// imports it, however its methods come about, and nowhere else.
func TestProblemsInTheWay(t *testing.T) {
	broken := "\n\nvar broken = missing\n"
	imports := func(name string) string { return "package p\n\nimport _ \"example.com/m/" + name + "\"\n" }
	tr := newTree(t, map[string]string{
		"m/alone/p.go":      "package p\n\ntype T struct{ field int }\n\nfunc (T) Name() string { return \"\" }" + broken,
		"m/unparsable/p.go": "package p\n\nfunc {\n",
		"m/chain/p.go":      imports("alone"),
		"m/test/p.go":       "package p" + broken,
		"m/test/p_test.go":  pkg("p_test", "type T struct{}\n"+methods("T")),
		"m/policy/p.go":     pkg("p", "type t struct{}\n"+methods("t")) + broken,
		"m/needs/p.go":      imports("needed") + strings.TrimPrefix(pkg("p", "type T struct{}\n"+methods("T")), "package p\n"),
		"m/needed/p.go":     "package p" + broken,
		"m/embeds/p.go":     "package p\n\nimport \"example.com/m/base\"\n\ntype T struct{ base.Base }\n",
		"m/base/p.go":       "package base\n\ntype Base struct{}" + broken,
		"m/alias/p.go":      "package p\n\ntype T = struct{}" + broken,
	})
	found := map[string]bool{}
	for _, each := range tr.inspect(tr.list()).Problems {
		name := strings.TrimPrefix(each.Package, "example.com/m/")
		found[name] = found[name] || each.InTheWay
	}
	want := map[string]bool{
		"alone": false, "unparsable": false, "test": false,
		"policy": true, "needed": true, "base": true, "alias": true,
	}
	for name, inTheWay := range want {
		if got, ok := found[name]; !ok || got != inTheWay {
			t.Errorf("%s: in the way %v, told %v, want %v", name, got, ok, inTheWay)
		}
	}
	if len(found) != len(want) {
		t.Errorf("problems of %v, want those of %v", found, want)
	}
}
