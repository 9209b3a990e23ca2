package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/auth"
	"market40/merchants/problem"
	"market40/payments/ledger"
)

const (
	// pingEvery is how often an idle stream shows that it lives, as a comment without id. A phone calls a line lost after 9 seconds of
	// silence (frontend/stall/live.ts), so two pings may be late.
	pingEvery = 4 * time.Second
	// lookEvery is how often a stream asks the database even when nobody woke it: a wake-up is a hint only.
	lookEvery = 5 * time.Second
	// streamPage is how many payments a stream reads at once.
	streamPage = 200
)

// stream is GET /api/v1/stalls/{id}/payments/stream.
func (p *Payments) stream(c *gin.Context) error {
	ctx := c.Request.Context()
	who, err := auth.From(ctx)
	if err != nil {
		return err
	}
	tenancies, _, err := p.stallInScope(ctx, who, c.Param("id"))
	if err != nil {
		return err
	}
	account, err := p.presentAccount(ctx, who, uuid.MustParse(c.Param("id")))
	if err != nil {
		return err
	}
	if err := auth.Seen(ctx, auth.ReadingStream, tenancies[:1]); err != nil {
		return err
	}
	return p.follow(c, account, who.Shift())
}

// presentAccount is the ledger account of the stall's present tenancy; it may not have been opened yet.
func (p *Payments) presentAccount(ctx context.Context, who auth.Principal, stall uuid.UUID) (uuid.UUID, error) {
	var market, tenancy, merchant uuid.UUID
	err := p.db.Pool.QueryRow(ctx, `SELECT market_id, id, merchant_id FROM tenancies WHERE stall_id = $1 AND ($2::uuid IS NULL OR merchant_id = $2)
		ORDER BY upper_inf(valid) DESC, upper(valid) DESC LIMIT 1`, stall, who.MerchantID).Scan(&market, &tenancy, &merchant)
	if err != nil {
		return uuid.Nil, problem.New(problem.Conflict, "stall_vacant", "Sạp chưa có người thuê.", "The stall never had a tenant.")
	}
	return ledger.OfTenancy(market, tenancy).ID(), nil
}

// Follow writes a ledger account's payments as Server-Sent Events, each once, in the order of its versions:
// those after Last-Event-ID, or without one those after the newest. It ends with the request or the program.
func (p *Payments) Follow(c *gin.Context, account uuid.UUID) error { return p.follow(c, account, nil) }

// follow is Follow for a caller that sees one shift: it ends with the shift, and holds nothing from before it even when
// asked for by Last-Event-ID.
func (p *Payments) follow(c *gin.Context, account uuid.UUID, shift *uuid.UUID) error {
	ctx := c.Request.Context()
	woken, cancel := p.feed.Wait(account)
	defer cancel()
	last, err := p.startAfter(ctx, account, c.GetHeader("Last-Event-ID"))
	if err != nil {
		return err
	}
	if err := http.NewResponseController(c.Writer).SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("clear write deadline: %w", err)
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	fmt.Fprint(c.Writer, ": market40\n\n")
	c.Writer.Flush()
	ping, look := time.NewTicker(pingEvery), time.NewTicker(lookEvery)
	defer ping.Stop()
	defer look.Stop()
	speaker, looked := Speaker{}, true
	for {
		// Before the payments: a phone has to know who speaks them. Only a stall that has a box pays for a look at each wake-up.
		if looked || speaker.Active {
			if speaker, err = p.tellSpeaker(c, account, speaker); err != nil {
				return err
			}
		}
		looked = false
		if last, err = p.writeAfter(c, account, last, shift); err != nil {
			return err
		}
		if over, err := p.shiftOver(ctx, shift); err != nil || over {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.stopping:
			return nil
		case <-ping.C:
			fmt.Fprint(c.Writer, ": ping\n\n")
			c.Writer.Flush()
		case <-woken:
		case <-look.C:
			looked = true
		}
	}
}

// shiftOver says that a shift has ended; none never does.
func (p *Payments) shiftOver(ctx context.Context, shift *uuid.UUID) (over bool, err error) {
	if shift == nil {
		return false, nil
	}
	err = p.db.Pool.QueryRow(ctx, `SELECT coalesce(NOT shift_span($1) @> $2::timestamptz, true)`, shift, p.now()).Scan(&over)
	if err != nil {
		return false, fmt.Errorf("look for the end of shift %s: %w", shift, err)
	}
	return over, nil
}

// startAfter is the version after which a stream starts.
func (p *Payments) startAfter(ctx context.Context, account uuid.UUID, lastEventID string) (int64, error) {
	if lastEventID != "" {
		version, err := strconv.ParseInt(lastEventID, 10, 64)
		if err != nil || version < 0 {
			return 0, problem.Of("Last-Event-ID", "cursor_form", "Vị trí luồng không hợp lệ.", "The Last-Event-ID is none of ours.")
		}
		return version, nil
	}
	var version int64
	err := p.db.Pool.QueryRow(ctx, `SELECT coalesce((SELECT version FROM ledger_accounts WHERE id = $1), 0)`, account).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("read version of %s: %w", account, err)
	}
	return version, nil
}

// writeAfter writes every payment newer than a version and says which was the last.
func (p *Payments) writeAfter(c *gin.Context, account uuid.UUID, last int64, shift *uuid.UUID) (int64, error) {
	for {
		payments, err := p.after(c.Request.Context(), account, last, shift)
		if err != nil || len(payments) == 0 {
			return last, err
		}
		for _, payment := range payments {
			data, err := json.Marshal(payment)
			if err != nil {
				return last, fmt.Errorf("write payment: %w", err)
			}
			fmt.Fprintf(c.Writer, "id: %d\nevent: payment\ndata: %s\n\n", payment.Version, data)
			last = payment.Version
		}
		c.Writer.Flush()
		if len(payments) < streamPage {
			return last, nil
		}
	}
}

// after are a ledger account's payments with a version above last, in the order of versions; of one shift, if any.
func (p *Payments) after(ctx context.Context, account uuid.UUID, last int64, shift *uuid.UUID) ([]Payment, error) {
	rows, err := p.db.Pool.Query(ctx, `WITH a AS (SELECT $1::uuid AS id)
		SELECT * FROM (
			SELECT p.id, p.amount::text, 'VND', p.occurred_at, p.recorded_at, p.reference, p.memo_code, p.credit_version AS version, 'posted', NULL::uuid, `+precisionOf+`, `+toldAtOf+`
			FROM payments p, a WHERE p.credit_account = a.id AND p.credit_version > $2 AND`+inShift(4)+`
			UNION ALL
			SELECT p.id, (-p.amount)::text, 'VND', p.occurred_at, p.recorded_at, p.reference, p.memo_code, p.debit_version, 'reversal', p.reverses, NULL, NULL
			FROM payments p, a WHERE p.debit_account = a.id AND p.reverses IS NOT NULL AND p.debit_version > $2 AND`+inShift(4)+`) news
		ORDER BY version LIMIT $3`, account, last, streamPage, shift)
	if err != nil {
		return nil, fmt.Errorf("read payments of %s: %w", account, err)
	}
	news, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Payment])
	if err != nil {
		return nil, fmt.Errorf("read payments of %s: %w", account, err)
	}
	return news, nil
}
