package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"market40/merchants/platform/bizday"
)

var (
	visitColumns = []string{
		"id", "market_id", "tenancy_id", "visited_at", "outcome", "note", "actor_id",
		"recorded_at",
	}
	refusalColumns = []string{
		"id", "market_id", "tenancy_id", "kind", "reason", "said_on", "note", "actor_id",
		"recorded_at",
	}
	trainingColumns   = []string{"id", "market_id", "held_on", "topic", "trainer", "actor_id", "recorded_at"}
	attendanceColumns = []string{"training_id", "merchant_id", "market_id", "actor_id", "recorded_at"}
	consentColumns    = []string{"id", "merchant_id", "purpose", "version", "given", "how", "actor_id", "at"}
)

// startedMonths returns the first days of the months that the demo's past has begun.
func (m *marketHistory) startedMonths() []time.Time {
	var months []time.Time
	first := time.Date(m.from.Year(), m.from.Month(), 1, 0, 0, 0, 0, bizday.Vietnam)
	for ; first.Before(m.until); first = first.AddDate(0, 1, 0) {
		months = append(months, first)
	}
	return months
}

// within reports whether a moment lies in the demo's past.
func (m *marketHistory) within(at time.Time) bool { return !at.Before(m.from) && at.Before(m.until) }

// visit writes the team's visits, why merchants refused or left, trainings with who came, and what
// merchants agreed to.
func (m *marketHistory) visit(ctx context.Context, tx pgx.Tx) error {
	var t tableRows
	for _, n := range m.tenancies {
		m.addVisits(&t, n)
		m.addRefusals(&t, n)
		if m.draw.Float64() < 0.7 && n.ends.IsZero() && !n.joined.IsZero() {
			m.addConsents(&t, n)
		}
	}
	m.addTrainings(&t)
	return t.copyInto(ctx, tx)
}

// addVisits: who is joining is visited most, a small market oftener than a large one.
func (m *marketHistory) addVisits(t *tableRows, n *tenancy) {
	visits := m.draw.IntN(3) * (m.months + 2) / 12
	if m.stalls < 100 {
		visits = 2 + m.draw.IntN(5)*(m.months+2)/12
	}
	days := []time.Time{n.joined, n.returned}
	for range visits {
		days = append(days, m.from.AddDate(0, 0, m.draw.IntN(len(m.usedBy))))
	}
	for _, day := range days {
		if day.IsZero() || !m.within(day) || !n.has(day) {
			continue
		}
		outcome := []string{"helped", "helped", "helped", "follow_up", "follow_up", "absent"}[m.draw.IntN(6)]
		if n.joined.IsZero() && m.draw.IntN(3) == 0 {
			outcome = "refused"
		}
		at := day.Truncate(24 * time.Hour).Add(-7*time.Hour + time.Duration(8*60+m.draw.IntN(480))*time.Minute)
		t.add("visits", visitColumns, m.newID(at), m.id, n.id, at, outcome, "", m.team, at.Add(10*time.Minute))
	}
}

// addRefusals: when the tax changed, merchants left for fear of it; others never began, each for a
// reason of theirs.
func (m *marketHistory) addRefusals(t *tableRows, n *tenancy) {
	say := func(kind, reason, note string, day time.Time) {
		at := day.Add(10 * time.Hour)
		t.add("refusals", refusalColumns, m.newID(at), m.id, n.id, kind, reason, day, note, m.team, at)
	}
	if !n.withdrew.IsZero() {
		reason := "tax"
		if m.draw.IntN(10) == 0 {
			reason = []string{"fraud", "fees", "family_account"}[m.draw.IntN(3)]
		}
		say("withdrawal", reason, "gỡ bảng mã QR", n.withdrew)
	}
	if !n.joined.IsZero() || m.draw.IntN(3) > 0 {
		return
	}
	reasons := []string{
		"tax", "tax", "tax", "shoppers_pay_cash", "shoppers_pay_cash", "no_phone", "too_hard", "fraud",
		"no_account", "fees", "other",
	}
	if m.stalls < 100 {
		reasons = append(reasons, "no_signal", "no_signal", "no_signal", "no_phone", "no_phone")
	}
	if day := m.from.AddDate(0, 0, m.draw.IntN(len(m.usedBy))); n.has(day) {
		say("refusal", reasons[m.draw.IntN(len(reasons))], "", day)
	}
}

// addConsents writes consents to the texts of 2026: none is older.
func (m *marketHistory) addConsents(t *tableRows, n *tenancy) {
	if m.agreed[n.merchant] {
		return
	}
	m.agreed[n.merchant] = true
	first := parseDay("2026-01-05")
	if first.Before(m.from) {
		first = m.from
	}
	if first.Before(n.joined) {
		first = n.joined
	}
	days := daysBetween(first, m.until)
	if days < 2 {
		return
	}
	at := first.AddDate(0, 0, m.draw.IntN(days)).Add(time.Duration(9*60+m.draw.IntN(400)) * time.Minute)
	if !at.Before(m.until) {
		return
	}
	for _, purpose := range []string{"dormant_list", "public_page", "notifications"} {
		t.add("consents", consentColumns, m.newID(at), n.merchant.id, purpose, 1, m.draw.IntN(10) < 8, "paper", m.board,
			at)
	}
}

// trainingTopics are what is trained, in turn.
var trainingTopics = []string{
	"Nhận chuyển khoản bằng mã QR", "Nghe loa báo tiền, không tin ảnh chụp", "Sổ doanh thu S1a-HKD",
	"Nhận biết tem bị dán đè", "Kê khai thuế cho hộ kinh doanh",
}

// addTrainings: one every other month since the pilot began, in a small market every month.
func (m *marketHistory) addTrainings(t *tableRows) {
	for i, month := range m.startedMonths() {
		held := month.AddDate(0, 0, 6+m.draw.IntN(15))
		if !m.within(held) || held.Before(parseDay(m.launched).AddDate(0, -1, 0)) || (i%2 == 1 && m.stalls > 100) {
			continue
		}
		id, at := m.newID(held), held.Add(17*time.Hour)
		t.add("trainings", trainingColumns, id, m.id, held, trainingTopics[i/2%len(trainingTopics)],
			fmt.Sprintf("Tổ công nghệ số %s", m.name[len("Chợ "):]), m.team, at)
		came := map[uuid.UUID]bool{}
		for range min(12+m.draw.IntN(30), m.stalls/3) {
			n := m.tenancies[m.draw.IntN(len(m.tenancies))]
			if n.has(held) && !came[n.merchant.id] {
				came[n.merchant.id] = true
				t.add("attendances", attendanceColumns, id, n.merchant.id, m.id, m.team, at)
			}
		}
	}
}
