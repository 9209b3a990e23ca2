package document

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"market40/merchants/platform/bizday"
	"market40/reports/periodic"
)

// Seal is the content of a report when it was frozen, with the platform's signature, as every
// export carries it. The content includes the identity of the report and the version, so they are
// signed too.
type Seal struct {
	SHA256    string          `json:"sha256"`    // of the canonical content, hex
	Signature string          `json:"signature"` // Ed25519 over the 32 bytes of the hash, base64
	Content   json.RawMessage `json:"content"`
}

// The faults of a seal.
var (
	ErrHash      = errors.New("the content is not the signed one: its SHA-256 differs")
	errSignature = errors.New("the signature is not ours")
)

// Prove checks that the content has the hash, and that the owner of the key signed the hash.
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
		return errSignature
	}
	return nil
}

// JSON returns the whole seal as a text for embedding in a file.
func (s *Seal) JSON() ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return periodic.Canonical(raw)
}

// ReadSeal reads a seal from such a text, or from an answer of the API, which has more fields.
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

// SealText returns the explanation of the seal.
func (d *Document) SealText() string {
	return fmt.Sprintf(
		"Số liệu của báo cáo này được chốt lúc %s (phiên bản %d), không thể sửa sau khi chốt; mỗi lần đính chính là một phiên bản mới. "+
			"Nội dung đã chốt có mã băm (SHA-256) và chữ ký số dưới đây. Để kiểm tra tệp còn nguyên số liệu đã ký, chạy: market40 reports verify TỆP.",
		bizday.ShowTime(d.Frozen.At),
		d.Frozen.Version,
	)
}
