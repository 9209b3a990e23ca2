package field

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// slotLength is how long a market's sales are counted at a time.
const slotLength = 30 * time.Minute

// slotsAnHour is how many of them an hour has.
const slotsAnHour = int(time.Hour / slotLength)

// hours are the hours of each day that a stratum takes, [from, to).
type hours struct{ from, to int }

// slotsIn is how many half-hours the hours have in so many days.
func (h hours) slotsIn(days int) int { return days * (h.to - h.from) * slotsAnHour }

// draw draws n of a stratum's half-hours without replacement, in order of time. Each half-hour's
// lot is the SHA-256 of "seed/stratum/2026-11-20T05:30:00+07:00", and the n smallest are drawn:
// whoever knows the seed can draw them again, in any language, and nobody could have chosen them.
func draw(seed int64, stratum string, first time.Time, days int, h hours, n int) []time.Time {
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
