package history

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// copyRow writes one row in the binary form of COPY (PostgreSQL's documentation, "COPY", file
// formats). It is for tables with hundreds of thousands of new rows. For those, a look-up of each
// value's encoding takes longer than the writing.
type copyRow struct{ to []byte }

// copySize is how much is handed to the server at a time, in bytes.
const copySize = 64 << 10

// copyRows writes n rows; row adds each one's values in the order of the columns.
func copyRows(ctx context.Context, tx pgx.Tx, table string, columns []string, n int,
	row func(w *copyRow, i int) error,
) error {
	in, out := io.Pipe()
	go func() {
		w := &copyRow{to: make([]byte, 0, copySize+4096)}
		w.to = append(w.to, "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000"...)
		for i := range n {
			w.to = binary.BigEndian.AppendUint16(w.to, uint16(len(columns))) //nolint:gosec // a few
			if err := row(w, i); err != nil {
				_ = out.CloseWithError(err)
				return
			}
			if len(w.to) < copySize {
				continue
			}
			if _, err := out.Write(w.to); err != nil {
				return // the server's side reported why
			}
			w.to = w.to[:0]
		}
		_, err := out.Write(append(w.to, 0xff, 0xff))
		_ = out.CloseWithError(err)
	}()
	_, err := tx.Conn().PgConn().CopyFrom(ctx, in, "COPY "+table+" ("+strings.Join(columns, ", ")+
		") FROM STDIN (FORMAT binary)")
	_ = in.CloseWithError(io.ErrClosedPipe)
	if err != nil {
		return fmt.Errorf("write past %s: %w", table, err)
	}
	return nil
}

func (w *copyRow) null() { w.to = append(w.to, 0xff, 0xff, 0xff, 0xff) }

func (w *copyRow) bytes(b []byte) {
	w.to = binary.BigEndian.AppendUint32(w.to, uint32(len(b))) //nolint:gosec // a value's
	w.to = append(w.to, b...)
}

func (w *copyRow) text(s string) {
	w.to = binary.BigEndian.AppendUint32(w.to, uint32(len(s))) //nolint:gosec // a value's
	w.to = append(w.to, s...)
}

// textOrNull returns null for an empty text.
func (w *copyRow) textOrNull(s string) {
	if s == "" {
		w.null()
		return
	}
	w.text(s)
}

func (w *copyRow) id(id uuid.UUID) { w.bytes(id[:]) }

// idOrNull returns null for uuid.Nil.
func (w *copyRow) idOrNull(id uuid.UUID) {
	if id == uuid.Nil {
		w.null()
		return
	}
	w.id(id)
}

func (w *copyRow) bool(b bool) {
	w.to = append(w.to, 0, 0, 0, 1, 0)
	if b {
		w.to[len(w.to)-1] = 1
	}
}

func (w *copyRow) int32(n int64) {
	w.to = binary.BigEndian.AppendUint32(append(w.to, 0, 0, 0, 4), uint32(int32(n))) //nolint:gosec // counts of a day
}

func (w *copyRow) int64(n int64) {
	w.to = binary.BigEndian.AppendUint64(append(w.to, 0, 0, 0, 8),
		uint64(n)) //nolint:gosec // two's complement is the form
}

// epoch is PostgreSQL's: timestamps are microseconds and dates are days since then.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *copyRow) time(at time.Time) { w.int64(at.Sub(epoch).Microseconds()) }

// numeric writes whole đồng: the count of digits to the base of 10,000, the weight of the first,
// sign, scale, digits.
func (w *copyRow) numeric(n int64) {
	sign := uint16(0)
	if n < 0 {
		sign, n = 0x4000, -n
	}
	var digits [5]uint16
	count := 0
	for ; n > 0; n /= 10_000 {
		digits[count] = uint16(n % 10_000) //nolint:gosec // below 10,000
		count++
	}
	w.to = binary.BigEndian.AppendUint32(w.to, uint32(8+2*count)) //nolint:gosec // five at most
	w.to = binary.BigEndian.AppendUint16(w.to, uint16(count))     //nolint:gosec // five at most
	w.to = binary.BigEndian.AppendUint16(w.to, uint16(max(count-1, 0)))
	w.to = binary.BigEndian.AppendUint16(w.to, sign)
	w.to = binary.BigEndian.AppendUint16(w.to, 0)
	for i := count - 1; i >= 0; i-- {
		w.to = binary.BigEndian.AppendUint16(w.to, digits[i])
	}
}
