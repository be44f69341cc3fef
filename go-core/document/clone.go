package document

// Clone returns a copy of a value that Decode returned: a policy that writes
// into one spoils no other's.
func Clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for key, member := range value {
			members[key] = Clone(member)
		}
		return members
	case []any:
		elements := make([]any, len(value))
		for i, element := range value {
			elements[i] = Clone(element)
		}
		return elements
	}
	return value
}
