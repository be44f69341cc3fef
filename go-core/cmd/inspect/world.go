package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"runtime"
	"strings"
)

// world is every package of one run, seen through one importer: two importers
// would make two objects of context.Context, and nothing would implement.
type world struct {
	listed   map[string]*listPackage
	sources  map[*listPackage]*source
	checked  map[*listPackage]*checkedPackage
	gc       types.Importer
	fset     *token.FileSet // of the export data
	wanted   *types.Interface
	optional []*types.Func // see optionalMethods
	goos     string
	goarch   string
}

// newWorld makes the importer and loads the interface, named path.Name.
func newWorld(packages []*listPackage, interfaceName string) (*world, error) {
	w := &world{
		listed:  make(map[string]*listPackage, len(packages)),
		checked: map[*listPackage]*checkedPackage{},
		fset:    token.NewFileSet(),
	}
	for _, listed := range packages {
		w.listed[listed.ImportPath] = listed
	}
	w.gc = importer.ForCompiler(w.fset, "gc", w.open)
	path, name, err := splitInterface(interfaceName)
	if err != nil {
		return nil, err
	}
	if w.wanted, err = w.loadInterface(path, name); err != nil {
		return nil, err
	}
	if interfaceName == engineInterface {
		w.optional, err = w.optionalMethods(path, name)
	}
	return w, err
}

// splitInterface splits example.com/engine.Policy at its last dot.
func splitInterface(name string) (path, typeName string, err error) {
	dot := strings.LastIndex(name, ".")
	if dot <= 0 || !token.IsIdentifier(name[dot+1:]) {
		return "", "", fmt.Errorf("-interface %q is not of the form PATH.NAME", name)
	}
	return name[:dot], name[dot+1:], nil
}

// loadInterface imports the interface all policies are measured by.
func (w *world) loadInterface(path, name string) (*types.Interface, error) {
	listed := w.listed[path]
	if listed == nil {
		return nil, fmt.Errorf("package %s is not in the go list stream", path)
	}
	if listed.Error != nil {
		return nil, fmt.Errorf("package %s: %s", path, listed.Error.Err)
	}
	loaded, err := w.load(listed)
	if err != nil {
		return nil, err
	}
	object, _ := loaded.Scope().Lookup(name).(*types.TypeName)
	if object == nil {
		return nil, fmt.Errorf("package %s declares no type %s", path, name)
	}
	found, ok := object.Type().Underlying().(*types.Interface)
	if !ok || !found.IsMethodSet() {
		return nil, fmt.Errorf("%s.%s is not an interface of methods", path, name)
	}
	return found, nil
}

// open opens the export data of a package.
func (w *world) open(path string) (io.ReadCloser, error) {
	listed := w.listed[path]
	if listed == nil || listed.Export == "" {
		return nil, fmt.Errorf("no export data for %s", path)
	}
	return os.Open(listed.Export)
}

// load imports a package from its export data; a failure means that the
// inspector and the compiler do not fit and nothing can be said.
func (w *world) load(listed *listPackage) (*types.Package, error) {
	loaded, err := w.Import(listed.ImportPath)
	if err != nil {
		return nil, fmt.Errorf("cannot read the export data of %s (this inspector was built with %s): %w",
			listed.ImportPath, runtime.Version(), err)
	}
	return loaded, nil
}

// typesOf is the package with its exported types. To the importer all programs
// are one package, main: these are seen through their source.
func (w *world) typesOf(listed *listPackage) (*types.Package, error) {
	if listed.Name == "main" {
		return w.check(listed).types, nil
	}
	return w.load(listed)
}

// Import implements types.Importer for the source-level pass, too. The
// standard importer panics at export data that it does not understand.
func (w *world) Import(path string) (imported *types.Package, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			imported, err = nil, fmt.Errorf("%v", reason)
		}
	}()
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return w.gc.Import(path)
}
