package periodic

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Canonical returns a JSON text in the canonical form of RFC 8785, which is the form that is
// hashed. Keys are sorted, there is no space between tokens, and texts escape only what they must.
// Numbers are small whole numbers; amounts and shares are texts.
func Canonical(raw []byte) ([]byte, error) {
	text := jsontext.Value(append([]byte(nil), raw...))
	if err := text.Canonicalize(); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return text, nil
}

// sealed is a content with its hash and the signature of the hash.
type sealed struct {
	canonical         []byte
	digest, signature []byte
}

// seal hashes the content of a report and signs the 32 bytes of the hash (Ed25519, RFC 8032).
func (p *Periodic) seal(content *Content) (sealed, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return sealed{}, fmt.Errorf("write a report's content: %w", err)
	}
	canonical, err := Canonical(raw)
	if err != nil {
		return sealed{}, err
	}
	digest := sha256.Sum256(canonical)
	return sealed{canonical, digest[:], ed25519.Sign(p.key, digest[:])}, nil
}
