package demo

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// roundDays is how long the team takes to go round a market; in the last eight weeks it
	// hurries.
	roundDays  = 24
	rushDays   = 9
	rushBefore = 56
)

// codeSwap is a foreign sticker over the code of a stall, or a complaint like it, until it was
// corrected.
type codeSwap struct {
	tenancy  *tenancy
	found    time.Time
	replaced time.Time // zero: not yet
}

// drawSwaps draws which stickers were swapped and replaced by a new code, and which were worn and
// reprinted with one.
func (m *marketHistory) drawSwaps() {
	days := len(m.usedBy)
	for i, t := range m.tenancies {
		worn := m.draw.IntN(100) < 6
		swapped := m.draw.IntN(1000) < 2*(m.months+2)/2
		if i == 0 || (!worn && !swapped) || len(t.codes) != 1 || !t.ends.IsZero() {
			continue
		}
		day := m.from.AddDate(0, 0, m.draw.IntN(days))
		if !t.hangs(day) || day.Before(t.joined.AddDate(0, 0, 10)) {
			continue
		}
		found := day.Add(time.Duration(6*60+m.draw.IntN(600)) * time.Minute)
		again := found.Add(time.Duration(90+m.draw.IntN(60*60)) * time.Minute)
		if !again.Before(m.until) {
			again = time.Time{}
		}
		if swapped {
			m.swaps = append(m.swaps, &codeSwap{t, found, again})
		}
		if !again.IsZero() {
			old := t.codes[0]
			old.ended, old.state = again, "superseded"
			t.codes = append(t.codes, &printedCode{
				code: m.drawCode(), account: old.account, issued: again,
				state: "current",
			})
		}
	}
}

var checkColumns = []string{"id", "market_id", "stall_id", "code", "verdict", "checked_at", "actor_id", "recorded_at"}

// check writes how the team went round the market with its phones, and what it found.
func (m *marketHistory) check(ctx context.Context, tx pgx.Tx) error {
	var t tableRows
	at := func(tenancy *tenancy, code *string, verdict string, when time.Time) {
		t.add("code_checks", checkColumns, m.newID(when), m.id, tenancy.stall.id, code, verdict, when, m.team, when)
	}
	for i, n := range m.tenancies {
		if n.joined.IsZero() || (m.draw.Float64() > m.checked && i != 0) {
			continue
		}
		for day := m.draw.IntN(roundDays); day < len(m.usedBy); {
			when := m.from.AddDate(0, 0, day)
			if c := n.code(when, true); c != nil && n.hangs(when) && n.stall.open(when) {
				at(n, &c.code, "official", when.Add(time.Duration(7*60+m.draw.IntN(540))*time.Minute))
			}
			if len(m.usedBy)-day < rushBefore {
				day += rushDays - 2 + m.draw.IntN(5)
			} else {
				day += roundDays - 6 + m.draw.IntN(12)
			}
		}
	}
	for _, s := range m.swaps {
		at(s.tenancy, nil, []string{"swapped", "foreign"}[m.draw.IntN(2)], s.found)
		if !s.replaced.IsZero() {
			last := s.tenancy.codes[len(s.tenancy.codes)-1]
			at(s.tenancy, &last.code, "official", s.replaced.Add(20*time.Minute))
		}
		m.addSwap(&t, s)
	}
	m.addIncidents(&t)
	return t.copyInto(ctx, tx)
}

var (
	alertColumns = []string{
		"id", "kind", "key", "state", "market_id", "stall_id", "detail", "opened_at",
		"closed_at", "closed_by", "reason",
	}
	incidentColumns = []string{
		"id", "market_id", "stall_id", "kind", "occurred_at", "closed_at", "alert_id", "note",
		"actor_id", "recorded_at",
	}
)

// addSwap adds the board's warning of a swapped sticker, and the incident that it proved to be.
func (m *marketHistory) addSwap(t *tableRows, s *codeSwap) {
	stall, alert := s.tenancy.stall, m.newID(s.found)
	state, reason, by := "open", "", (*uuid.UUID)(nil)
	if !s.replaced.IsZero() {
		state, reason, by = "closed", "đã thay tem và mã mới", &m.board
	}
	t.add("alerts", alertColumns, alert, "swapped_code", "swapped_code:"+stall.id.String(), state, m.id, stall.id,
		"Sạp "+stall.number+": người kiểm tra thấy tem không trả tiền cho sạp.", s.found, orNever(s.replaced), by,
		reason)
	t.add("incidents", incidentColumns, m.newID(s.found), m.id, stall.id, "swapped_code", s.found, orNever(s.replaced),
		alert, "tem bị dán đè", m.team, s.found.Add(time.Hour))
}

// addIncidents adds what went wrong beside stickers: pictures of transfers that never were, and
// wrong accounts.
func (m *marketHistory) addIncidents(t *tableRows) {
	for n := range m.usedBy {
		if m.draw.Float64() > m.usedBy[n]*float64(m.stalls)/16000 {
			continue
		}
		tenancy := m.tenancies[m.draw.IntN(len(m.tenancies))]
		when := m.from.AddDate(0, 0, n).Add(time.Duration(6*60+m.draw.IntN(600)) * time.Minute)
		closed := when.Add(time.Duration(4+m.draw.IntN(120)) * time.Hour)
		if !closed.Before(m.until) {
			closed = time.Time{}
		}
		kind, note := "fake_transfer", "khách đưa ảnh chuyển khoản, tiền không về"
		if m.draw.IntN(3) == 0 {
			kind, note = "wrong_account", "khách chuyển nhầm sạp bên cạnh"
		}
		t.add("incidents", incidentColumns, m.newID(when), m.id, tenancy.stall.id, kind, when, orNever(closed), nil,
			note, m.team, when.Add(time.Hour))
	}
}
