package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/access/trail"
	"market40/merchants/platform/problem"
)

const (
	// pingEvery is how often an idle stream sends a ping, a comment without id. A phone considers a
	// stream lost after 9 seconds of silence (frontend/stall/stream.ts), so two pings may be late.
	pingEvery = 4 * time.Second
	// streamPage is how many payments a stream reads at once.
	streamPage = 200
	// writeWithin is how long a write to a reader may take.
	writeWithin = 30 * time.Second
	// newestVersion is the header with the newest version that the stall had when the stream was opened:
	// a reader has missed the payments up to it.
	newestVersion = "Newest-Version"
)

// stream serves GET /api/v1/stalls/{id}/payments/stream.
func (p *Payments) stream(c *gin.Context) error {
	ctx := c.Request.Context()
	who, err := roles.From(ctx)
	if err != nil {
		return err
	}
	tenancies, _, err := p.FindStall(ctx, who, c.Param("id"))
	if err != nil {
		return err
	}
	market, tenancy, err := p.presentTenancy(ctx, who, uuid.MustParse(c.Param("id")))
	if err != nil {
		return err
	}
	if err := trail.RecordReading(ctx, trail.ReadingStream, tenancies[:1]); err != nil {
		return err
	}
	return p.follow(c, right{caller: who, market: market, tenancy: tenancy})
}

// presentTenancy returns the stall's present tenancy. A vacant stall has no stream (409); for the
// merchant of an ended tenancy the stall is missing (404).
func (p *Payments) presentTenancy(ctx context.Context, who roles.Principal,
	stall uuid.UUID,
) (market, tenancy uuid.UUID, err error) {
	err = p.db.Pool.QueryRow(ctx, `SELECT market_id, id FROM tenancies WHERE stall_id = $1
		AND ($2::uuid IS NULL OR merchant_id = $2) AND upper_inf(valid)`,
		stall, who.MerchantID).Scan(&market, &tenancy)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && who.MerchantID != nil:
		return market, tenancy, problem.Missing("stall")
	case errors.Is(err, pgx.ErrNoRows):
		return market, tenancy, problem.New(problem.Conflict, "stall_vacant", "Sạp đang trống.",
			"The stall has no tenant.")
	case err != nil:
		return market, tenancy, fmt.Errorf("find tenancy of stall %s: %w", stall, err)
	}
	return market, tenancy, nil
}

// Follow writes a tenancy's payments as Server-Sent Events, each once, in the order of its account's
// versions. It starts after Last-Event-ID, or without one after the newest payment. It ends with the
// request, the tenancy or the program.
func (p *Payments) Follow(c *gin.Context, market, tenancy uuid.UUID) error {
	return p.follow(c, right{anyone: true, market: market, tenancy: tenancy})
}

// follow does the same as Follow for a caller, and also ends with the caller's right. A caller who
// sees one shift gets no payment from before it, whatever Last-Event-ID says.
func (p *Payments) follow(c *gin.Context, r right) error {
	ctx := c.Request.Context()
	connection := http.NewResponseController(c.Writer)
	st, err := p.streams.join(ctx, r, func(at time.Time) { _ = connection.SetWriteDeadline(at) })
	if err != nil {
		return err
	}
	defer p.streams.leave(st)
	w := &streamWriter{c: c, p: p, st: st, shift: r.caller.Shift()}
	if w.last, err = p.startAfter(st.channel, c.GetHeader("Last-Event-ID")); err != nil {
		return err
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header(newestVersion, strconv.FormatInt(st.channel.newest(), 10))
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	w.text.WriteString(": market40\n\n")
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		if err := w.writeChanges(ctx); err != nil {
			return err
		}
		w.flush()
		select {
		case <-ctx.Done():
			return nil
		case <-p.stopping:
			return nil
		case <-st.over:
			return nil
		case <-ping.C:
			w.text.WriteString(": ping\n\n")
		case <-st.woken:
		}
	}
}

// streamWriter writes one stream.
type streamWriter struct {
	c     *gin.Context
	p     *Payments
	st    *stream
	shift *uuid.UUID
	last  int64   // the newest version that was written
	sent  Speaker // the last state that was written
	text  bytes.Buffer
}

