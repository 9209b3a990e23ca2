package programme

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/access/roles"
	"market40/merchants/encodings"
	"market40/merchants/platform/problem"
	"market40/migrations/database"
)

// Choice is the choice of a locality: a market, or an exemption.
type Choice struct {
	MarketID     string `json:"market_id,omitempty" maxLength:"36" doc:"the pilot; required without exempt_reason"`
	ExemptReason string `json:"exempt_reason,omitempty" maxLength:"500" doc:"why the locality has no pilot"`
	Since        string `json:"since,omitempty" doc:"a day, today at the latest; absent: the campaign's start for a locality's first designation, today for a change. Before the campaign begins it is the campaign's start"`
}

// choice is a choice that was parsed and checked.
type choice struct {
	market *uuid.UUID
	reason string
	since  time.Time
}

// equals reports whether the locality already has this choice, so that the request changes nothing.
func (ch *choice) equals(now Pilot, dated bool) bool {
	if dated && (now.Since == nil || *now.Since != ch.since.Format(time.DateOnly)) {
		return false
	}
	switch now.State {
	case Chosen:
		return ch.market != nil && *ch.market == now.Market.ID
	case Exempt:
		return ch.market == nil && *now.ExemptReason == ch.reason
	}
	return false
}

// readChoice parses a choice for a locality in its present state.
func (p *Programme) readChoice(in Choice, c *Campaign, now Pilot) (ch choice, err error) {
	ch.reason = strings.TrimSpace(in.ExemptReason)
	if (in.MarketID == "") == (ch.reason == "") {
		return ch, problem.Of("market_id", "market_or_exemption",
			"Chỉ nêu một trong hai: chợ được chọn, hoặc lý do được miễn.",
			"Give either the chosen market or the reason why the locality is exempt.")
	}
	if err := encodings.CheckText("exempt_reason", in.ExemptReason); err != nil {
		return ch, err
	}
	if in.MarketID != "" {
		id, err := uuid.Parse(in.MarketID)
		if err != nil {
			return ch, unknownMarket()
		}
		ch.market = &id
	}
	ch.since = p.today()
	switch first := len(now.History) == 0; {
	case in.Since != "":
		if ch.since, err = parseDay("since", in.Since); err != nil {
			return ch, err
		}
		if ch.since.After(p.today()) {
			return ch, problem.Of("since", "since_in_future", "Ngày chỉ định muộn nhất là hôm nay.",
				"The date of a designation cannot be after today.")
		}
		if ch.since.Before(c.Starts) && !c.Starts.After(p.today()) {
			return ch, c.refuseEarlyDate("since")
		}
	case first:
		ch.since = c.Starts
	}
	if ch.since.Before(c.Starts) { // the campaign begins in the future
		ch.since = c.Starts
	}
	if c.Over(ch.since) {
		return ch, c.over()
	}
	return ch, nil
}

func unknownMarket() error {
	return problem.Of("market_id", "unknown_market", "Không tìm thấy chợ này.", "No such market.")
}

// Designate records a locality's choice from a day on. Earlier designations are cut at that day and
// remain as history. Of two at the same time the second is refused (409), because its sender did
// not see the first.
func (p *Programme) Designate(ctx context.Context, who roles.Principal, c *Campaign, locality string,
	in Choice,
) (Pilot, error) {
	now, err := p.pilot(ctx, who, c, locality)
	if err != nil {
		return now, err
	}
	ch, err := p.readChoice(in, c, now)
	if err != nil || ch.equals(now, in.Since != "") {
		return now, err
	}
	err = p.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockCampaign(ctx, tx, c); err != nil {
			return err
		}
		if err := p.unchanged(ctx, tx, c, now); err != nil {
			return err
		}
		if ch.market != nil {
			if err := p.requireInUnit(ctx, tx, who, c, now.Locality.ID, *ch.market); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE pilots SET valid = valid * daterange(NULL, $3) WHERE campaign_id = $1
			AND locality_id = $2 AND valid && daterange($3, NULL)`,
			c.ID, now.Locality.ID, ch.since)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO pilots (id, campaign_id, locality_id, market_id, exempt_reason, valid,
			designated_by, designated_at)
			VALUES ($1, $2, $3, $4, $5, daterange($6, NULL), $7, $8)`,
			uuid.Must(uuid.NewV7()), c.ID, now.Locality.ID, ch.market, ch.reason, ch.since, who.ActorID, p.now())
		return err
	})
	switch database.ViolatedConstraint(err) {
	case "pilot_of_one_locality":
		return now, problem.New(problem.Conflict, "market_is_pilot", "Chợ này đã là chợ thí điểm của địa phương khác.",
			"This market is another locality's pilot.")
	case "pilot_one_at_a_time":
		return now, changedMeanwhile()
	}
	if err != nil {
		return now, fmt.Errorf("designate for %s in campaign %s: %w", now.Locality.Code, c.Code, err)
	}
	// The unit may have left the office's scope by this change. The office still sees the result.
	return p.pilot(ctx, roles.Principal{ScopeKind: roles.ScopeAll}, c, now.Locality.ID.String())
}

func changedMeanwhile() error {
	return problem.New(problem.Conflict, "pilot_changed",
		"Người khác vừa thay đổi chỉ định của địa phương này: hãy tải lại và kiểm tra.",
		"Somebody else has just changed this locality's designation: reload and check it.")
}

// unchanged refuses a choice if the designation has changed since the caller read it.
func (p *Programme) unchanged(ctx context.Context, tx pgx.Tx, c *Campaign, seen Pilot) error {
	var designations int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM pilots WHERE campaign_id = $1 AND locality_id = $2`, c.ID,
		seen.Locality.ID).Scan(&designations)
	if err != nil {
		return err
	}
	if designations != len(seen.History) { // rows are never deleted
		return changedMeanwhile()
	}
	return nil
}

// requireInUnit refuses a market that the caller does not see, and a market that the campaign's basis
// counts in another unit.
func (p *Programme) requireInUnit(ctx context.Context, tx pgx.Tx, who roles.Principal, c *Campaign, unit,
	market uuid.UUID,
) error {
	var there bool
	err := tx.QueryRow(ctx, `SELECT coalesce(market_unit(m.id, b.level, coalesce(b.on_date, $5::date)) = $2, false)
		FROM markets m, reporting_bases b WHERE m.id = $1 AND b.code = $6 AND m.id IN (SELECT scope_markets($3, $4))`,
		market, unit, who.ScopeKind, who.ScopeID, p.today(), c.Basis).Scan(&there)
	if errors.Is(err, pgx.ErrNoRows) {
		return unknownMarket()
	}
	if err != nil {
		return fmt.Errorf("find the unit of market %s: %w", market, err)
	}
	if !there {
		return problem.Of("market_id", "market_elsewhere", "Chợ này không nằm trong địa phương.",
			"This market is not in the locality.")
	}
	return nil
}
