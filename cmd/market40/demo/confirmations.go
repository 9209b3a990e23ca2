package demo

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

var confirmationColumns = []string{"id", "market_id", "tenancy_id", "amount", "occurred_at", "recorded_at", "actor_id"}

// confirmShares is the share of a market's merchants without a bank connection that report payments
// themselves. The wallets and small banks of the mountains have no connection. Elsewhere it is 0,
// so that no single merchant's report is the only one beside the banks'.
var confirmShares = map[string]float64{
	"CHODAM": 0.04, "BANGOI": 0.08, "VANGIA": 0.1, "CHOTHANH": 0.12,
	"KHANHVINH": 0.2, "TOHAP": 0.3,
}

// confirm writes the payments that owners reported themselves: evidence B, which is not in the
// books. The board's desk records it for those who have no phone for the app.
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
			if m.draw.Float64() > often*salesFactor(on) || !n.has(on) || !n.stall.open(on) || m.uses(n, day) {
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
