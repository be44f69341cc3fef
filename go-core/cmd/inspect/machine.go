package main

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"strings"
)

// elfMachine is the GOARCH of an ELF header.
func elfMachine(file *elf.File) string {
	little := file.ByteOrder == binary.ByteOrder(binary.LittleEndian)
	wide := file.Class == elf.ELFCLASS64
	switch file.Machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_386:
		return "386"
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_RISCV:
		return "riscv64"
	case elf.EM_S390:
		return "s390x"
	case elf.EM_LOONGARCH:
		return "loong64"
	case elf.EM_PPC64:
		return withOrder("ppc64", little, "le")
	case elf.EM_MIPS:
		if wide {
			return withOrder("mips64", little, "le")
		}
		return withOrder("mips", little, "le")
	}
	return strings.ToLower(strings.TrimPrefix(file.Machine.String(), "EM_"))
}

// withOrder appends the suffix of the little-endian variant.
func withOrder(name string, little bool, suffix string) string {
	if little {
		return name + suffix
	}
	return name
}

// machoMachine is the GOARCH of a Mach-O header.
func machoMachine(cpu macho.Cpu) string {
	switch cpu {
	case macho.CpuAmd64:
		return "amd64"
	case macho.CpuArm64:
		return "arm64"
	case macho.Cpu386:
		return "386"
	case macho.CpuArm:
		return "arm"
	}
	return strings.ToLower(strings.TrimPrefix(cpu.String(), "Cpu"))
}

// peMachine is the GOARCH of a PE header.
func peMachine(machine uint16) string {
	switch machine {
	case pe.IMAGE_FILE_MACHINE_AMD64:
		return "amd64"
	case pe.IMAGE_FILE_MACHINE_ARM64:
		return "arm64"
	case pe.IMAGE_FILE_MACHINE_I386:
		return "386"
	case pe.IMAGE_FILE_MACHINE_ARMNT:
		return "arm"
	}
	return "unknown"
}
