// Package demo writes the invented province: eight markets, their stalls and a past, all marked as
// invented. A start after a kill goes on where the last one stopped, and the same seed on the same
// day draws the same province.
package demo

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"market40/cmd/market40/app"
	"market40/merchants"
	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/memo"
	"market40/merchants/platform/bizday"
	"market40/payments/connections"
	"market40/reports"
)

const (
	// connectionName is the name of the demo's bank connection, which `make run` simulates against.
	connectionName = "demo"
	// drawSeed draws the demo: the same seed on the same day draws the same province.
	drawSeed = 402024
	// leastWeeks is the past that a demo has at least.
	leastWeeks = 5
	// marketWriters is how many markets are written at the same time.
	marketWriters = 2
)

// inventedProvince is the invented province: eight markets, their stalls, and what happened there
// until the day before the first start. All of it is marked as invented ("dữ liệu minh họa"). It is
// written in steps, each whole or not at all, that a start after a kill goes on from: see Seed.
type inventedProvince struct {
	*app.Program
	today      time.Time // 00:00 in Vietnam; the demo knows the days before it
	months     int
	team       uuid.UUID // who acted, as the registers keep it
	board      uuid.UUID
	deputy     uuid.UUID // the board's second person
	province   uuid.UUID
	connection uuid.UUID
	lives      []*marketHistory
	show       func(line string) // says how far it is
	reports    *reports.Reports
}

// marketHistory is one market's stalls and past.
type marketHistory struct {
	*inventedProvince
	market
	index    int
	id       uuid.UUID
	from     time.Time // 00:00 of the first day with payments
	until    time.Time // 00:00 of the first day without
	joinedBy []float64 // of each day, what its story says
	usedBy   []float64
	draw     *rand.Rand
	source   *rand.ChaCha8
	codes    map[memo.Code]bool // of all markets

	all             []*stall
	tenancies       []*tenancy
	merchants       []*merchant
	accounts        []*account
	swaps           []*codeSwap
	agreed          map[*merchant]bool
	people, numbers int
}

