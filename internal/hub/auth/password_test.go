package auth

import (
	"strings"
	"testing"
)

func TestPasswordHash(t *testing.T) {
	hash := hashPassword("correct horse battery")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s has not the parameters of OWASP", hash)
	}
	if other := hashPassword("correct horse battery"); other == hash {
		t.Error("two hashes of one password are equal: the salt isn't random")
	}
	for password, want := range map[string]bool{"correct horse battery": true, "correct horse batterz": false, "": false, "correct horse battery\x00": false} {
		if got, err := verifyPassword(hash, password); got != want || err != nil {
			t.Errorf("verify %q: %v, %v", password, got, err)
		}
	}
}

// The hash of the argon2 reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 24.
func TestPasswordHashOfTheReferenceImplementation(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if right, err := verifyPassword(hash, "password"); !right || err != nil {
		t.Errorf("verify: %v, %v", right, err)
	}
}

func TestHashThatCantBeUsed(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for why, hash := range map[string]string{
		"empty":           "",
		"another kind":    "$argon2i$v=19$m=65536,t=2,p=1$" + salt + "$" + key,
		"bcrypt":          "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"another version": "$argon2id$v=16$m=65536,t=2,p=1$" + salt + "$" + key,
		"too much memory": "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + key,
		"too many passes": "$argon2id$v=19$m=65536,t=4000000,p=1$" + salt + "$" + key,
		"no lane":         "$argon2id$v=19$m=65536,t=2,p=0$" + salt + "$" + key,
		"missing setting": "$argon2id$v=19$m=65536,t=2$" + salt + "$" + key,
		"leading zero":    "$argon2id$v=19$m=065536,t=2,p=1$" + salt + "$" + key,
		"no salt":         "$argon2id$v=19$m=65536,t=2,p=1$$" + key,
		"short key":       "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$AAAA",
		"no base64":       "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$!!!!" + key,
		"very long":       "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$" + strings.Repeat(key, 100),
	} {
		if right, err := verifyPassword(hash, "password"); right || err == nil {
			t.Errorf("%s: taken (%v, %v)", why, right, err)
		} else if len(hash) > 20 && strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error holds the hash: %v", why, err)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	for _, test := range []struct {
		password string
		fits     bool
	}{
		{"twelve chars", true},
		{"eleven char", false},
		{"zwölf Zeiche", true},
		{strings.Repeat("x", 256), true},
		{strings.Repeat("x", 257), false},
		{"\xff\xfe\xfd not valid UTF-8", false},
		{"Administrator", false},
	} {
		if err := checkPassword("administrator", test.password); (err == nil) != test.fits {
			t.Errorf("%q: %v", test.password, err)
		}
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePHC(text)
		if err != nil {
			return
		}
		if p.memory > mostMemory || p.time > mostTime || p.threads > mostThreads || p.threads == 0 || p.time == 0 {
			t.Errorf("%q asks for too much: %+v", text, p)
		}
		if got := p.String(); got != text {
			t.Errorf("%q is written as %q", text, got)
		}
	})
}
