package connections

import "time"

// AheadWindow is the time span in which a connection's notices with a future date are counted.
const AheadWindow = 24 * time.Hour

// ClockAhead shows an operator that the clock of a feed is wrong.
type ClockAhead struct {
	Notices int   `json:"notices_24h" doc:"notices of the last 24 hours that were dated over an hour ahead of their receipt"`
	Minutes int64 `json:"minutes" doc:"how far ahead half of them were, at least"`
}

// selectClockAhead selects the ClockAhead of connection c since $1; null without notices that are
// dated ahead.
const selectClockAhead = `(SELECT jsonb_build_object('notices_24h', count(*), 'minutes',
	floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.told_at - n.occurred_at)) / 60)::bigint)
		FROM notices n WHERE n.connection_id = c.id AND n.told_at IS NOT NULL AND n.id >= id_floor($1)
		HAVING count(*) > 0)`