// Needed reports whether the database holds no market, or a demo that was begun and not finished.
func Needed(ctx context.Context, p *app.Program) (bool, error) {
	var needed bool
	err := p.DB.Pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM markets)
		OR EXISTS (SELECT FROM api_keys WHERE name LIKE 'demo team since %') AND NOT EXISTS (SELECT FROM campaigns
		WHERE code = $1)`, campaignCode).Scan(&needed)
	if err != nil {
		return false, fmt.Errorf("looking for markets and the demo: %w", err)
	}
	return needed, nil
}

// Seed fills an empty database with the demo province, or goes on where a killed start left off:
//  1. who acts: the name of its key stores the demo's day and length;
//  2. the bank connection and the markets, each by the way of every other;
//  3. the register of all markets, in one transaction;
//  4. each market's past, in one transaction each;
//  5. the programme, and notices that no stall could be found for, of which people solved some: the end.
//
// Everything but secrets follows from the seed and the day. Seed passes a line about each step to show, if that is
// not nil.
func Seed(ctx context.Context, p *app.Program, show func(line string)) error {
	if show == nil {
		show = func(string) {}
	}
	d := &inventedProvince{Program: p, show: show}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"", d.actors},
		{"demo: registering the markets", d.registerMarkets},
		{"demo: registering stalls and merchants", d.register},
		{"demo: writing the payments of each market", d.past},
		{"demo: writing the campaign and its reports", d.programme},
	} {
		if step.what != "" {
			show(step.what)
		}
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	// Reports are read before autovacuum would run.
	if _, err := p.DB.Pool.Exec(ctx, `SELECT learn_tables()`); err != nil {
		return fmt.Errorf("look at what was written: %w", err)
	}
	return nil
}

// actors makes, or finds, who acts in the demo.
func (d *inventedProvince) actors(ctx context.Context) error {
	today, err := time.ParseInLocation(time.DateOnly, bizday.DayOf(d.Now()), bizday.Vietnam)
	if err != nil {
		return err
	}
	d.today, d.months = today, d.Settings.DemoMonths
	var name string
	err = d.DB.Pool.QueryRow(ctx,
		`SELECT name FROM api_keys WHERE name LIKE 'demo team since %' ORDER BY id LIMIT 1`).Scan(&name)
	if err == nil {
		var day string
		if _, err := fmt.Sscanf(name, "demo team since %s with %d months", &day, &d.months); err != nil {
			return fmt.Errorf("reading %q: %w", name, err)
		}
		d.today = parseDay(day)
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	for _, a := range []struct {
		id   *uuid.UUID
		role roles.Role
		name string
	}{
		{&d.province, roles.ProvinceOfficer, "demo province"},
		{&d.board, roles.Admin, "demo boards"},
		{&d.deputy, roles.Admin, "demo boards, second person"},
		{&d.team, roles.Team, fmt.Sprintf("demo team since %s with %d months", d.today.Format(time.DateOnly),
			d.months)},
	} {
		err := d.DB.Pool.QueryRow(ctx, `SELECT id FROM api_keys WHERE name = $1`, a.name).Scan(a.id)
		if errors.Is(err, pgx.ErrNoRows) {
			var key string
			if key, err = d.APIKeys.Create(ctx, signin.Order{Name: a.name, Role: string(a.role)}); err == nil {
				var who roles.Principal
				who, err = d.APIKeys.Find(ctx, key)
				*a.id = who.ActorID
			}
		}
		if err != nil {
			return fmt.Errorf("make %s: %w", a.name, err)
		}
	}
	return nil
}

// registerMarkets registers the bank connection and the markets that do not exist yet, and draws each
// market's stalls.
func (d *inventedProvince) registerMarkets(ctx context.Context) error {
	err := d.DB.Pool.QueryRow(ctx, `SELECT id FROM bank_connections WHERE name = $1`, connectionName).
		Scan(&d.connection)
	if errors.Is(err, pgx.ErrNoRows) {
		made, err := d.Connections.Create(ctx, connections.ConnectionOrder{
			Provider: "sepay", Name: connectionName, Secrets: connections.SecretFields{RawMessage: json.RawMessage(
				`{"api_key":"` + uuid.NewString() + `"}`)},
		})
		if err != nil {
			return err
		}
		d.connection = made.ID
	} else if err != nil {
		return err
	}
	codes := map[memo.Code]bool{}
	for i, m := range inventedMarkets {
		l := d.live(i, m)
		l.codes = codes
		err := d.DB.Pool.QueryRow(ctx, `SELECT id FROM markets WHERE code = $1`, m.code).Scan(&l.id)
		if errors.Is(err, pgx.ErrNoRows) {
			var made merchants.Market
			made, err = d.Registry.RegisterMarket(ctx, merchants.MarketOrder{
				Code: m.code, Name: m.name, Class: m.class(), Kind: "dan_sinh", Latitude: &m.latitude,
				Longitude:   &m.longitude,
				CommuneCode: m.commune, Operator: merchants.OperatorOrder{Kind: m.operator, Name: "Ban quản lý " +
					m.name}, StallCapacity: &m.stalls, Demo: true,
			})
			l.id = made.ID
		}
		if err != nil {
			return fmt.Errorf("register %s: %w", m.name, err)
		}
		l.drawStalls()
		l.drawWithdrawals()
		l.drawSwaps()
		d.lives = append(d.lives, l)
	}
	return nil
}

// live prepares a market's life: its days and its own way of drawing, which no other market's
// changes.
func (d *inventedProvince) live(index int, m market) *marketHistory {
	l := &marketHistory{inventedProvince: d, market: m, index: index, until: d.today, from: d.today.AddDate(0, 0,
		-7*leastWeeks), agreed: map[*merchant]bool{}}
	if d.months > 0 {
		l.from = time.Date(d.today.Year(), d.today.Month()-time.Month(d.months), 1, 0, 0, 0, 0, bizday.Vietnam)
	}
	l.redraw(drawingStalls)
	for day := l.from; day.Before(l.until); day = day.AddDate(0, 0, 1) {
		joined, used := m.at(day)
		l.joinedBy, l.usedBy = append(l.joinedBy, joined), append(l.usedBy, used)
	}
	return l
}

// The steps that draw, each by a way of its own: what a step draws does not depend on whether the
// one before was needed.
const (
	drawingStalls = iota
	drawingRegister
	drawingPast
	drawingProgramme
	drawingWords
)

// redraw begins a step's drawing for the market.
func (m *marketHistory) redraw(step byte) {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], drawSeed)
	seed[30], seed[31] = step, byte(m.index) //nolint:gosec // eight markets
	m.source = rand.NewChaCha8(seed)
	m.draw = rand.New(m.source) //nolint:gosec // invented data needs no secrecy
}

// past writes each market's past that is not written yet, the largest market first.
func (d *inventedProvince) past(ctx context.Context) error {
	lives := slices.Clone(d.lives)
	slices.SortStableFunc(lives, func(a, b *marketHistory) int { return b.stalls - a.stalls })
	writers, ctx := errgroup.WithContext(ctx)
	writers.SetLimit(marketWriters)
	for _, l := range lives {
		writers.Go(func() error {
			var written bool
			if err := d.DB.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ledger_accounts WHERE market_id = $1)`,
				l.id).Scan(&written); err != nil || written {
				return err
			}
			err := pgx.BeginFunc(ctx, d.DB.Pool, func(tx pgx.Tx) error { return l.write(ctx, tx) })
			if err != nil {
				return fmt.Errorf("write the past of %s: %w", l.name, err)
			}
			d.show("demo: " + l.name)
			return nil
		})
	}
	return writers.Wait()
}

// write writes the market's past: payments, what was seen in the field, and what owners and
// shoppers said.
func (m *marketHistory) write(ctx context.Context, tx pgx.Tx) error {
	m.redraw(drawingPast)
	for _, part := range []func(context.Context, pgx.Tx) error{
		m.pay, m.check, m.visit, m.writeSurveys, m.report, m.confirm,
		m.complain,
	} {
		if err := part(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}
