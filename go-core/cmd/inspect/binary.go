package main

import (
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
)

// binaryDocument is what `inspect binary` prints.
type binaryDocument struct {
	Format      string            `json:"format"`
	Machine     string            `json:"machine"`
	OS          string            `json:"os"`
	Static      *bool             `json:"static"`
	Interpreter string            `json:"interpreter"`
	Needed      []string          `json:"needed"`
	Go          string            `json:"go"`
	Main        string            `json:"main"`
	Modules     []binaryModule    `json:"modules"`
	Settings    map[string]string `json:"settings"`
}

// binaryModule is a module built into the binary.
type binaryModule struct {
	Path    string        `json:"path"`
	Version string        `json:"version"`
	Sum     string        `json:"sum"`
	Replace *binarySource `json:"replace"`
}

// binarySource is where a replaced module really came from.
type binarySource struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Sum     string `json:"sum"`
}

// runBinary is `inspect binary`.
func runBinary(arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) != 1 {
		fmt.Fprintln(stderr, usage)
		return 2
	}
	result, err := inspectBinary(arguments[0])
	if err != nil {
		return fail(stderr, fmt.Errorf("%s: %w", arguments[0], err))
	}
	return printDocument(stdout, stderr, result)
}

// inspectBinary reads the headers and the build information of a binary; the
// standard readers may panic at damaged files.
func inspectBinary(path string) (result *binaryDocument, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			result, err = nil, fmt.Errorf("damaged binary: %v", reason)
		}
	}()
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer file.Close()
	result = &binaryDocument{Needed: []string{}, Modules: []binaryModule{}, Settings: map[string]string{}}
	if err := result.readHeader(file); err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(file)
	if err != nil {
		return nil, fmt.Errorf("no Go build information: %w", err)
	}
	result.addBuildInfo(info)
	return result, nil
}

// readHeader recognises the format by its first bytes.
func (d *binaryDocument) readHeader(file io.ReaderAt) error {
	magic := make([]byte, 4)
	if _, err := file.ReadAt(magic, 0); err != nil {
		return errors.New("not an ELF, Mach-O or PE binary")
	}
	switch text := string(magic); {
	case text == elf.ELFMAG:
		return d.readELF(file)
	case strings.HasPrefix(text, "MZ"):
		return d.readPE(file)
	case text == "\xcf\xfa\xed\xfe" || text == "\xce\xfa\xed\xfe":
		return d.readMachO(file)
	}
	return errors.New("not an ELF, Mach-O or PE binary")
}

// readELF reads the machine and the dynamic linking of an ELF file.
func (d *binaryDocument) readELF(file io.ReaderAt) error {
	opened, err := elf.NewFile(file)
	if err != nil {
		return fmt.Errorf("damaged ELF file: %w", err)
	}
	d.Format, d.Machine = "elf", elfMachine(opened)
	static := true
	for _, segment := range opened.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		static = false
		text, err := io.ReadAll(io.LimitReader(segment.Open(), 1<<12))
		if err != nil {
			return fmt.Errorf("damaged ELF file: %w", err)
		}
		d.Interpreter = strings.TrimRight(string(text), "\x00")
	}
	libraries, err := opened.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("damaged ELF file: %w", err)
	}
	d.Needed = append(d.Needed, libraries...)
	static = static && len(d.Needed) == 0
	d.Static = &static
	return nil
}

// readMachO reads the machine and the libraries of a Mach-O file.
func (d *binaryDocument) readMachO(file io.ReaderAt) error {
	opened, err := macho.NewFile(file)
	if err != nil {
		return fmt.Errorf("damaged Mach-O file: %w", err)
	}
	d.Format, d.Machine = "macho", machoMachine(opened.Cpu)
	libraries, err := opened.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("damaged Mach-O file: %w", err)
	}
	d.Needed = append(d.Needed, libraries...)
	return nil
}

// readPE reads the machine and the libraries of a PE file.
func (d *binaryDocument) readPE(file io.ReaderAt) error {
	opened, err := pe.NewFile(file)
	if err != nil {
		return fmt.Errorf("damaged PE file: %w", err)
	}
	d.Format, d.Machine = "pe", peMachine(opened.Machine)
	symbols, err := opened.ImportedSymbols()
	if err != nil {
		return fmt.Errorf("damaged PE file: %w", err)
	}
	for _, symbol := range symbols {
		if _, library, found := strings.Cut(symbol, ":"); found && !slices.Contains(d.Needed, library) {
			d.Needed = append(d.Needed, library)
		}
	}
	return nil
}

// addBuildInfo copies what the linker recorded.
func (d *binaryDocument) addBuildInfo(info *debug.BuildInfo) {
	d.Go, d.Main = info.GoVersion, info.Main.Path
	for _, setting := range info.Settings {
		d.Settings[setting.Key] = setting.Value
	}
	d.OS = d.Settings["GOOS"]
	for _, module := range info.Deps {
		entry := binaryModule{Path: module.Path, Version: module.Version, Sum: module.Sum}
		if module.Replace != nil {
			entry.Sum = module.Replace.Sum
			entry.Replace = &binarySource{module.Replace.Path, module.Replace.Version, module.Replace.Sum}
		}
		d.Modules = append(d.Modules, entry)
	}
}
