package periodic

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
)

// Version is the frozen content of a report, with its hash and signature.
type Version struct {
	Report    uuid.UUID `json:"report"`
	Version   int       `json:"version"`
	Basis     string    `json:"basis"`
	AsOf      string    `json:"as_of" format:"date"`
	SHA256    string    `json:"sha256" doc:"the hash of the content in canonical form (RFC 8785), hexadecimal"`
	Signature string    `json:"signature" doc:"Ed25519 over the 32 bytes of the hash, base64"`
	PublicKey string    `json:"public_key" doc:"the key that proves the signature, base64"`
	Reason    string    `json:"reason" doc:"why it was frozen again; empty for the first"`
	FrozenBy  uuid.UUID `json:"frozen_by"`
	FrozenAt  time.Time `json:"frozen_at"`
	Content   Verbatim  `json:"content"`
}

// Verbatim is a content as it was frozen, in canonical form. Fields that were added to Content
// later are not in it.
type Verbatim struct{ json.RawMessage }

// Schema describes the present form of a content for OpenAPI.
func (Verbatim) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[Content](), true, "")
}

// ReadVersion returns a frozen version of a report in the caller's scope (else 404).
func (p *Periodic) ReadVersion(ctx context.Context, who roles.Principal, id string, version int) (*Version, error) {
	r, err := p.find(ctx, who, id)
	if err != nil {
		return nil, err
	}
	v := &Version{Report: r.ID, Version: version, PublicKey: base64.StdEncoding.EncodeToString(p.PublicKey())}
	var asOf time.Time
	var content, digest, signature []byte
	err = p.db.Pool.QueryRow(ctx, `SELECT basis, as_of, content, sha256, signature, reason, frozen_by, frozen_at
		FROM report_versions WHERE report_id = $1 AND version = $2`,
		r.ID, version).Scan(&v.Basis, &asOf, &content, &digest, &signature, &v.Reason, &v.FrozenBy, &v.FrozenAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, problem.Missing("version")
	}
	if err != nil {
		return nil, fmt.Errorf("read version %d of report %s: %w", version, r.ID, err)
	}
	v.AsOf, v.SHA256, v.Signature = asOf.Format(time.DateOnly), hex.EncodeToString(digest),
		base64.StdEncoding.EncodeToString(signature)
	v.Content.RawMessage, err = Canonical(content)
	return v, err
}

// PublicKey returns the key that verifies the signatures.
func (p *Periodic) PublicKey() ed25519.PublicKey {
	key, _ := p.key.Public().(ed25519.PublicKey)
	return key
}
