package samples

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// slotLength is the length of a slot in which a market's sales are counted.
const slotLength = 30 * time.Minute

// slotsAnHour is the number of slots in an hour.
const slotsAnHour = int(time.Hour / slotLength)

// hours are the hours of each day that a stratum covers, [from, to).
type hours struct{ from, to int }

// slotsIn returns the number of half-hours in these hours over a number of days.
func (h hours) slotsIn(days int) int { return days * (h.to - h.from) * slotsAnHour }

// drawHalfHours draws n of a stratum's half-hours without replacement and returns them in order of time.
// Each half-hour has the SHA-256 of "seed/stratum/2026-11-20T05:30:00+07:00", and the n smallest
// hashes are drawn. With the seed, anyone can repeat the draw in any language, and the draw cannot
// be manipulated.
func drawHalfHours(seed int64, stratum string, first time.Time, days int, h hours, n int) []time.Time {
	type lot struct {
		starts time.Time
		digest [sha256.Size]byte
	}
	lots := make([]lot, 0, h.slotsIn(days))
	for day := range days {
		for half := h.from * slotsAnHour; half < h.to*slotsAnHour; half++ {
			starts := first.AddDate(0, 0, day).Add(time.Duration(half) * slotLength)
			lots = append(lots, lot{starts, sha256.Sum256(fmt.Appendf(nil, "%d/%s/%s", seed, stratum,
				starts.Format(time.RFC3339)))})
		}
	}
	slices.SortFunc(lots, func(a, b lot) int { return bytes.Compare(a.digest[:], b.digest[:]) })
	drawn := make([]time.Time, min(n, len(lots)))
	for i := range drawn {
		drawn[i] = lots[i].starts
	}
	slices.SortFunc(drawn, time.Time.Compare)
	return drawn
}
