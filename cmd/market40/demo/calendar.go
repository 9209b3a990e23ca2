package demo

import (
	"math"
	"time"

	"market40/merchants/platform/bizday"
)

// tets are the first days of the lunar years that a demo may see.
var tets = []string{"2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03"}

// taxChange is the day from which household businesses declare by their receipts and lump-sum tax
// ends (Decree 70/2025): many took their codes down.
var taxChange = parseDay("2025-06-01")

// flood are the days of November 2025 on which the province's markets were flooded.
var flood = [2]time.Time{parseDay("2025-11-19"), parseDay("2025-11-22")}

// weekdays are how busy a market is, Sunday first.
var weekdays = [7]float64{1.14, 0.93, 0.90, 0.93, 0.97, 1.03, 1.20}

// parseDay reads a day as its 00:00 in Vietnam.
func parseDay(text string) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, text, bizday.Vietnam)
	if err != nil {
		panic(err) //nolint:forbidigo // written in this file
	}
	return day
}

// daysBetween counts whole days; both are at 00:00.
func daysBetween(from, to time.Time) int { return int(math.Round(to.Sub(from).Hours() / 24)) }

// salesFactor returns how much is sold on a day, 1 on a usual one. It depends on the week, the weeks
// before Tết and its days, holidays and a flood.
func salesFactor(day time.Time) float64 {
	factor := weekdays[day.Weekday()]
	for _, text := range tets {
		after := daysBetween(parseDay(text), day)
		switch {
		case after < -21 || after > 14:
		case after < -1:
			factor *= 1 + 0.9*float64(after+21)/20
		case after < 0: // the market closes at noon
			factor *= 0.6
		case after <= 3:
			factor = 0.03
		case after <= 7:
			factor *= 0.25 + 0.1*float64(after-4)
		default:
			factor *= 0.7 + 0.3*float64(after-8)/6
		}
	}
	if !day.Before(flood[0]) && !day.After(flood[1]) {
		factor *= 0.25
	}
	switch day.Format("01-02") {
	case "04-30", "05-01", "09-02": // tourists at the sea
		factor *= 1.25
	}
	return factor
}

// mornings are how payments are spread over the hours of a market's day, from 4 o'clock on;
// evenings those of who cooks.
var (
	mornings = sumUp(2, 12, 18, 16, 12, 9, 6, 3, 2, 3, 6, 7, 3, 1)
	evenings = sumUp(1, 6, 10, 8, 5, 5, 9, 6, 2, 2, 5, 9, 12, 10, 6, 4)
)

// sumUp turns weights into the shares up to each.
func sumUp(weights ...float64) []float64 {
	all, sum := 0.0, 0.0
	for _, w := range weights {
		all += w
	}
	shares := make([]float64, 0, len(weights))
	for _, w := range weights {
		sum += w
		shares = append(shares, sum/all)
	}
	return shares
}
