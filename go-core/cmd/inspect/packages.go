package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// listFields are the fields of `go list -json` the inspector reads. Asking
// for just these saves go list most of its output.
const listFields = "CgoFiles,DepOnly,DepsErrors,Dir,Error,Export,GoFiles,IgnoredGoFiles,ImportPath,Module,Name,TestGoFiles,XTestGoFiles"

// listPackage is one package of the go list stream.
type listPackage struct {
	ImportPath     string
	Name           string
	Dir            string
	Export         string
	Module         *struct{ Path string }
	DepOnly        bool // listed for what others import, not for itself
	GoFiles        []string
	CgoFiles       []string
	IgnoredGoFiles []string
	TestGoFiles    []string
	XTestGoFiles   []string
	Error          *listError
	DepsErrors     []*listError
}

// listError is a package error as go list prints it.
type listError struct {
	ImportStack []string
	Pos         string
	Err         string
}

// readPackages reads the whole stream, in the order of the import paths.
func readPackages(stream io.Reader) ([]*listPackage, error) {
	decoder := json.NewDecoder(bufio.NewReaderSize(stream, 1<<16))
	seen := map[string]bool{}
	var packages []*listPackage
	for {
		listed := new(listPackage)
		err := decoder.Decode(listed)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("standard input is not the JSON stream of go list: %w", err)
		}
		if listed.ImportPath != "" && !seen[listed.ImportPath] {
			seen[listed.ImportPath] = true
			packages = append(packages, listed)
		}
	}
	slices.SortFunc(packages, func(a, b *listPackage) int {
		return strings.Compare(a.ImportPath, b.ImportPath)
	})
	return packages, nil
}

// modulePath is the path of the module the package belongs to.
func (p *listPackage) modulePath() string {
	if p.Module == nil {
		return ""
	}
	return p.Module.Path
}

// broken reports whether go list found an error in the package or below it.
func (p *listPackage) broken() bool {
	return p.Error != nil || len(p.DepsErrors) > 0
}

// below reports whether directory is root or lies in it.
func below(root, directory string) bool {
	if root == "" || directory == "" {
		return false
	}
	relative, err := filepath.Rel(root, directory)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// rootFilter tells the packages that only bring export data from policy
// packages, which lie below root. Without a root every package of a module
// other than the interface's is a policy package.
func rootFilter(root, interfacePackage string, packages []*listPackage) func(*listPackage) bool {
	if root == "" {
		core := interfacePackage
		for _, listed := range packages {
			if listed.ImportPath == interfacePackage && listed.Module != nil {
				core = listed.Module.Path
			}
		}
		return func(p *listPackage) bool { return p.Module == nil || p.Module.Path == core }
	}
	root, _ = filepath.Abs(root)
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		resolved = root
	}
	return func(p *listPackage) bool { return !below(root, p.Dir) && !below(resolved, p.Dir) }
}
