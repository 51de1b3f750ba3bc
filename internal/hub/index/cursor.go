package index

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Cursor says up to where somebody knows each cluster that they see something of: the id of an event.
//
// It is made of resource versions, which the clusters themselves count, so it means the same to each replica of the hub
// and after a restart.
type Cursor struct {
	// clusters by key: a hash of name and identity, so that an id tells nobody the name of a cluster.
	versions map[string]uint64
}

const (
	cursorForm = "1"
	// maxCursor is how long a written cursor is at most: some 200 clusters.
	maxCursor = 4096
)

// String is how the cursor is written, for somebody who sees by the given fingerprint.
func (c Cursor) String(fingerprint string) string {
	var text strings.Builder
	text.WriteString(cursorForm + "." + fingerprint)
	for _, key := range slices.Sorted(maps.Keys(c.versions)) {
		text.WriteString("." + key + ":" + strconv.FormatUint(c.versions[key], 36))
	}
	return text.String()
}

// ParseCursor reads an id. The error says that it is none.
func ParseCursor(text string) (c Cursor, fingerprint string, err error) {
	bad := fmt.Errorf("the event id is none that this hub gave")
	parts := strings.Split(text, ".")
	if len(text) > maxCursor || len(parts) < 2 || parts[0] != cursorForm || len(parts[1]) != keyLength {
		return Cursor{}, "", bad
	}
	c.versions = map[string]uint64{}
	for _, part := range parts[2:] {
		key, number, found := strings.Cut(part, ":")
		version, err := strconv.ParseUint(number, 36, 64)
		if _, twice := c.versions[key]; !found || twice || len(key) != keyLength || err != nil {
			return Cursor{}, "", bad
		}
		c.versions[key] = version
	}
	return c, parts[1], nil
}

const keyLength = 8

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// clusterKey stands for a cluster of that name and identity.
func clusterKey(name, identity string) string { return shortHash(name + "\x00" + identity) }

// cursor is where the clusters are now of which the view shows something. The mutex must be held.
func (x *Index) cursor(view *View) Cursor {
	cursor := Cursor{versions: map[string]uint64{}}
	for name := range view.clusters {
		if c := x.clusters[name]; c != nil && c.loaded {
			cursor.versions[c.key] = c.version
		}
	}
	return cursor
}