// writeChanges writes what the reader does not have yet: first the state of the soundboxes, then the
// payments.
func (w *streamWriter) writeChanges(ctx context.Context) error {
	for {
		at := w.st.channel.view(w.last)
		if at.speaker != w.sent {
			data, err := json.Marshal(at.speaker)
			if err != nil {
				return fmt.Errorf("write speaker: %w", err)
			}
			fmt.Fprintf(&w.text, "event: speaker\ndata: %s\n\n", data)
			w.sent = at.speaker
		}
		needed := at.from // the channel has no earlier payments, and for a shift it has too many
		if w.shift != nil {
			needed = at.upTo
		}
		if w.last >= needed {
			w.write(at.frames)
			return nil
		}
		payments, err := w.p.streams.read(ctx, w.st.channel.account, w.last, w.shift)
		if err != nil {
			return err
		}
		frames, err := framesOf(payments)
		if err != nil {
			return err
		}
		w.write(frames)
		if len(payments) < streamPage {
			w.last = max(w.last, needed) // the others are not for this stream
		}
		w.flush()
		if w.over() {
			return nil
		}
	}
}

func (w *streamWriter) write(frames []frame) {
	for _, f := range frames {
		w.text.Write(f.text)
		w.last = f.version
	}
}

// over reports whether the stream must end.
func (w *streamWriter) over() bool {
	select {
	case <-w.c.Request.Context().Done():
	case <-w.p.stopping:
	case <-w.st.over:
	default:
		return false
	}
	return true
}

// flush sends what was written. A reader that does not read in time is disconnected, sooner while the
// program stops.
func (w *streamWriter) flush() {
	if w.text.Len() == 0 {
		return
	}
	within := writeWithin
	w.st.deadline(time.Now().Add(within))
	select {
	case <-w.p.stopping:
		w.st.deadline(time.Now().Add(hangUpWithin))
	default:
	}
	_, _ = w.c.Writer.Write(w.text.Bytes()) // a reader that has gone ends the request's context
	w.c.Writer.Flush()
	w.text.Reset()
}

// startAfter returns the version after which a stream starts.
func (p *Payments) startAfter(at *channel, lastEventID string) (int64, error) {
	if lastEventID != "" {
		version, err := strconv.ParseInt(lastEventID, 10, 64)
		if err != nil || version < 0 {
			return 0, problem.Of("Last-Event-ID", "cursor_form", "Vị trí luồng không hợp lệ.",
				"The Last-Event-ID is not valid.")
		}
		return version, nil
	}
	return at.newest(), nil
}

// readVersion returns the newest version of a ledger account; 0 for one that does not exist yet.
func (p *Payments) readVersion(ctx context.Context, account uuid.UUID) (version int64, err error) {
	err = p.db.Pool.QueryRow(ctx, `SELECT coalesce((SELECT version FROM ledger_accounts WHERE id = $1), 0)`,
		account).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("read version of %s: %w", account, err)
	}
	return version, nil
}

// afterSQL reads the first $3 payments of ledger account $1 above version $2, of shift $4 if any.
// Both branches are read in the order of their index and end after a page.
var afterSQL = `WITH a AS (
		SELECT $1::uuid AS id, greatest($2::bigint, version_before($1, lower(shift_span($4)))) AS above)
	SELECT news.id, amount::text, 'VND', occurred_at, recorded_at, reference, memo_code, version, state, reverses,
		CASE state WHEN 'posted' THEN (SELECT n.precision FROM notices n WHERE n.id = news.id) END,
		CASE state WHEN 'posted' THEN (SELECT n.told_at FROM notices n WHERE n.id = news.id) END
	FROM a CROSS JOIN LATERAL (
		(SELECT p.id, p.amount, p.occurred_at, p.recorded_at, p.reference, p.memo_code, p.credit_version AS version,
		'posted' AS state, NULL::uuid AS reverses
		FROM payments p WHERE p.credit_account = a.id AND p.credit_version > a.above AND` + inShift(4) + `
			ORDER BY p.credit_version LIMIT $3)
		UNION ALL
		(SELECT p.id, -p.amount, p.occurred_at, p.recorded_at, p.reference, p.memo_code, p.debit_version, 'reversal',
		p.reverses
		FROM payments p WHERE p.debit_account = a.id AND p.reverses IS NOT NULL AND p.debit_version > a.above AND` +
	inShift(4) + ` ORDER BY p.debit_version LIMIT $3)) news
	ORDER BY version LIMIT $3`

// ReadAfter returns a page of a ledger account's payments above version last, in the order of
// versions. With a shift it returns only that shift's payments.
func (p *Payments) ReadAfter(ctx context.Context, account uuid.UUID, last int64, shift *uuid.UUID) ([]Payment, error) {
	rows, err := p.db.Pool.Query(ctx, afterSQL, account, last, streamPage, shift)
	if err != nil {
		return nil, fmt.Errorf("read payments of %s: %w", account, err)
	}
	news, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Payment])
	if err != nil {
		return nil, fmt.Errorf("read payments of %s: %w", account, err)
	}
	return news, nil
}
