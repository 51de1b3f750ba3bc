package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"
)

// errSealed says that a text was not sealed by this hub, for this purpose, with a key that is still known.
var errSealed = errors.New("not sealed by this hub, or with a key that is gone")

const (
	sealVersion = 1
	keyIDSize   = 4
	// maxSealed is the longest sealed text that is looked at; browsers keep cookies of 4096 bytes.
	maxSealed = 4096
)

// sealKey is a key that cookies are sealed with.
type sealKey struct {
	id     [keyIDSize]byte
	secret [chacha20poly1305.KeySize]byte
}

var cookieEncoding = base64.RawURLEncoding.Strict()

// seal encrypts and authenticates with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), whose 24 byte nonces may be random.
// The purpose binds a text to its use: a sign-in state can't be shown as a session.
func (k sealKey) seal(purpose string, plain []byte) string {
	aead, err := chacha20poly1305.NewX(k.secret[:])
	if err != nil {
		panic(err) // only for a key of another length
	}
	head := append([]byte{sealVersion}, k.id[:]...)
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return cookieEncoding.EncodeToString(aead.Seal(append(head, nonce...), nonce, plain, append(head[:1+keyIDSize:1+keyIDSize], purpose...)))
}

// sealedBy returns the id of the key that a text says to be sealed with.
func sealedBy(sealed string) ([keyIDSize]byte, []byte, error) {
	var id [keyIDSize]byte
	if len(sealed) > maxSealed {
		return id, nil, errSealed
	}
	raw, err := cookieEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 1+keyIDSize+chacha20poly1305.NonceSizeX+chacha20poly1305.Overhead || raw[0] != sealVersion {
		return id, nil, errSealed
	}
	copy(id[:], raw[1:])
	return id, raw, nil
}

// open is the reverse of seal.
func (k sealKey) open(purpose string, raw []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(k.secret[:])
	if err != nil {
		panic(err) // only for a key of another length
	}
	head, rest := raw[:1+keyIDSize], raw[1+keyIDSize:]
	plain, err := aead.Open(nil, rest[:aead.NonceSize()], rest[aead.NonceSize():], append(head[:len(head):len(head)], purpose...))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}
