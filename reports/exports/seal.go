package exports

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"market40/reports/periodic"
)

// Seal is what a report said when it was frozen, and our signature, as every export carries it.
// Which version of which report it is stands in the content, so that it is signed too.
type Seal struct {
	SHA256    string          `json:"sha256"`    // of the canonical content, hex
	Signature string          `json:"signature"` // Ed25519 over the 32 bytes of it, base64
	Content   json.RawMessage `json:"content"`
}

// What speaks against a seal.
var (
	ErrHash      = errors.New("the content is not the one that was signed: its SHA-256 is another")
	ErrSignature = errors.New("the signature is not ours")
)

// Prove checks that the content has the hash, and that the key's owner signed the hash.
func (s *Seal) Prove(key ed25519.PublicKey) error {
	canonical, err := periodic.Canonical(s.Content)
	if err != nil {
		return fmt.Errorf("the content: %w", err)
	}
	digest := sha256.Sum256(canonical)
	if stated, err := hex.DecodeString(s.SHA256); err != nil || !bytes.Equal(stated, digest[:]) {
		return ErrHash
	}
	signature, err := base64.StdEncoding.DecodeString(s.Signature)
	if err != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, digest[:], signature) {
		return ErrSignature
	}
	return nil
}

// json is the whole seal as a text that is put into a file.
func (s *Seal) json() ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return periodic.Canonical(raw)
}

// ReadSeal reads it again, also from an answer of the API, which has more fields.
func ReadSeal(raw []byte) (*Seal, error) {
	s := &Seal{}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, err
	}
	if s.SHA256 == "" || s.Signature == "" || len(s.Content) == 0 {
		return nil, errors.New("no hash, signature and content in it")
	}
	return s, nil
}
