package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
)

// checkedPackage is a package type-checked from its source.
type checkedPackage struct {
	types *types.Package
	info  *types.Info
}

// check type-checks the compiled files of a package, without the bodies of
// its functions except Name methods. Errors are of no interest: the compiler
// has had its say, and what cannot be imported stays unknown.
func (w *world) check(listed *listPackage) *checkedPackage {
	if done := w.checked[listed]; done != nil {
		return done
	}
	s := w.sources[listed]
	var files []*ast.File
	for _, file := range s.files {
		if file.kind == fileBuilt {
			dropBodies(file.syntax)
			files = append(files, file.syntax)
		}
	}
	w.checked[listed] = w.checkFiles(listed.ImportPath, s.fset, files)
	return w.checked[listed]
}

// checkFiles runs the type checker; should it panic, nothing is known.
func (w *world) checkFiles(path string, fset *token.FileSet, files []*ast.File) (result *checkedPackage) {
	result = &checkedPackage{info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	defer func() {
		if recover() != nil || result.types == nil {
			result.types = types.NewPackage(path, "")
		}
	}()
	config := types.Config{Importer: w, Error: func(error) {}, FakeImportC: true}
	result.types, _ = config.Check(path, fset, files, result.info)
	return result
}

// dropBodies removes all function bodies but those of Name methods.
func dropBodies(file *ast.File) {
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if ok && (function.Recv == nil || function.Name.Name != "Name") {
			function.Body = nil
		}
	}
}

// constantName is what the policy's Name method returns, if that is a
// constant, and nil otherwise.
func (w *world) constantName(c candidate) *string {
	object, _, _ := types.LookupFieldOrMethod(c.shape, true, c.object.Pkg(), "Name")
	method, ok := object.(*types.Func)
	if !ok {
		return nil
	}
	listed, declared := w.declared(method)
	if declared == nil {
		return nil
	}
	return w.constantResult(listed, declared.function)
}

// declared finds the declaration of a method of a policy package.
func (w *world) declared(method *types.Func) (*listPackage, *functionDeclaration) {
	owner, name := receiver(method)
	listed := w.listed[owner]
	if listed == nil || w.sources[listed] == nil {
		return nil, nil
	}
	for _, found := range w.sources[listed].methods[scopeKey{false, name}] {
		if found.file.kind == fileBuilt && found.function.Name.Name == method.Name() {
			return listed, &found
		}
	}
	return listed, nil
}

// receiver names the package and the type that declare a method.
func receiver(method *types.Func) (path, name string) {
	t := types.Unalias(method.Signature().Recv().Type())
	if pointer, ok := t.(*types.Pointer); ok {
		t = types.Unalias(pointer.Elem())
	}
	named, ok := t.(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return "", ""
	}
	return named.Obj().Pkg().Path(), named.Obj().Name()
}

// constantResult evaluates a body that is a single return of a constant.
func (w *world) constantResult(listed *listPackage, function *ast.FuncDecl) *string {
	if function.Body == nil || len(function.Body.List) != 1 {
		return nil
	}
	statement, ok := function.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(statement.Results) != 1 {
		return nil
	}
	if literal, ok := statement.Results[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
		if text, err := strconv.Unquote(literal.Value); err == nil {
			return &text
		}
	}
	value := w.check(listed).info.Types[statement.Results[0]].Value
	if value == nil || value.Kind() != constant.String {
		return nil
	}
	text := constant.StringVal(value)
	return &text
}
