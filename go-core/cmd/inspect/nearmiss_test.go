package main

import (
	"runtime"
	"strings"
	"testing"
)

const (
	nameMethod     = "func (P) Name() string { return \"n\" }\n"
	executeMethod  = "func (P) Execute(ctx context.Context, input any) (any, error) { return input, nil }\n"
	validateMethod = "func (P) Validate() error { return nil }\n"
	structP        = "type P struct{}\n"
)

// A type that has most of a policy is reported with exactly what is wrong.
func TestNearMissMethods(t *testing.T) { runCases(t, nearMissMethodsCases) }

const wantExecute = "func(ctx context.Context, input any) (any, error)"

var nearMissMethodsCases = []discoveryCase{
	{"missing", "one method is missing",
		one(pkg("a", structP+nameMethod+validateMethod)),
		[]string{"near P p.go:7 has no method Execute(ctx context.Context, input any) (any, error)"}},
	{"single", "one method of three is no attempt at a policy",
		one(pkg("a", structP+nameMethod)), nil},
	{"signature", "a wrong signature is shown beside the right one",
		one(pkg("a", structP+nameMethod+validateMethod+"func (P) Execute(input any) error { return nil }\n")),
		[]string{"near P p.go:7 Execute has the signature func(input any) error, want " + wantExecute}},
	{"all-wrong", "every fault is listed",
		one(pkg("a", structP+"func (*P) Name() int { return 1 }\nfunc (P) Validate() {}\nfunc (P) Execute() {}\n")),
		[]string{"near P p.go:7 Execute has the signature func(), want " + wantExecute + "; Name has the signature func() int, want func() string; Validate has the signature func(), want func() error"}},
	{"context", "types of one name in different packages are told apart",
		one("package a\n\nimport \"example.com/m/context/context\"\n\n" + structP + nameMethod + validateMethod + executeMethod),
		[]string{"near P p.go:5 Execute has the signature func(ctx example.com/m/context/context.Context, input any) (any, error), want " + wantExecute}},
	{"context/context", "the look-alike of context", one("package context\n\ntype Context interface{}\n"), nil},
	{"named-any", "a defined type instead of any is another type",
		one(pkg("a", "type any2 interface{}\n"+structP+nameMethod+validateMethod+"func (P) Execute(ctx context.Context, input any2) (any, error) { return nil, nil }\n")),
		[]string{"near P p.go:8 Execute has the signature func(ctx context.Context, input a.any2) (any, error), want " + wantExecute}},
	{"lower", "an unexported method",
		one(pkg("a", structP+nameMethod+executeMethod+"func (P) validate() error { return nil }\n")),
		[]string{"near P p.go:7 validate is not exported, want Validate() error"}},
	{"spelling", "methods that differ in case",
		one(pkg("a", structP+"func (P) NAME() string { return \"\" }\n"+executeMethod+"func (P) validate() error { return nil }\n")),
		[]string{"near P p.go:7 NAME is spelled differently, want Name() string; validate is not exported, want Validate() error"}},
	{"field", "a field where a method is needed",
		one(pkg("a", "type P struct{ Name string }\n"+executeMethod+validateMethod)),
		[]string{"near P p.go:7 Name is a field, want a method Name() string"}},
	{"ambiguous", "a method promoted twice is not promoted at all",
		one(pkg("a", "type A struct{}\nfunc (A) Name() string { return \"\" }\ntype B struct{ A }\ntype C struct{ A }\ntype P struct { B; C }\n"+executeMethod+validateMethod)),
		[]string{"near P p.go:11 Name is promoted from more than one embedded type"}},
	{"embedded", "methods of an embedded interface, whose zero value is nil",
		one(pkg("a", "type I interface { Name() string; Validate() error }\ntype P struct{ I }\n"+executeMethod)),
		[]string{"near P p.go:8 Name comes from the embedded interface a.I, which is nil in the zero value; Validate comes from the embedded interface a.I, which is nil in the zero value"}},
	{"deep", "an embedded interface further down",
		one(pkg("a", "type P struct{ inner }\ntype inner struct{ I }\ntype I interface{ Name() string }\n"+executeMethod+validateMethod)),
		[]string{"near P p.go:7 Name comes from the embedded interface a.I, which is nil in the zero value"}},
	{"covered", "an embedded interface that lends none of the methods does no harm",
		one(pkg("a", "type P struct{ error }\n"+nameMethod+executeMethod+validateMethod)),
		[]string{`policy P p.go:7 composite name="n"`}},
	{"broken", "a package that does not compile has problems, not near misses",
		one(pkg("a", structP+nameMethod+validateMethod+"var x int = \"\"\n")),
		[]string{"compile p.go:10:13 cannot use \"\" (untyped string constant) as int value in variable declaration"}},
}

// A type that implements but cannot be used from outside says why.
func TestNearMissPlaces(t *testing.T) { runCases(t, nearMissPlacesCases) }

const allMethods = nameMethod + executeMethod + validateMethod

