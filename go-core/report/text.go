package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// text writes a line for each policy.
func (r Report) text() ([]byte, error) {
	var text []byte
	for _, check := range r.Checks {
		kind := ""
		if check.Error != "" {
			kind = "error: "
		}
		text = fmt.Appendf(text, "%s: %s%s\n", Escape(check.Policy), kind, Escape(check.answer()))
	}
	return text, nil
}

// Escape returns text with everything that does not print replaced by a Go
// escape sequence. Messages carry text of policies, which must be able neither
// to forge a line nor to send a sequence to the terminal.
func Escape(text string) string { return escapeBut("", text) }

// escapeBut is Escape for all but the characters that are kept.
func escapeBut(kept, text string) string {
	var escaped strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) || strings.ContainsRune(kept, r) {
			escaped.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		escaped.WriteString(quoted[1 : len(quoted)-1])
	}
	return escaped.String()
}

var (
	githubText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// annotation returns the text as it is written in an annotation: GitHub's escapes
// keep the ends of lines, and the log that people read has nothing else that does
// not print.
func annotation(escapes *strings.Replacer, text string) string {
	return escapes.Replace(escapeBut("\r\n", text))
}

// github writes an annotation for each policy, as GitHub Actions reads it:
// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
func (r Report) github() ([]byte, error) {
	var text []byte
	for _, check := range r.Checks {
		level := "notice"
		if check.Error != "" {
			level = "error"
		}
		properties := "title=policy " + annotation(githubProperty, check.Policy)
		if r.Input != "" {
			properties = "file=" + annotation(githubProperty, r.Input) + "," + properties
		}
		text = fmt.Appendf(text, "::%s %s::%s\n", level, properties, annotation(githubText, check.answer()))
	}
	return text, nil
}
