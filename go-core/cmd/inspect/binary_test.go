package main

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// inspectFile runs `inspect binary` on a file that must be readable.
func inspectFile(t *testing.T, name string) binaryDocument {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run([]string{"binary", name}, nil, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	var result binaryDocument
	if err := json.Unmarshal(stdout.Bytes(), &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// build builds a program with one replaced dependency for a platform.
func build(t *testing.T, goos, goarch string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":     "module example.com/program\n\ngo 1.26.0\n\nrequire example.com/dep v1.2.3\n\nreplace example.com/dep => ./dep\n",
		"main.go":    "package main\n\nimport _ \"example.com/dep\"\n\nfunc main() {}\n",
		"dep/go.mod": "module example.com/dep\n\ngo 1.26.0\n",
		"dep/dep.go": "package dep\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, name), []byte(content))
	}
	command := exec.Command("go", "build", "-trimpath", "-o", "program", ".")
	command.Dir = dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return filepath.Join(dir, "program")
}

// A static Linux binary is described from its headers and build information.
func TestBinary(t *testing.T) {
	got := inspectFile(t, build(t, "linux", runtime.GOARCH))
	if got.Format != "elf" || got.Machine != runtime.GOARCH || got.OS != "linux" || got.Static == nil || !*got.Static ||
		got.Interpreter != "" || len(got.Needed) != 0 || got.Go != runtime.Version() || got.Main != "example.com/program" {
		t.Errorf("got %+v", got)
	}
	want := binaryModule{Path: "example.com/dep", Version: "v1.2.3", Replace: &binarySource{Path: "./dep", Version: "(devel)"}}
	if len(got.Modules) != 1 || got.Modules[0].Path != want.Path || got.Modules[0].Version != want.Version || *got.Modules[0].Replace != *want.Replace {
		t.Errorf("got %+v", got.Modules)
	}
	if got.Settings["CGO_ENABLED"] != "0" || got.Settings["-trimpath"] != "true" {
		t.Errorf("got %v", got.Settings)
	}
}

// Binaries for other systems are read the same way; whether they are static
// is not a question there.
func TestForeignBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the runtime for other platforms")
	}
	for _, c := range [][3]string{{"darwin", "arm64", "macho"}, {"windows", "amd64", "pe"}} {
		got := inspectFile(t, build(t, c[0], c[1]))
		if got.OS != c[0] || got.Machine != c[1] || got.Format != c[2] || got.Static != nil || len(got.Needed) == 0 {
			t.Errorf("%s/%s: %+v", c[0], c[1], got)
		}
	}
}

// Whatever is no Go binary, or no longer one, is refused with one line.
func TestHostileBinaries(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"", "x", "MZ", "\x7fELF", "#!/bin/sh\n", "\xcf\xfa\xed\xfe", "MZ" + strings.Repeat("\xff", 4096), "\x7fELF" + strings.Repeat("\xff", 4096)} {
		writeFile(t, name, []byte(content))
		failing(t, "", "binary", name)
	}
	failing(t, "", "binary", filepath.Join(t.TempDir(), "none"))
	failing(t, "", "binary", t.TempDir())
}

// A damaged binary is described or refused, and never makes a panic.
func TestDamagedBinary(t *testing.T) {
	content, err := os.ReadFile(build(t, "linux", runtime.GOARCH))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "file")
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 150 {
		damaged := bytes.Clone(content)
		if round%3 == 0 {
			damaged = damaged[:random.IntN(len(damaged))]
		}
		for range 3 {
			if len(damaged) > 0 {
				damaged[random.IntN(min(len(damaged), 1024))] ^= byte(1 + random.IntN(255))
			}
		}
		writeFile(t, name, damaged)
		var stdout, stderr bytes.Buffer
		if code := run([]string{"binary", name}, nil, &stdout, &stderr); code != 0 && (stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1) {
			t.Fatalf("round %d: exit code %d, %s", round, code, stderr.String())
		}
	}
}

// Machines are named as GOARCH names them.
func TestMachines(t *testing.T) {
	for want, header := range map[string]elf.FileHeader{
		"amd64":    {Machine: elf.EM_X86_64, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS64},
		"386":      {Machine: elf.EM_386, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS32},
		"arm64":    {Machine: elf.EM_AARCH64, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS64},
		"arm":      {Machine: elf.EM_ARM, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS32},
		"riscv64":  {Machine: elf.EM_RISCV, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS64},
		"s390x":    {Machine: elf.EM_S390, ByteOrder: binary.BigEndian, Class: elf.ELFCLASS64},
		"loong64":  {Machine: elf.EM_LOONGARCH, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS64},
		"ppc64":    {Machine: elf.EM_PPC64, ByteOrder: binary.BigEndian, Class: elf.ELFCLASS64},
		"ppc64le":  {Machine: elf.EM_PPC64, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS64},
		"mips":     {Machine: elf.EM_MIPS, ByteOrder: binary.BigEndian, Class: elf.ELFCLASS32},
		"mipsle":   {Machine: elf.EM_MIPS, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS32},
		"mips64":   {Machine: elf.EM_MIPS, ByteOrder: binary.BigEndian, Class: elf.ELFCLASS64},
		"mips64le": {Machine: elf.EM_MIPS, ByteOrder: binary.LittleEndian, Class: elf.ELFCLASS64},
		"sparcv9":  {Machine: elf.EM_SPARCV9, ByteOrder: binary.BigEndian, Class: elf.ELFCLASS64},
	} {
		if got := elfMachine(&elf.File{FileHeader: header}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for want, cpu := range map[string]macho.Cpu{"amd64": macho.CpuAmd64, "arm64": macho.CpuArm64, "386": macho.Cpu386, "arm": macho.CpuArm} {
		if got := machoMachine(cpu); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for want, machine := range map[string]uint16{"amd64": pe.IMAGE_FILE_MACHINE_AMD64, "arm64": pe.IMAGE_FILE_MACHINE_ARM64, "386": pe.IMAGE_FILE_MACHINE_I386, "arm": pe.IMAGE_FILE_MACHINE_ARMNT, "unknown": 0} {
		if got := peMachine(machine); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
