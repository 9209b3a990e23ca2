package samples

import "time"

// Draw lets tests draw half-hours.
func Draw(seed int64, stratum string, first time.Time, days, from, to, n int) []time.Time {
	return drawHalfHours(seed, stratum, first, days, hours{from, to}, n)
}
