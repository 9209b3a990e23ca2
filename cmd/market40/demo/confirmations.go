package demo

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

var confirmationColumns = []string{"id", "market_id", "tenancy_id", "amount", "occurred_at", "recorded_at", "actor_id"}

// confirmShares is in each market how many of the merchants whom no bank tells of say themselves
// what came: the wallets and small banks of the mountains tell us nothing. Elsewhere none does, so
// that nobody's word stands alone among the banks'.
var confirmShares = map[string]float64{
	"CHODAM": 0.04, "BANGOI": 0.08, "VANGIA": 0.1, "CHOTHANH": 0.12,
	"KHANHVINH": 0.2, "TOHAP": 0.3,
}

// confirm writes what owners said came to them: evidence B, which never was in the books. The
// board's desk keeps it for those who have no phone for the app.
func (m *marketHistory) confirm(ctx context.Context, tx pgx.Tx) error {
	m.redraw(drawingWords)
	var t tableRows
	first := max(0, daysBetween(m.from, parseDay(m.launched)))
	for _, n := range m.tenancies {
		says, often := m.draw.Float64() < confirmShares[m.code], 0.1+0.25*m.draw.Float64()
		if !says || n.stall.kind == "mobile" {
			continue
		}
		for day := first; day < len(m.usedBy); day++ {
			on := m.from.AddDate(0, 0, day)
			if m.draw.Float64() > often*busy(on) || !n.has(on) || !n.stall.open(on) || m.uses(n, day) {
				continue
			}
			hour, _ := slices.BinarySearch(mornings, m.draw.Float64())
			at := on.Add(time.Duration((4+hour)*3600+m.draw.IntN(3600)) * time.Second)
			dong := int64(min(max(math.Round(n.ticket*math.Exp(0.5*m.draw.NormFloat64())/1000)*1000, 5000), 5e6))
			t.add("confirmations", confirmationColumns, m.newID(at), m.id, n.id, dong, at,
				on.Add(time.Duration(20*60+m.draw.IntN(90))*time.Minute), m.board)
		}
	}
	return t.copyInto(ctx, tx)
}