var nearMissPlacesCases = []discoveryCase{
	{"unexported", "an unexported type",
		one(pkg("a", "type p struct{}\n"+methods("*p"))),
		[]string{"near p p.go:7 is not exported"}},
	{"unexported-faulty", "an unexported type with faults",
		one(pkg("a", "type p struct{}\nfunc (p) name() string { return \"\" }\nfunc (p) Validate() error { return nil }\n")),
		[]string{"near p p.go:7 is not exported; has no method Execute(ctx context.Context, input any) (any, error); name is not exported, want Name() string"}},
	{"generic", "a generic type without an instance",
		one(pkg("a", "type P[T any] struct{}\n"+methods("P[T]")+"type Q[T any] = P[T]\n")),
		[]string{"near P p.go:7 is generic"}},
	{"main", "package main",
		one(pkg("main", structP+allMethods+"func main() {}\n")),
		[]string{"near P p.go:7 is in package main, which cannot be imported"}},
	{"main-unexported", "an unexported type in package main",
		one(pkg("main", "type p struct{}\n"+methods("p")+"func main() {}\n")),
		[]string{"near p p.go:7 is in package main, which cannot be imported; is not exported"}},
	{"internal", "below an internal directory",
		one(pkg("a", structP+allMethods)),
		[]string{"near P p.go:7 is below an internal directory, which cannot be imported from outside"}},
	{"internal/sub", "anywhere below an internal directory",
		one(pkg("a", structP+allMethods)),
		[]string{"near P p.go:7 is below an internal directory, which cannot be imported from outside"}},
	{"pointer", "an alias of a pointer type",
		one(pkg("a", "type p struct{}\n"+methods("*p")+"type Q = *p\n")),
		[]string{"near Q p.go:12 is an alias of the pointer type *a.p", "near p p.go:7 is not exported"}},
	{"pointer-too", "an alias of the pointer to a policy",
		one(pkg("a", structP+allMethods+"type Q = *P\n")),
		[]string{`policy P p.go:7 composite name="n"`, "near Q p.go:11 is an alias of the pointer type *a.P"}},
	{"test", "declared in a test file",
		map[string]string{"p.go": "package a\n", "p_test.go": pkg("a", structP+allMethods+"type fake struct{}\n"+methods("fake"))},
		[]string{"near P p_test.go:7 is declared in p_test.go, and test files are not part of a build"}},
	{"outer-test", "declared in an external test, in a package without other files",
		map[string]string{"p_test.go": pkg("a_test", structP+allMethods)},
		[]string{"near P p_test.go:7 is declared in p_test.go, and test files are not part of a build"}},
	{"test-method", "one method is in a test file",
		map[string]string{"p.go": pkg("a", structP+nameMethod+executeMethod), "p_test.go": pkg("a", validateMethod)},
		[]string{"near P p.go:7 Validate is declared in p_test.go, and test files are not part of a build"}},
	{"constraint", "all files are excluded",
		one("//go:build windows\n\n" + pkg("a", structP+allMethods)),
		[]string{"near P p.go:9 is declared in p.go, which build constraints exclude for linux/amd64"}},
	{"suffix", "one file is excluded by its name",
		map[string]string{"p.go": "package a\n", "p_windows.go": pkg("a", structP+allMethods), "p_arm64_test.go": pkg("a", "type T struct{}\n"+methods("T"))},
		[]string{"near P p_windows.go:7 is declared in p_windows.go, which build constraints exclude for linux/amd64",
			"near T p_arm64_test.go:7 is declared in p_arm64_test.go, and test files are not part of a build"}},
	{"both", "a type of both platforms is a policy of this one",
		map[string]string{"p_linux.go": pkg("a", structP+allMethods), "p_windows.go": pkg("a", structP+allMethods)},
		[]string{`policy P p_linux.go:7 composite name="n"`}},
	{"platform-method", "one method is only there for another platform",
		map[string]string{"p.go": pkg("a", structP+nameMethod+executeMethod), "p_darwin.go": pkg("a", validateMethod)},
		[]string{"near P p.go:7 Validate is declared in p_darwin.go, which build constraints exclude for linux/amd64"}},
	{"cgo", "a file that imports C",
		one("package a\n\nimport \"C\"\nimport \"context\"\n\n" + structP + allMethods),
		[]string{`near P p.go:6 is declared in p.go, which imports "C", and cgo is not available`}},
	{"ignored", "a script beside the package",
		map[string]string{"p.go": "package a\n", "gen.go": "//go:build ignore\n\n" + pkg("main", "type p struct{}\n"+methods("p"))},
		[]string{"near p gen.go:9 is not exported; is declared in gen.go, which build constraints exclude for linux/amd64"}},
	{"excluded", "an excluded package without anything like a policy is silently fine",
		one("//go:build windows\n\npackage a\n"), nil},
	{"hidden-base", "an unexported base of a policy is no near miss",
		one(pkg("a", "type base struct{}\nfunc (base) Name() string { return \"\" }\nfunc (base) Validate() error { return nil }\ntype P struct{ base }\n"+executeMethod)),
		[]string{`policy P p.go:10 composite name=""`}},
}

// A generic method satisfies no interface; before Go 1.27 it is an error.
func TestGenericMethod(t *testing.T) {
	tr := newTree(t, map[string]string{
		"m/go.mod": "module example.com/m\n\ngo " + strings.TrimPrefix(runtime.Version(), "go") + "\n",
		"m/p.go":   pkg("m", structP+nameMethod+validateMethod+"func (P) Execute[T any](ctx context.Context, input any) (any, error) { return nil, nil }\n"),
	})
	result := tr.inspect(tr.list())
	want := []string{"near P p.go:7 Execute has type parameters, and a generic method implements no interface"}
	if strings.HasPrefix(runtime.Version(), "go1.26") {
		want = []string{"compile p.go:10:17 syntax error: method must have no type parameters"}
	}
	compare(t, result.lines(tr.root+"/m"), want)
}
