package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id by the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
)

// What a stored hash may ask of this machine at most, so that a broken one cannot take all memory.
const (
	mostMemory  = 256 * 1024 // KiB
	mostTime    = 16
	mostThreads = 16
)

// A password has at least minPassword characters and at most maxPassword bytes. There are no rules about kinds of
// characters (NIST SP 800-63B, 3.1.1).
const (
	minPassword = 12
	maxPassword = 256
)

var phcEncoding = base64.RawStdEncoding.Strict()

// hashPassword returns the argon2id hash as a PHC string.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	return phc{argonMemory, argonTime, argonThreads, salt, nil}.of(password)
}

// verifyPassword says whether the password is that of the hash. It takes the same time for any password.
func verifyPassword(hash, password string) (bool, error) {
	p, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	key := argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

// phc is a hash in the format of the Password Hashing Competition: $argon2id$v=19$m=19456,t=2,p=1$SALT$KEY.
type phc struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

func (p phc) of(password string) string {
	p.key = argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, argonKey)
	return p.String()
}

// String is the PHC string.
func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		phcEncoding.EncodeToString(p.salt), phcEncoding.EncodeToString(p.key))
}

// parsePHC reads a PHC string of argon2id. Its error never holds a part of the hash.
func parsePHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(text) > 512 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errors.New("the password hash is not an argon2id hash of version 19")
	}
	var p phc
	settings := strings.Split(parts[3], ",")
	if len(settings) != 3 {
		return phc{}, errors.New("the password hash has not the settings m, t and p")
	}
	for i, setting := range []struct {
		name string
		most uint64
		set  func(uint64)
	}{
		{"m=", mostMemory, func(v uint64) { p.memory = uint32(v) }},
		{"t=", mostTime, func(v uint64) { p.time = uint32(v) }},
		{"p=", mostThreads, func(v uint64) { p.threads = uint8(v) }},
	} {
		digits, found := strings.CutPrefix(settings[i], setting.name)
		value, err := strconv.ParseUint(digits, 10, 32)
		if !found || err != nil || value == 0 || value > setting.most || strconv.FormatUint(value, 10) != digits {
			return phc{}, fmt.Errorf("the password hash has a wrong or too large setting %s", setting.name)
		}
		setting.set(value)
	}
	var err error
	if p.salt, err = phcEncoding.DecodeString(parts[4]); err != nil || len(p.salt) < 8 || len(p.salt) > 64 {
		return phc{}, errors.New("the password hash has no usable salt")
	}
	if p.key, err = phcEncoding.DecodeString(parts[5]); err != nil || len(p.key) < 16 || len(p.key) > 64 {
		return phc{}, errors.New("the password hash has no usable key")
	}
	return p, nil
}

// checkPassword says why a password can't be chosen.
func checkPassword(name, password string) error {
	switch {
	case !utf8.ValidString(password):
		return errors.New("the password is not valid UTF-8")
	case utf8.RuneCountInString(password) < minPassword:
		return fmt.Errorf("the password needs at least %d characters", minPassword)
	case len(password) > maxPassword:
		return fmt.Errorf("the password may have at most %d bytes", maxPassword)
	case strings.EqualFold(name, password):
		return errors.New("the password must not be the account's name")
	}
	return nil
}
