package auth

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxName is the longest name of a person or a group in characters: with the longest prefix it stays within the 256
	// that ReleaseAction.spec.requestedBy takes.
	maxName = 190
	// maxGroups is how many groups a person may have.
	maxGroups = 500
)

// Names of local accounts hold neither @ nor a colon, so they never meet those from OpenID Connect, which hold one of them.
var localName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$`)

// checkLocalName says what is wrong with the name of a local account.
func checkLocalName(name string) error {
	if !localName.MatchString(name) || strings.Contains(name, "..") || strings.Contains(name, ".-") || strings.Contains(name, "-.") {
		return fmt.Errorf("the name %q must have at most 63 lower case letters, digits, - and ., and begin and end with a letter or digit", name)
	}
	return nil
}

// checkName says what is wrong with the name of a person or group from elsewhere.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name is empty")
	case !utf8.ValidString(name):
		return fmt.Errorf("the name is not valid UTF-8")
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("the name has more than %d characters", maxName)
	case hasControl(name):
		return fmt.Errorf("the name %q has control characters", name)
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("the name %q begins or ends with a space", name)
	case strings.HasPrefix(strings.ToLower(name), "system:"):
		return fmt.Errorf("the name %q begins with system:, which belongs to Kubernetes", name)
	}
	return nil
}

// cleanGroups keeps the groups that may be used, sorted, each once.
func cleanGroups(groups []string) []string {
	kept := make([]string, 0, len(groups))
	for _, group := range groups {
		if checkName(group) == nil {
			kept = append(kept, group)
		}
	}
	slices.Sort(kept)
	kept = slices.Compact(kept)
	return kept[:min(len(kept), maxGroups)]
}

// cleanText makes of a text from elsewhere what can be shown and logged: no control characters, at most so many characters.
func cleanText(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	return text
}

func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
}
