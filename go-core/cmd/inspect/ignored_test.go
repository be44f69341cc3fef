package main

import (
	"path/filepath"
	"testing"
)

// A function that seems to be the constructor of a policy that has none is told,
// with why it is not, and what the policy is instead.
func TestIgnoredConstructors(t *testing.T) { runCases(t, ignoredConstructorsCases) }

const (
	pointerP = "policy P p.go:7 pointer composite name=\"n\""
	zeroP    = "; the policy is made as &P{}"
)

func withPointer(rest string) map[string]string {
	return one(pkg("a", "type P struct{}\n"+methods("*P")+rest))
}

var ignoredConstructorsCases = []discoveryCase{
	{"parameters", "a constructor that has parameters",
		withPointer("func New(path string) (*P, error) { return nil, nil }\n"),
		[]string{pointerP, "ignored p.go:12 New is not taken as the constructor of P: it has parameters" + zeroP}},
	{"variadic", "parameters that may be left out are parameters, and the value may be no pointer",
		one(pkg("a", "type P struct{}\n"+methods("P")+"func NewP(...int) P { return P{} }\n")),
		[]string{`policy P p.go:7 composite name="n"`, "ignored p.go:12 NewP is not taken as the constructor of P: it has parameters; the policy is made as P{}"}},
	{"kind", "a zero value that has no literal",
		one(pkg("a", "type P int\n"+methods("P")+"func NewP(int) P { return 0 }\n")),
		[]string{`policy P p.go:7 name="n"`, "ignored p.go:12 NewP is not taken as the constructor of P: it has parameters; the policy is made as its zero value"}},
	{"generic", "a generic function",
		withPointer("func New[T any]() *P { return nil }\n"),
		[]string{pointerP, "ignored p.go:12 New is not taken as the constructor of P: it has type parameters" + zeroP}},
	{"instance", "a generic function that makes instances of a generic policy",
		one(pkg("a", "type G[T any] struct{}\n"+methods("G[T]")+"type P = G[int]\nfunc New[T any]() G[T] { return G[T]{} }\nfunc NewP() G[string] { return G[string]{} }\n")),
		[]string{`policy P p.go:12 composite name="n"`, "ignored p.go:13 New is not taken as the constructor of P: it has type parameters; the policy is made as P{}"}},
	{"results", "other results than the policy and an error",
		withPointer("func New() (*P, func()) { return nil, nil }\nfunc NewP() **P { return nil }\n"),
		[]string{pointerP,
			"ignored p.go:12 New is not taken as the constructor of P: it returns (*a.P, func()), want P or *P, perhaps with an error" + zeroP,
			"ignored p.go:13 NewP is not taken as the constructor of P: it returns **a.P, want P or *P, perhaps with an error" + zeroP}},
	{"interface", "an interface that the policy implements",
		withPointer("type Validator interface{ Validate() error }\nfunc New() Validator { return nil }\n"),
		[]string{pointerP, "ignored p.go:13 New is not taken as the constructor of P: it returns the interface a.Validator, want P or *P" + zeroP}},
	{"unexported", "a function that is not exported, if it would do else",
		withPointer("func newP() *P { return nil }\n"),
		[]string{pointerP, "ignored p.go:12 newP is not taken as the constructor of P: it is not exported" + zeroP}},
	{"helpers", "what makes other things, has another name, or is unexported and takes something is no attempt",
		withPointer("func newP(int) *P { return nil }\nfunc New(int) error { return nil }\nfunc Open(string) *P { return nil }\nfunc NewAny() any { return nil }\nfunc NewP() {}\n"),
		[]string{pointerP}},
	{"several", "several that could be it",
		withPointer("func NewA() *P { return nil }\nfunc NewB() *P { return nil }\nfunc Clone() *P { return nil }\n"),
		[]string{pointerP + "  of [{Clone true false} {NewA true false} {NewB true false}]",
			"ignored p.go:12 NewA is not taken as the constructor of P: NewB could be it as well" + zeroP,
			"ignored p.go:13 NewB is not taken as the constructor of P: NewA could be it as well" + zeroP}},
	{"other", "where a constructor is taken the others are not told",
		withPointer("func New() *P { return nil }\nfunc NewP(int) *P { return nil }\nfunc newP() *P { return nil }\n"),
		[]string{pointerP + " New of [{New true false}]"}},
	{"neighbour", "a policy beside one that the function makes",
		one(pkg("a", "type P struct{}\n"+methods("*P")+"type Q struct{}\n"+methods("*Q")+"func New(int) *Q { return nil }\n")),
		[]string{pointerP, `policy Q p.go:12 pointer composite name="n"`,
			"ignored p.go:17 New is not taken as the constructor of Q: it has parameters; the policy is made as &Q{}"}},
}

// A method with the name of an optional one and another signature is told.
func TestIgnoredMethods(t *testing.T) { runCases(t, ignoredMethodsCases) }

