package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/seal"
)

// maxKeyLength is the longest Idempotency-Key, in characters.
const maxKeyLength = 128

// abandonAfter is when a request that never answered may be tried again under its key.
const abandonAfter = time.Minute

// idempotency implements the Idempotency-Key header of a creating POST. The same key and body get
// the first answer again; the same key with another body is refused (409). Uploads are left out: an
// import is idempotent by itself, and a client's multipart boundary differs at each try.
type idempotency struct{ parts Parts }

func (i *idempotency) handle(c *gin.Context) {
	key := c.GetHeader("Idempotency-Key")
	upload := strings.HasPrefix(c.ContentType(), "multipart/")
	if c.Request.Method != http.MethodPost || key == "" || upload && slices.Contains([]string{"true", "1"},
		c.Query("dry_run")) {
		return
	}
	caller, err := roles.From(c.Request.Context())
	if err != nil {
		return
	}
	if len(key) > maxKeyLength {
		problem.Write(c, problem.Of("Idempotency-Key", "too_long", "Idempotency-Key dài quá 128 ký tự.",
			"The Idempotency-Key is longer than 128 characters."))
		return
	}
	body, err := io.ReadAll(c.Request.Body) // from memory
	if err != nil {
		problem.Write(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	route := c.Request.Method + " " + c.Request.URL.Path
	content := body
	if upload {
		if content, err = multipartTexts(body, c.GetHeader("Content-Type")); err != nil {
			problem.Write(c, unreadableForm())
			return
		}
	}
	digest := i.parts.Keys.Index("idempotency", route+"\n"+string(content))
	first, err := i.begin(c, caller, key, route, digest)
	if err != nil {
		problem.Write(c, err)
		return
	}
	if first {
		i.record(c, caller, key)
	}
}

// begin reserves the key for this request (true), or answers what is stored under it.
func (i *idempotency) begin(c *gin.Context, caller roles.Principal, key, route string, digest []byte) (bool, error) {
	ctx, now := c.Request.Context(), i.parts.Now()
	tag, err := i.parts.DB.Pool.Exec(ctx, `INSERT INTO idempotency_keys (actor_id, key, route, digest, created_at)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (actor_id, key) DO UPDATE SET created_at = excluded.created_at
		WHERE idempotency_keys.status IS NULL AND idempotency_keys.digest = excluded.digest
		AND idempotency_keys.created_at < $6`,
		caller.ActorID, key, route, digest, now, now.Add(-abandonAfter))
	if err != nil {
		return false, fmt.Errorf("idempotency key: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return true, nil
	}
	var stored []byte
	var status *int
	var answer []byte
	err = i.parts.DB.Pool.QueryRow(ctx, `SELECT digest, status, answer FROM idempotency_keys WHERE actor_id = $1
		AND key = $2`,
		caller.ActorID, key).Scan(&stored, &status, &answer)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && status == nil && bytes.Equal(stored, digest)) {
		return false, problem.New(problem.Conflict, "in_progress", "Yêu cầu này đang được xử lý.",
			"This request is still being processed.")
	}
	if err != nil {
		return false, fmt.Errorf("idempotency key: %w", err)
	}
	if !bytes.Equal(stored, digest) {
		return false, problem.New(problem.Conflict, "idempotency_key_reused",
			"Idempotency-Key này đã dùng cho nội dung khác.", "This Idempotency-Key was used with another body.")
	}
	plain, err := i.parts.Keys.Open(ctx, i.place(caller), answer)
	if err != nil {
		return false, err
	}
	contentType, body, _ := bytes.Cut(plain, []byte("\n"))
	c.Header("Idempotency-Replayed", "true")
	c.Abort()
	c.Data(*status, string(contentType), body)
	return false, nil
}

func (i *idempotency) place(caller roles.Principal) seal.Place {
	return seal.Place{Table: "idempotency_keys", Column: "answer", ID: caller.ActorID}
}

// passing are refusals that a retry of the same request may not get. Something that it names may
// exist by then, because a phone without a network sends out of order. The caller may also sign in
// or slow down. These refusals changed nothing.
var passing = map[int]bool{
	http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusNotFound: true,
	http.StatusTooManyRequests: true,
}

// record runs the request and stores its answer. An internal error or a temporary refusal frees the
// key for a retry.
func (i *idempotency) record(c *gin.Context, caller roles.Principal, key string) {
	w := &copier{ResponseWriter: c.Writer}
	c.Writer = w
	c.Next()
	ctx := c.Request.Context()
	status := w.Status()
	if status == problem.Left {
		return // the key is free again after abandonAfter: what was done before the caller left is unknown
	}
	if status < 500 && !passing[status] {
		sealed, err := i.parts.Keys.Seal(ctx, i.place(caller), append([]byte(w.Header().Get("Content-Type")+"\n"),
			w.body.Bytes()...))
		if err == nil {
			_, err = i.parts.DB.Pool.Exec(ctx, `UPDATE idempotency_keys SET status = $3, answer = $4 WHERE actor_id = $1
				AND key = $2`,
				caller.ActorID, key, status, sealed)
		}
		if err != nil {
			slog.ErrorContext(ctx, "keep answer of idempotency key", "error", err)
		}
		return
	}
	if _, err := i.parts.DB.Pool.Exec(ctx, `DELETE FROM idempotency_keys WHERE actor_id = $1 AND key = $2`,
		caller.ActorID, key); err != nil {
		slog.ErrorContext(ctx, "free idempotency key", "error", err)
	}
}

// copier copies the answer.
type copier struct {
	gin.ResponseWriter
	body bytes.Buffer
}

func (w *copier) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

func (w *copier) WriteString(s string) (int, error) {
	w.body.WriteString(s)
	return w.ResponseWriter.WriteString(s)
}
