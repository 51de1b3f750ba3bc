package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Record is what is kept of a built part, beside its binary.
type Record struct {
	Part    string        `json:"part"`
	Took    time.Duration `json:"took"` // nanoseconds
	BuiltAt time.Time     `json:"builtAt"`
	// Digest is the SHA-256 of the binary. Builds are reproducible: after a change
	// of pins that a part doesn't use, its key is new and its digest the old one.
	Digest string `json:"digest"`
}

func recordPath(binary string) string { return binary + ".json" }

func writeRecord(binary string, r Record) error {
	digest, err := digest(binary)
	if err != nil {
		return err
	}
	r.Digest = digest
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(recordPath(binary), data, 0o644)
}

// record reads a part's record, and makes a new one when it was lost.
func record(part, binary string) (Record, error) {
	data, err := os.ReadFile(recordPath(binary))
	var r Record
	if err == nil && json.Unmarshal(data, &r) == nil && r.Digest != "" {
		return r, nil
	}
	r.Part = part
	if err := writeRecord(binary, r); err != nil {
		return r, fmt.Errorf("the binary of %s in the cache can't be read: %w", part, err)
	}
	r.Digest, err = digest(binary)
	return r, err
}

// Records returns the records of the binaries, in build order.
func (b Binaries) Records() ([]Record, error) {
	var all []Record
	for _, part := range Parts() {
		binary, ok := b[part.Name]
		if !ok {
			continue
		}
		r, err := record(part.Name, binary)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// Digest identifies the binaries by their content.
func (b Binaries) Digest() (string, error) {
	records, err := b.Records()
	if err != nil {
		return "", err
	}
	var digests []string
	for _, r := range records {
		digests = append(digests, r.Part+" "+r.Digest)
	}
	sum := sha256.Sum256([]byte(strings.Join(digests, "\n")))
	return hex.EncodeToString(sum[:6]), nil
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
