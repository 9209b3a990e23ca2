package privacy

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
)

const (
	// exportWithin is how long an export may take to be written: a busy stall's payments are many.
	exportWithin = 10 * time.Minute
	// pieceWithin is how long its reader may take for each piece of it.
	pieceWithin = 30 * time.Second
	pieceSize   = 64 << 10
)

// export serves GET /api/v1/merchants/{id}/export: all stored data of a merchant, complete, for the
// merchant itself and admins. It writes while it reads; after a failure the JSON is incomplete.
func (d *Desk) export(c *gin.Context) error {
	ctx := c.Request.Context()
	_, merchant, err := d.merchantFor(ctx, c.Param("id"), roles.ExportPersonal)
	if err != nil {
		return err
	}
	w, err := d.exports.begin(c, merchant)
	if err != nil {
		return err
	}
	defer w.end()
	if err := d.recordReading(ctx, merchant); err != nil {
		return err
	}
	if err := w.read(); err != nil {
		return err
	}
	c.Header("Content-Type", "application/json; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="market40-`+merchant.String()+`.json"`)
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, d.db.Pool, snapshot, func(tx pgx.Tx) error {
		return d.writeExport(ctx, tx, w,
			merchant)
	})
}

// writeExport writes {"merchant_id", "exported_at", "tables": {table: [rows]}}.
func (d *Desk) writeExport(ctx context.Context, tx pgx.Tx, to io.Writer, merchant uuid.UUID) error {
	w := bufio.NewWriterSize(to, pieceSize)
	fmt.Fprintf(w, `{"merchant_id":%q,"exported_at":%q,"described_at":"/docs/columns","tables":{`, merchant,
		d.now().Format(time.RFC3339))
	for i, s := range sections {
		if i > 0 {
			_, _ = w.WriteString(",") // its error comes back from Flush
		}
		fmt.Fprintf(w, "\n%q:[", s.table)
		if err := d.writeSection(ctx, tx, w, s, merchant); err != nil {
			return fmt.Errorf("export %s of merchant %s: %w", s.table, merchant, err)
		}
		_, _ = w.WriteString("]")
	}
	_, _ = w.WriteString("}}\n")
	return w.Flush()
}

func (d *Desk) writeSection(ctx context.Context, tx pgx.Tx, w *bufio.Writer, s section, merchant uuid.UUID) error {
	plain, sealed, err := exportedColumns(s.table)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, s.query(plain, sealed), merchant)
	if err != nil {
		return err
	}
	defer rows.Close()
	for first := true; rows.Next(); first = false {
		line, err := d.encodeRow(ctx, rows, s, sealed)
		if err != nil {
			return err
		}
		if !first {
			_, _ = w.WriteString(",")
		}
		if _, err := w.WriteString("\n"); err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return rows.Err()
}

// encodeRow returns a row with its sealed values opened.
func (d *Desk) encodeRow(ctx context.Context, row pgx.CollectableRow, s section, sealed []string) ([]byte, error) {
	var plain []byte
	var id uuid.UUID
	values := make([][]byte, len(sealed))
	into := []any{&plain}
	if len(sealed) > 0 {
		into = append(into, &id)
	}
	for i := range values {
		into = append(into, &values[i])
	}
	if err := row.Scan(into...); err != nil || len(sealed) == 0 {
		return plain, err
	}
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal(plain, &object); err != nil {
		return nil, err
	}
	for i, column := range sealed {
		text, err := d.open(ctx, s.place(column, id), values[i])
		if err != nil {
			return nil, err
		}
		object[column] = json.RawMessage(text)
		if !json.Valid(object[column]) || column != "particulars" {
			if object[column], err = json.Marshal(text); err != nil {
				return nil, err
			}
		}
	}
	return json.Marshal(object)
}