var ignoredMethodsCases = []discoveryCase{
	{"signatures", "each is shown with the signature that is called; what the engine has for others is not",
		withPointer("func (*P) Init() error { return nil }\nfunc (P) Timeout() int { return 1 }\nfunc (*P) Close(context.Context) error { return nil }\nfunc (*P) Report() {}\n"),
		[]string{pointerP,
			"ignored p.go:12 Init has the signature func() error, want func(ctx context.Context) error: it is not called",
			"ignored p.go:13 Timeout has the signature func() int, want func() time.Duration: it is not called"}},
	{"fields", "a field, and what is not exported, have another purpose",
		one(pkg("a", "type P struct{ Timeout int }\n"+methods("*P")+"func (*P) close() error { return nil }\n")), []string{pointerP}},
	{"base", "a method of a type of the policies' packages, where that declares it",
		one(pkg("base", "type Base struct{}\nfunc (Base) Init() error { return nil }\n")),
		[]string{"ignored p.go:8 Init has the signature func() error, want func(ctx context.Context) error: it is not called"}},
	{"based", "the policy that embeds it",
		one("package based\n\nimport (\n\t\"context\"\n\n\t\"example.com/m/base\"\n)\n\ntype P struct{ base.Base }\n" + methods("P")),
		[]string{`policy P p.go:9 composite name="n"`}},
	{"embedded", "what another type of other people lends",
		one("package a\n\nimport (\n\t\"context\"\n\t\"os\"\n)\n\n\ntype P struct{ *os.File }\n" + methods("P")),
		[]string{`policy P p.go:9 composite name="n"`}},
	{"miss", "a type that is no policy has enough to be told",
		one(pkg("a", structP+nameMethod+validateMethod+"func (P) Init() {}\n")),
		[]string{"near P p.go:7 has no method Execute(ctx context.Context, input any) (any, error)"}},
	{"receiver", "a policy is made as a pointer where only that has an optional method",
		one(pkg("a", structP+allMethods+"func (*P) Init(context.Context) error { return nil }\n")), []string{pointerP}},
	{"wrong-receiver", "but not for one that is not called",
		one(pkg("a", structP+allMethods+"func (*P) Init() error { return nil }\n")),
		[]string{`policy P p.go:7 composite name="n"`,
			"ignored p.go:11 Init has the signature func() error, want func(ctx context.Context) error: it is not called"}},
}

// Another interface has no optional methods that are known.
func TestIgnoredMethodsOfAnotherInterface(t *testing.T) {
	tr := newTree(t, map[string]string{"m/p.go": pkg("m", structP+allMethods+"func (P) Init() error { return nil }\n")})
	tr.write("engine/engine.go", engineSource+"\ntype Plugin interface{ Validate() error }\n")
	compare(t, tr.inspect(tr.list()).lines(filepath.Join(tr.root, "m")), []string{`policy P p.go:7 composite name="n"`,
		"ignored p.go:11 Init has the signature func() error, want func(ctx context.Context) error: it is not called"})
	compare(t, tr.inspectFor("Plugin", tr.list()).lines(filepath.Join(tr.root, "m")), []string{`policy P p.go:7 composite name="n"`})
}

// What helps is told where it is not that the methods have to be others.
func TestNearMissFixes(t *testing.T) {
	files := map[string]string{}
	cases := []struct{ name, source, want string }{
		{"main", pkg("main", structP+allMethods+"func main() {}\n"), "move it to a package of its own"},
		{"mainfaulty", pkg("main", structP+nameMethod+validateMethod+"func main() {}\n"), ""},
		{"internal", pkg("a", structP+allMethods), "move it out of internal, or export an alias of it in a package that is not below it"},
		{"unexported", pkg("a", "type policy struct{}\n"+methods("policy")), "rename it to Policy"},
		{"underscore", pkg("a", "type _päp struct{}\n"+methods("_päp")), "rename it to Päp"},
		{"taken", pkg("a", "type p struct{}\n"+methods("p")+"type P int\n"), "give it a name that begins with an upper case letter"},
		{"caseless", pkg("a", "type 政策 struct{}\n"+methods("政策")), "give it a name that begins with an upper case letter"},
		{"generic", pkg("a", "type P[T any] struct{}\n"+methods("P[T]")), "export an instance such as type MyP = P[...]"},
		{"cgo", "package a\n\nimport \"C\"\nimport \"context\"\n\n" + structP + allMethods, "do without cgo: the binary is static"},
		{"constraint", "//go:build windows\n\n" + pkg("a", structP+allMethods), "build for a platform that the file is for, or change its build constraint"},
		{"nil", pkg("a", "type P struct{ I }\ntype I interface{ Name() string }\n"+executeMethod+validateMethod), "add a constructor that sets it: func New() *P"},
		{"method", pkg("a", structP+nameMethod+validateMethod), ""},
	}
	for _, c := range cases {
		files["m/"+c.name+"/p.go"] = c.source
	}
	tr := newTree(t, files)
	got := map[string]string{}
	for _, miss := range tr.inspect(tr.list()).NearMisses {
		got[filepath.Base(miss.Dir)] = miss.Fix
	}
	for _, c := range cases {
		if fix, ok := got[c.name]; !ok || fix != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, fix, ok, c.want)
		}
	}
}
