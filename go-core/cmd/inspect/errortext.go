package main

import (
	"regexp"
	"strconv"
	"strings"
)

// textError is one error of a compiler's output.
type textError struct {
	header string // the package of the last "# package" line
	file   string // as printed; "" if the line names no place
	line   int
	column int
	text   string
}

// placePattern splits file:line:column: message. The column may be missing
// and, after a line directive, the file name may be anything or nothing.
var placePattern = regexp.MustCompile(`^(.*?):(\d{1,9})(?::(\d{1,9}))?: (.*)$`)

// filePattern splits file.go: message.
var filePattern = regexp.MustCompile(`^([^:/\\]+\.go): (.*)$`)

// maxLoose bounds the lines that name no place, such as a crash's trace.
const maxLoose = 10

// parseErrorText splits what go list put in Error.Err: "# package" headers,
// one line per error, and indented lines that continue the one before.
func parseErrorText(text string) []textError {
	var found []textError
	header, loose := "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "# "):
			header = headerPackage(line)
		case isContinuation(line) && len(found) > 0:
			last := &found[len(found)-1]
			last.text = joinText(last.text, strings.TrimSpace(line))
		default:
			parsed := parseErrorLine(strings.TrimSpace(line))
			if parsed.header = header; parsed.line == 0 {
				loose++
			}
			if parsed.line != 0 || loose <= maxLoose {
				found = append(found, parsed)
			}
		}
	}
	return found
}

// isContinuation reports whether the line belongs to the error before it.
func isContinuation(line string) bool {
	return line[0] == '\t' || line[0] == ' '
}

// headerPackage is the import path of a header: "# path" or "# path [variant]".
func headerPackage(line string) string {
	fields := strings.Fields(line[1:])
	if len(fields) == 0 {
		return ""
	}
	return strings.Trim(fields[0], "[]")
}

// parseErrorLine parses one line.
func parseErrorLine(line string) textError {
	if parts := filePattern.FindStringSubmatch(line); parts != nil {
		return textError{file: parts[1], text: parts[2]}
	}
	parts := placePattern.FindStringSubmatch(line)
	if parts == nil || !isFileName(parts[1]) {
		return textError{text: line}
	}
	number, _ := strconv.Atoi(parts[2])
	column, _ := strconv.Atoi(parts[3])
	return textError{file: parts[1], line: number, column: column, text: parts[4]}
}

// isFileName tells the name of a file from the start of a message such as
// "Get https://host:443: refused".
func isFileName(name string) bool {
	return !strings.Contains(name, ": ") && !strings.Contains(name, "://")
}

// joinLines makes one line of a message of several.
func joinLines(text string) string {
	joined := ""
	for line := range strings.Lines(text) {
		joined = joinText(joined, strings.TrimSpace(line))
	}
	return joined
}

// joinText appends a part of a message to those before it.
func joinText(text, part string) string {
	switch {
	case text == "" || part == "":
		return text + part
	case strings.HasSuffix(text, ":"):
		return text + " " + part
	}
	return text + ", " + part
}
