// Package ui is the page of a server for people: files that ask the server what
// programs ask it, too. They hold nothing of the server they come from, and need
// no other one. docs/page.md shows the page.
package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
)

//go:embed page
var embedded embed.FS

// A File is a file of the page.
type File struct {
	Type    string // for the header Content-Type
	ETag    string // of the content, in quotes
	Content []byte // not to be changed
}

// index is the file for who asks for the page itself.
const index = "index.html"

// Files returns the files by their names, the page itself as "".
func Files() map[string]File {
	const folder = "page"
	entries, err := embedded.ReadDir(folder)
	if err != nil {
		panic(err) // it is our own
	}
	files := map[string]File{}
	for _, entry := range entries {
		content, err := embedded.ReadFile(path.Join(folder, entry.Name()))
		if err != nil {
			panic(err)
		}
		files[entry.Name()] = newFile(entry.Name(), content)
	}
	files[""] = files[index]
	delete(files, index)
	return files
}

// types are the kinds of files that there are: what the machine says of them
// does not count.
var types = map[string]string{
	".css":  "text/css",
	".html": "text/html",
	".js":   "text/javascript",
	".svg":  "image/svg+xml",
}

func newFile(name string, content []byte) File {
	digest := sha256.Sum256(content)
	return File{
		Type:    types[path.Ext(name)] + "; charset=utf-8",
		ETag:    `"` + hex.EncodeToString(digest[:8]) + `"`,
		Content: content,
	}
}

// contentPolicy is the Content-Security-Policy: scripts and styles are files of the
// page, which asks nobody but its own server, sends no form, is in no frame,
// and makes no HTML from text.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// SetHeaders sets the headers that keep other pages and sites out of this one.
// Whoever has an old file asks for the new one at each visit.
func SetHeaders(h http.Header) {
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}
