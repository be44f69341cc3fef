// Package nearest finds the word that was meant by a misspelt one.
package nearest

// Word returns the one of the words that unknown is most likely meant to be, or
// "" when none is close.
func Word(unknown string, words []string) string {
	best, least := "", 3
	for _, word := range words {
		distance := distance(unknown, word)
		// Of "run" more than one letter has to be right.
		if distance < min(least, len(word)-1) {
			best, least = word, distance
		}
	}
	return best
}

// distance returns how many bytes have to be inserted, deleted or replaced to
// turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // the distances from a prefix of a
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
